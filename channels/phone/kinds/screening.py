"""Who has picked up when we rang: a person, a machine (语音信箱, 助理), or nobody who speaks."""

import re
from collections.abc import AsyncIterator

from channels.phone import ear
from channels.phone.audio.media import Ended
from channels.phone.ear import Listens, Sound

MOST_LOOKED_AT = 3  # utterances in which a machine gives itself away
MOST_SILENT = 2  # times that nobody answers us

MACHINE = "语音信箱或助理接的，没有打通本人"
NOBODY_SPOKE = "接通后没有人说话"

_MACHINE = re.compile(
    r"您?所?(?:拨打|呼叫|拨叫)的(?:用户|号码|电话|机主)|(?:暂时)?无法(?:接通|接听)[^，。]{0,6}(?:请|稍后)|请(?:您)?(?:稍后|晚些)再[拨打]"
    r"|(?:滴|嘀|嘟|哔|提示)[^，。]{0,3}(?:声|音)[^，。]{0,3}(?:后|之后)[^，。]{0,4}留言|请(?:您)?留言|语音(?:信箱|留言)|(?:来电|电话|语音|智能|通话)(?:助理|秘书|助手|管家)"
    r"|来电(?:提醒|信息)|短信(?:提醒|通知)(?:机主|用户|对方)|(?:机主|用户|主人)[^，。]{0,6}(?:不方便|不在|正忙|无法|正在通话|已关机|没空)"
)


def is_machine(text: str) -> bool:
    """Are these the words of an answering machine, or of the network?"""
    return bool(_MACHINE.search(text))


class Screened:
    """An ear for whom we rang back: a machine, or silence, is told as somebody who put down.

    Otherwise it would be put through to an operator. `why` says what it was; empty: a person.
    """

    def __init__(self, listens: Listens) -> None:
        self._ear = listens
        self._looked_at = 0
        self._silent = 0
        self._spoke = False
        self.why = ""
        self.now_ms = 0

    @property
    def stirs(self) -> bool:
        """See `Ear`."""
        return self._ear.stirs

    async def hear(self) -> AsyncIterator[Sound]:
        """See `Ear`."""
        async for sound in self._ear.hear():
            self.now_ms = self._ear.now_ms
            self.why = self._judged(sound)
            if self.why:
                yield ear.Gone(reason=Ended.HANGUP)
                return
            yield sound

    def _judged(self, sound: Sound) -> str:
        match sound:
            case ear.Utterance(text=text):
                self._looked_at += 1
                self._spoke = self._spoke or bool(text)
                if self._looked_at <= MOST_LOOKED_AT and is_machine(text):
                    return MACHINE
            case ear.Pressed():
                self._spoke = True
            case ear.Silent() if not self._spoke:
                self._silent += 1
                if self._silent >= MOST_SILENT:
                    return NOBODY_SPOKE
        return ""
