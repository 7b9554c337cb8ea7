"""Whose calls are limited (骚扰号码): he is heard once. A danger has the ordinary course, the rest
is kept, and no operator's telephone rings for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import structlog

from channels.message import Reply
from channels.phone import ear, reasons
from channels.phone.audio.media import Ended
from channels.phone.book import Outcome
from channels.phone.ear import Sound
from channels.phone.endpointing import Patience
from channels.phone.exchange.exchange import Next
from channels.phone.kinds import ordinary
from channels.phone.kinds.pump import Pump
from channels.phone.kinds.visit import Needs, Visit
from channels.phone.mouth import Speaks
from channels.phone.talk.call import GREETING
from channels.phone.talk.speaking import MURMURS
from channels.phone.talk.turns import PERSON_KEY
from nlp import answer
from nlp.understanding import RequestKind, Understanding, Urgency

PATIENCE = Patience(longest_ms=20_000)  # of the ear: he is heard so long
MOST_ASKED = 1  # times that he is asked to speak, who has said nothing yet
MOST_AFTER = 2  # sounds that still count each time that we take our leave
LONGEST_S = 180.0  # beyond it something of ours is broken
SPEECH_MS = 800  # a shorter sound without words is a cough

KEPT, NOTHING_SAID = Reply(key="limited_kept"), Reply(key="limited_silent")
_TELLS_NOTHING = frozenset(
    {RequestKind.GREETING, RequestKind.REPEAT, RequestKind.SLOWER, RequestKind.WAIT}
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardOnce:
    """His calls are limited; `opening` says so. No operator's telephone rings for him."""

    opening: Reply
    needs: ClassVar = Needs(patience=PATIENCE)

    async def hold(self, visit: Visit) -> None:
        """See `Conversation`."""
        sounds = visit.floor.pump = Pump(visit.parts.listens)
        limited = Limited(
            opening=self.opening,
            sounds=sounds,
            speaks=visit.parts.speaks,
            note=visit.notes.heard,
            understand=visit.understood,
        )
        async with sounds.listening():
            held = await limited.hold()
            if held.ordinary:
                greeting = None if held.greeted else GREETING
                await ordinary.serve(visit.hearing(sounds), greeting)
            elif held.gone and await visit.lives():
                await visit.ended(Outcome.PERSON, reasons.TAKEN_AWAY)
            else:
                if not held.gone:
                    await visit.leave(Next.BYE)
                await visit.ended(Outcome.LIMITED, held.reason)


class Course(StrEnum):
    """Where the call goes."""

    ON = "on"  # nothing has been said yet
    ORDINARY = "ordinary"  # as anybody's: a danger, or we can't hear him
    KEPT = "kept"  # he has told something, or wishes for a person
    GONE = "gone"


def judge(sound: Sound, said: Understanding | None = None) -> Course:
    """Pure. `said`: what the words of an utterance say, where there are any."""
    match sound:
        case ear.Deaf() | ear.Gone(reason=Ended.LOST):
            return Course.ORDINARY
        case ear.Gone():
            return Course.GONE
        case ear.Pressed(digit=digit):
            return Course.KEPT if digit == PERSON_KEY else Course.ON
        case ear.Utterance(text=text) if said is not None:
            if said.urgency is Urgency.DANGER:
                return Course.ORDINARY
            empty = text in MURMURS or answer.is_hello(text) or said.kind in _TELLS_NOTHING
            return Course.ON if empty else Course.KEPT
    return Course.ON


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What came of it. `ordinary`: the call goes on as anybody's, the words that decided it are
    the next that the pump gives; `greeted`: he has been.
    """

    ordinary: bool
    greeted: bool = True
    gone: bool = False
    reason: str = ""


class Limited:
    """One such call; its ear is `sounds`, which somebody else may have afterwards."""

    def __init__(
        self,
        *,
        opening: Reply,
        sounds: Pump,
        speaks: Speaks,
        note: Callable[[ear.Utterance], None],
        understand: Callable[[str], Awaitable[Understanding]],
    ) -> None:
        self._opening = opening
        self._speaks = speaks
        self._note = note
        self._understand = understand
        self._spoke = False
        self._unclear = False
        self._may_break_in = True
        self.sounds = sounds
        sounds.on_sound = self._hear

    async def hold(self) -> Held:
        """Ends in bounded time; whatever is wrong with us, the call goes on as anybody's."""
        try:
            async with asyncio.timeout(LONGEST_S):
                return await self._hold()
        except Exception:
            _log.exception("phone.limited_failed")
            return Held(ordinary=True, greeted=False)

    async def _hold(self) -> Held:
        course = await self._told()
        if course is Course.KEPT:
            course = await self._take_leave()
        unheard = reasons.LIMITED_UNHEARD if self._unclear else ""
        is_gone = course is Course.GONE
        return Held(ordinary=course is Course.ORDINARY, gone=is_gone, reason=unheard)

    async def _told(self) -> Course:
        """What he tells; who says nothing is asked once."""
        heard = await self._speaks.say(self._opening)
        for times in range(MOST_ASKED + 1):
            course = await self._next()
            if course is not Course.ON:
                return course
            if times < MOST_ASKED:
                again = Reply(key="ask_again" if self._unclear else "still_there")
                await self._speaks.say(again if heard else self._opening)
        return Course.KEPT

    async def _take_leave(self) -> Course:
        """Whoever speaks on is told once more, the second time to its end."""
        for is_last in (False, True):
            self._may_break_in = not is_last
            heard = await self._speaks.say(KEPT if self._spoke else NOTHING_SAID)
            course = await self._after()
            if heard or course is not Course.KEPT:
                break
        return course

    async def _after(self) -> Course:
        """He may remember a danger while we take our leave: whatever has come by then is heard."""
        waited = 0
        while waited < MOST_AFTER and not (self.sounds.empty and not self.sounds.stirs):
            waited += self.sounds.empty
            course = await self._next()
            if course in (Course.ORDINARY, Course.GONE):
                return course
        return Course.KEPT

    async def _next(self) -> Course:
        """Where what he does next takes the call; what makes it anybody's is put back."""
        while True:
            sound, course = await self.sounds.next(), Course.ORDINARY
            try:
                course = await self._judged(sound)
            finally:
                if course is Course.ORDINARY:
                    self.sounds.put_back(sound)
            if not isinstance(sound, ear.Began):
                return course

    async def _judged(self, sound: Sound) -> Course:
        if not isinstance(sound, ear.Utterance):
            return judge(sound)
        if not sound.text:
            is_speech = sound.end_ms - sound.start_ms >= SPEECH_MS
            self._spoke, self._unclear = self._spoke or is_speech, self._unclear or is_speech
            return judge(sound)
        course = judge(sound, await self._understand(sound.text))
        if course is not Course.ORDINARY:  # else who has the call then writes it down
            self._note(sound)
            self._spoke, self._unclear = True, False
        return course

    def _hear(self, sound: Sound) -> None:
        """Who speaks, or wants a person, is not talked over."""
        wishes = isinstance(sound, ear.Pressed) and sound.digit == PERSON_KEY
        if wishes or (isinstance(sound, ear.Began) and self._may_break_in):
            self._speaks.hush()
