"""The whole program at the other end of the line, and a resident who answers when he is asked."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import soundfile
import soxr

from channels.phone.voice import clips, prompts
from channels.phone.voice.cache import Cache
from channels.phone.voice.synthesis import Synthesis
from tests.bench.program import Program, kept
from tests.phone import kit, terse
from tests.phone.kit import NotYet, Samples, Telephone
from tests.phone.line import Line

CALLS = Path(__file__).parent / "calls"
UP_WITHIN_S = 60.0
SAID_WITHIN_S = 40.0
RUNG_WITHIN_S = 30.0  # what is owed is looked for twice a second
KEPT_WITHIN_S = 100.0


def spoken(name: str) -> Samples:
    """One of the recorded sentences, as it sounds on the line."""
    sound, rate_hz = soundfile.read(CALLS / f"{name}.flac")
    made: Samples = soxr.resample(sound * 32768, rate_hz, kit.RATE_HZ)
    return made


def sound_file(name: str, folder: Path) -> Path:
    """The same as telephones play it, in `folder`."""
    return kit.save(folder / f"{name}.wav", spoken(name))


async def in_our_voice(text: str, folder: Path) -> Samples:
    """What we say, as it sounds on the line; made anew, by way of a cache in `folder`."""
    voice = prompts.Voice(
        folders=[clips.COMMITTED], cache=Cache(folder / "cache"), synthesis=Synthesis()
    )
    await voice.start()
    try:
        return kit.from_pcm(await voice.say(text, kit.RATE_HZ), kit.RATE_HZ)
    finally:
        await voice.close()


@dataclass(kw_only=True)
class Hotline:
    """A program that serves a line; its database is read from outside."""

    line: Line
    program: Program

    @classmethod
    def of(cls, line: Line, folder: Path, **more: str) -> "Hotline":
        """Not started yet; it hears by the trial's recogniser and says little. `more` are settings
        by variable.
        """
        environment = {
            **line.instance.environment,
            "HOTLINE_PHONE__TRIAL_MODEL": "true",
            "HOTLINE_COUNTY": str(terse.county(folder)),
            **more,
        }
        program = Program(folder=folder, environment=environment, cache=kept())
        return cls(line=line, program=program)

    async def start(self) -> None:
        """Until callers come to it."""
        await self.program.start()
        await self.up()

    async def up(self) -> None:
        """Until it has Asterisk, its recogniser and its voice."""
        until = time.monotonic() + UP_WITHIN_S
        state: Any = None
        while time.monotonic() < until:
            state = await self.health()
            ours = bool(state) and state["here"] and state["asterisk"] != "away"
            if ours and state["recogniser"] != "none":
                return
            await asyncio.sleep(0.1)
        raise NotYet(f"the line is not served: {state}\n{self.program.log()[-3000:]}")

    async def health(self) -> Any:
        """What the health page says of the phone line; None while nobody answers."""
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.get(self.program.url + "/healthz") as answer,
            ):
                return (await answer.json())["channels"]["phone"]
        except (aiohttp.ClientError, KeyError):
            return None

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """What its database holds."""
        path = self.program.folder / "hotline.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(sql, values).fetchall()

    def write(self, sql: str) -> None:
        """Put something into its database that no caller can."""
        path = self.program.folder / "hotline.db"
        with closing(sqlite3.connect(path, timeout=10)) as database, database:
            database.execute(sql)

    def spoken(self) -> list[tuple[str, str, str]]:
        """All transcripts: voice, text, key."""
        sql = "SELECT voice, text, key FROM call_line ORDER BY call, sequence"
        return [tuple(row) for row in self.rows(sql)]

    def replies(self) -> list[str]:
        """What we said, by the keys of the replies."""
        return [key for voice, _, key in self.spoken() if voice == "line"]

    def tickets(self) -> list[dict[str, Any]]:
        """All tickets, the oldest first."""
        rows = self.rows("SELECT * FROM ticket ORDER BY number")
        return [{**dict(row), **json.loads(row["details"])} for row in rows]

    def notes(self, action: str) -> list[str]:
        """What was noted at each such step of any ticket."""
        sql = "SELECT note FROM ticket_event WHERE action = ? ORDER BY sequence"
        return [row["note"] for row in self.rows(sql, action)]

    async def until(self, holds: Callable[[], bool], within_s: float, what: str) -> None:
        """Look until something holds; `what` did not, if it never does."""
        end = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > end:
                calls = [tuple(row) for row in self.rows("SELECT * FROM call")]
                raise NotYet(f"{what}: {calls} {self.spoken()}\n{self.program.log()[-2000:]}")
            await asyncio.sleep(0.05)

    async def kept(self, count: int) -> list[sqlite3.Row]:
        """Until so many recordings are taken in, each with what its call was for."""

        def found() -> list[sqlite3.Row]:
            return self.rows(
                "SELECT r.*, c.purpose FROM recording r JOIN call c ON c.id = r.call"
                " ORDER BY r.kept_at"
            )

        what = f"{count} recordings were not taken in"
        await self.until(lambda: len(found()) >= count, KEPT_WITHIN_S, what)
        return found()

    async def said(self, key: str, times: int = 1, within_s: float = SAID_WITHIN_S) -> None:
        """Until we have said something so often, to its end."""

        def said() -> list[str]:
            return [each for keys in self.replies() for each in keys.split(",")]

        await self.until(lambda: said().count(key) >= times, within_s, f"{key!r} was not said")

    async def settled(self, count: int = 1, within_s: float = 20.0) -> list[dict[str, Any]]:
        """Until there are so many tickets."""
        await self.until(lambda: len(self.tickets()) >= count, within_s, f"not {count} tickets")
        return self.tickets()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """Somebody on a telephone who speaks when it is his turn."""

    telephone: Telephone
    hotline: Hotline

    async def ring(self, record: Path | None = None) -> None:
        """Dial and hear the greeting out."""
        await self.telephone.call(self.hotline.line.hotline, record=record)
        await self.telephone.until("confirmed")
        await self.hotline.said("phone_greeting")

    async def say(self, name: str) -> None:
        """Speak one of the recorded sentences."""
        await self.telephone.play(sound_file(name, self.hotline.program.folder))

    async def talk(self, turns: Sequence[tuple[str, str]]) -> None:
        """Say each sentence, then wait for what it leads to."""
        for name, key in turns:
            times = 1 + sum(key in keys.split(",") for keys in self.hotline.replies())
            await self.say(name)
            await self.hotline.said(key, times)

    async def tells(self) -> str:
        """Ring a program that is started for it, tell a matter and hang up; the ticket's number."""
        await self.hotline.start()
        await self.ring()
        await self.talk([("lamp-f", "read_back"), ("yes-f", "receipt")])
        await self.telephone.hang_up()
        await self.telephone.until("disconnected")
        (ticket,) = self.hotline.tickets()
        number: str = ticket["number"]
        return number

    async def is_rung(self, after: int) -> None:
        """His telephone rings and he takes it, behind the first `after` of its events."""
        await self.telephone.until("ringing", RUNG_WITHIN_S, after=after)
        await self.telephone.until("confirmed", after=after)
