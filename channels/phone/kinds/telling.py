"""Whom we rang and who has answered: he is told and asked, and what came of it is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

import structlog

from channels.message import Reply
from channels.phone import ear, reasons
from channels.phone.book import CallBook, Errand, Judgement, Outcome, Purpose
from channels.phone.ear import Listens
from channels.phone.exchange.exchange import Next
from channels.phone.kinds import ordinary
from channels.phone.kinds.pump import Pump
from channels.phone.kinds.survey import Around, Held, Survey
from channels.phone.kinds.visit import Needs, Visit
from channels.phone.mouth import Speaks
from channels.phone.outgoing import Talk
from nlp.understanding import Urgency

LONGEST_S = 300.0
TOO_LONG = "通话时间太长，没有问完"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A result, a notice, a danger: keys do where nobody recognises speech."""

    errand: Errand
    needs: ClassVar = Needs(words=False)

    async def hold(self, visit: Visit) -> None:
        """See `Conversation`."""

        async def is_danger(text: str) -> bool:
            return (await visit.understood(text)).urgency is Urgency.DANGER

        telling = Telling(
            errand=self.errand,
            listens=visit.parts.listens,
            speaks=visit.parts.speaks,
            note=visit.notes.heard,
            is_danger=is_danger,
            book=visit.telephone.book,
        )
        visit.floor.pump = telling.sounds
        async with telling.sounds.listening():
            held = await telling.hold()
            visit.over(_talk_of(held))
            if held.in_danger:  # what we rang for can wait
                await visit.keep()
                await ordinary.serve(visit.hearing(telling.sounds).anew(), None)
                return
            where = Next.OPERATORS if held.wants_person else Next.BYE
            await visit.leave(where, self.errand.ticket)
            await visit.ended(_outcome_of(held))


class Telling:
    """One such call; its ear is `sounds`, which somebody else may have afterwards."""

    def __init__(
        self,
        *,
        errand: Errand,
        listens: Listens,
        speaks: Speaks,
        note: Callable[[ear.Utterance], None],
        is_danger: Callable[[str], Awaitable[bool]],
        book: CallBook,
    ) -> None:
        self._errand = errand
        self._book = book
        self._speaks = speaks
        self.sounds = Pump(listens)
        around = Around(
            sounds=self.sounds,
            speaks=speaks,
            note=note,
            is_danger=is_danger,
            answered=self._answered,
        )
        asks = errand.purpose is Purpose.FOLLOW_UP
        self._survey = Survey(errand.reply, asks=asks, around=around)

    async def hold(self) -> Held:
        """What came of it; what was answered stays, whatever ends it."""
        survey = self._survey
        try:
            async with asyncio.timeout(LONGEST_S) as limit:
                return await survey.hold()
        except Exception as failure:
            why = TOO_LONG if limit.expired() else reasons.PROGRAM_FAILED
            _log.warning("phone.survey_failed", errand=self._errand.id, exc_info=failure)
        goes_on = limit.expired() and survey.spoke and await self._too_long()
        heard_out = goes_on or survey.judgement != Judgement()
        return Held(heard_out=heard_out, judgement=survey.judgement, wants_person=goes_on, why=why)

    async def _too_long(self) -> bool:
        """Whoever has so much to say is not put down: a person hears the rest."""
        try:
            await self._speaks.say(Reply(key="too_long_call"))
        except Exception:
            _log.exception("phone.survey_failed", errand=self._errand.id)
        return True

    async def _answered(self, judgement: Judgement) -> None:
        try:
            await self._book.answered(self._errand, judgement)
        except Exception:  # it is told once more when the call is over
            _log.exception("phone.answer_not_kept", errand=self._errand.id)


def _talk_of(held: Held) -> Talk:
    """What the book is told of it."""
    return Talk(heard_out=held.heard_out, judgement=held.judgement, why=held.why)


def _outcome_of(held: Held) -> Outcome:
    """How such a call has ended."""
    if held.wants_person:
        return Outcome.PERSON
    return Outcome.SERVED if held.heard_out else Outcome.HUNG_UP
