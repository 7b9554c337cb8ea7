"""The console of a running program, as somebody logged in uses it."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import soundfile
import soxr
import sqlalchemy as sa

from intake import accounts
from intake.accounts import Role
from intake.passwords import Fresh
from tests.intake.console import COOKIE, hashed
from tests.phone import kit
from tests.phone.hotline import Hotline
from tests.phone.kit import Samples

_MARKS = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A browser window of somebody."""

    http: aiohttp.ClientSession
    hotline: Hotline

    async def get(self, path: str) -> bytes:
        """What lies there."""
        async with self.http.get(path) as answer:
            assert answer.status == 200, path
            return await answer.read()

    async def page(self, path: str) -> str:
        return (await self.get(path)).decode()

    async def words(self, path: str) -> str:
        """What a page says, without its marks."""
        return _MARKS.sub("", await self.page(path))

    async def sound(self, recording: str) -> Samples:
        """A recording as it is played."""
        sound = await self.get(f"/console/recordings/{recording}")
        samples, rate_hz = soundfile.read(io.BytesIO(sound))
        made: Samples = soxr.resample(samples * 32768, rate_hz, kit.RATE_HZ)
        return made

    async def act(self, number: str, action: str, note: str) -> None:
        """Press a button of the ticket's page."""
        token = _TOKEN.search(await self.page("/console/password"))
        assert token is not None
        (row,) = self.hotline.rows("SELECT version FROM ticket WHERE number = ?", number)
        fields = {"csrf": token[1], "version": row["version"], "action": action, "note": note}
        path = f"/console/tickets/{number}/act"
        async with self.http.post(path, data=fields, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()


@asynccontextmanager
async def opened(
    hotline: Hotline, role: Role = Role.LEADER, name: str = "li"
) -> AsyncIterator[Console]:
    """Somebody who is logged in."""
    engine, now = sa.create_engine(hotline.program.database), datetime.now(UTC)
    with engine.begin() as connection:
        fresh = Fresh(password="", hashed=hashed())
        accounts.add(connection, name=name, display_name=name, role=role, fresh=fresh, now=now)
        accounts.change(connection, name, hashed())
        token = accounts.begin(connection, name, now, 1)
    engine.dispose()
    cookies = {COOKIE: token}
    async with aiohttp.ClientSession(hotline.program.url, cookies=cookies) as http:
        yield Console(http=http, hotline=hotline)
