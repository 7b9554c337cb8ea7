"""A call in which the recogniser fails, with the real desk behind it, and what comes of it later."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from channels.message import Contact
from channels.phone import ear
from channels.phone.book import Began, Ended, Outcome, Purpose, SpokenLine, Voice
from channels.phone.exchange.exchange import Next
from channels.phone.talk.call import Call
from channels.phone.talk.office import Office
from channels.phone.talk.window import Caller
from intake.phone import calls, transcripts
from intake.phone.shelf import Shelf
from intake.phone.transcribing import Transcribing
from intake.phone.transcripts import Transcription
from intake.services import Services
from nlp.speech.listening import VoskTranscriber
from routing import schema as routing_schema
from routing import store
from routing.ticket import Ticket
from tests.channels.phone.talking import FakeEar, FakeMouth
from tests.clock import Clock
from tests.intake.phone.recogniser import Recogniser

CALL = "0190a1b2-0000-7000-8000-000000000001"
CALLER = Contact(scheme="tel", path="+8613900000000")
DEAF = ear.Deaf(problem="too slow", text="")


@dataclass(frozen=True, kw_only=True)
class Misheard:
    """One call of one caller: held, recorded, taken in, heard again."""

    services: Services
    shelf: Shelf
    later: Transcribing
    record: Callable[..., Path]
    clock: Clock

    async def taken_in(self, *script: object) -> None:
        """The call is held, its ear failing where no script is given, and its recordings are ours."""
        await self.hold(*script or (DEAF,))
        await self.recorded()

    async def recorded(self, *left: str) -> bool:
        """What the dialplan leaves of it is taken in."""
        self.leave(*left)
        return await self.shelf.step()

    async def hold(self, *script: object) -> Ended:
        """The call itself; a script in place of its ear."""
        await self.begin()
        lines: list[ear.Utterance] = []
        mouth = FakeMouth()
        listens = mouth.listens = FakeEar(script)  # type: ignore[arg-type]

        left: list[Next] = []

        async def leave(where: Next, heard: str) -> None:
            left.append(where)

        async def alarms(text: str) -> bool:
            return False

        async def lives(call_id: str) -> bool:
            return False

        office = Office(
            receive=self.services.desk.receive,
            note=lines.append,
            leave=leave,
            alarms=alarms,
            lives=lives,
            now=lambda: self.clock.at,
            longest_ms=600_000,
        )
        caller = Caller(call_id=CALL, contact=CALLER)
        call = Call(caller=caller, listens=listens, speaks=mouth, office=office)
        listens.waiting = lambda: call.waiting
        async with asyncio.timeout(30):
            ended = await call.run()
        assert set(left) <= {Next.OPERATORS} and bool(left) is (ended.outcome is Outcome.PERSON)
        for each in lines:
            await self.spoken(Voice.CALLER, each.text, each.start_ms, each.end_ms)
        await self.services.database.write(lambda c: calls.ended(c, ended))
        return ended

    async def begin(self, purpose: Purpose = Purpose.INBOUND) -> None:
        """It stands in the book of calls."""
        began = Began(call_id=CALL, contact=CALLER, purpose=purpose, at=self.clock.at)
        await self.services.database.write(lambda c: calls.began(c, began))

    async def end(self, outcome: Outcome, reason: str = "") -> None:
        """So does its end."""
        ended = Ended(call_id=CALL, at=self.clock.at, outcome=outcome, reason=reason)
        await self.services.database.write(lambda c: calls.ended(c, ended))

    async def spoken(
        self, voice: Voice, text: str, start_ms: int, end_ms: int, key: str = ""
    ) -> None:
        """And what was said in it."""
        line = SpokenLine(voice=voice, text=text, start_ms=start_ms, end_ms=end_ms, key=key)
        await self.services.database.write(lambda c: calls.spoken(c, CALL, line))

    def leave(self, note: str = "incoming operators", operator: str = "7 话务员8001") -> None:
        """As the dialplan leaves a call: the whole of it, and what the caller said to us."""
        began = int(self.clock.at.timestamp()) - 60
        stem = f"{CALL}_13900000000_{began}"
        self.record(f"{stem}.wav", 9.0, self.shelf.folder)
        self.record(f"{stem}-caller.wav", 5.0, self.shelf.folder)
        words = f"{note} {began + 50} 0{began + 20} 0{operator}\n"
        (self.shelf.folder / f"{stem}.done").write_text(words, encoding="utf-8")

    async def heard(self, engine: Recogniser | VoskTranscriber) -> None:
        """Whatever waits to become text is tried until nothing does."""
        while await self.later.step(engine):
            pass

    async def tickets(self) -> list[Ticket]:
        """All there are."""
        database = self.services.database
        numbers = await database.read(
            lambda c: c.execute(sa.select(routing_schema.ticket.c.number)).scalars().all()
        )
        return [await database.read(lambda c, n=n: store.load(c, n)) for n in numbers]

    async def ticket(self) -> Ticket:
        """The only one."""
        (ticket,) = await self.tickets()
        return ticket

    async def notes(self) -> list[str]:
        """What its log says."""
        number = (await self.ticket()).number
        events = await self.services.database.read(lambda c: store.events(c, number))
        return [event.note for event in events]

    async def jobs(self) -> list[Transcription]:
        """What of the call waits to become text, or has."""
        return await self.services.database.read(lambda c: transcripts.of_calls(c, [CALL]))

    async def job(self) -> Transcription:
        """The only one of these."""
        (job,) = await self.jobs()
        return job
