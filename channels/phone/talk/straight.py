"""Whose calls a person takes at once (直接转人工): he is greeted, and asked nothing."""

import asyncio

import structlog

from channels.message import Reply
from channels.phone import ear, reasons
from channels.phone.audio.media import Ended
from channels.phone.talk.ending import End, Ending
from channels.phone.talk.office import Office
from channels.phone.talk.standing import Standing
from channels.phone.talk.turns import Said, Turn, Turns
from channels.phone.talk.window import Window

GREETING = Reply(key="phone_straight")
HEARD_OUT_S = 6.0  # behind our greeting: he speaks on so long at most, his person waits
DESK_S = 2.0  # more, and the desk is waited for no longer
JUDGED_WITHIN_S = 0.5  # whether his words tell of a danger
MOST_TAKEN = 12  # turns of his
LOOK_S = 0.05

_Words = Said | ear.Deaf
_log = structlog.get_logger(__name__)


async def give_on(
    *, turns: Turns, office: Office, window: Window, ending: Ending, standing: Standing
) -> End:
    """What he says into the greeting goes along with him, to the end of his sentence or until it
    tells of a danger, and is not answered. What is not heard, not understood or comes later is
    taken from his recording, after the call.
    """
    until_s = asyncio.get_running_loop().time() + HEARD_OUT_S
    window.hurry(until_s + DESK_S)
    part = _Part(turns=turns, office=office, window=window, standing=standing, until_s=until_s)
    await part.hear()
    await part.tell()
    await part.look()
    if part.gone is not None:
        return await ending.gone(part.gone)
    await window.event(f"handover:{reasons.MARKED}")
    await part.look()
    unheard = standing.unclear or turns.overtaken
    return await ending.handed_on(reasons.MARKED_UNHEARD if unheard else reasons.MARKED)


class _Part:
    """His in the call. Nobody asks him again: once `unclear`, he stays so."""

    def __init__(
        self,
        *,
        turns: Turns,
        office: Office,
        window: Window,
        standing: Standing,
        until_s: float,
    ) -> None:
        self._turns = turns
        self._office = office
        self._window = window
        self._standing = standing
        self._until_s = until_s
        self._dangers: list[_Words] = []
        self._others: list[_Words] = []
        self.gone: Ended | None = None

    async def hear(self) -> None:
        """To the end of what he is in the middle of; no longer once he tells of a danger."""
        until_s = self._until_s
        for _ in range(MOST_TAKEN):
            turn = await _next(self._turns, until_s)
            match turn:
                case None:
                    return
                case ear.Gone(reason=reason):
                    self.gone = reason
                    return
                case ear.Deaf():
                    until_s, self._standing.unclear = 0.0, True  # nothing more can be heard of him
                case Said(utterance=said):
                    self._heard(said)
            if isinstance(turn, _Words) and await self._takes(turn):
                until_s = 0.0

    async def tell(self) -> None:
        """What tells of a danger goes first and alone, the rest in one message."""
        clock = asyncio.get_running_loop().time
        is_late = False
        for words in filter(None, (self._dangers, self._others)):
            if is_late:
                self._standing.unclear = True
            else:
                await self._told(words)
            is_late = clock() >= self._until_s

    async def look(self) -> None:
        """What has come while the desk was waited for: it is told nobody."""
        while self.gone is None and self._turns.come:
            match await self._turns.next():
                case ear.Gone(reason=reason):
                    self.gone = reason
                case ear.Deaf():
                    self._standing.unclear = True
                case Said(utterance=said):
                    self._heard(said)
                    self._standing.unclear |= bool(said.text)

    def _heard(self, said: ear.Utterance) -> None:
        if not self._standing.unclear:
            self._standing.heard(said)

    async def _takes(self, words: _Words) -> bool:
        """Whether they tell of a danger."""
        text = _text(words)
        if not text:
            return False
        try:
            async with asyncio.timeout(JUDGED_WITHIN_S):
                danger = await self._office.alarms(text)
        except Exception:  # the desk judges them all the same
            _log.exception("phone.judging_failed")
            danger = False
        (self._dangers if danger else self._others).append(words)
        return danger

    async def _told(self, words: list[_Words]) -> None:
        """In one message; only then they count as heard. What was understood before our ear failed
        is unsure.
        """
        said = [each.utterance for each in words if isinstance(each, Said)]
        for each in said:
            self._office.note(each)
        sure = min(each.confidence for each in said) if len(said) == len(words) else 0.0
        if await self._window.words("，".join(map(_text, words)), sure) is not None:
            self._standing.told = True


def _text(words: _Words) -> str:
    return words.utterance.text if isinstance(words, Said) else words.text


async def _next(turns: Turns, until_s: float) -> Turn | None:
    """What has come, or comes of what he is in the middle of; None where nothing does, it is late,
    or he has pressed 0.
    """
    clock = asyncio.get_running_loop().time
    while not turns.come:
        if turns.quiet or turns.hurries or clock() >= until_s:
            return None
        await asyncio.sleep(LOOK_S)
    return await turns.next()
