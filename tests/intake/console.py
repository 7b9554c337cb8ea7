"""The console as somebody with a browser meets it, without a browser: for tests over HTTP."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from channels.message import Contact
from channels.phone.book import Began, Purpose
from intake import accounts, passwords
from intake.accounts import Role
from intake.passwords import Fresh
from intake.phone import calls, line
from intake.phone import schema as tables
from intake.schema import identity_look
from intake.services import Services
from intake.web import server
from routing import schema

PASSWORD = "nan-he-4569899-ok"
ONE_TIME = "Hg7k-Tr3m-Qa9x"
CALL = "0190a1b2-0000-7000-8000-000000000001"
COOKIE = "hotline_session"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@functools.cache
def hashed(password: str = PASSWORD) -> str:
    """The hash of everybody's password; it takes a while, so it is made once."""
    return passwords.new_hash(password)


async def hire(services: Services, name: str, role: Role, *, own_password: bool = True) -> str:
    """An account; its one-time password, or the password of its own that it has already."""
    now, fresh = services.runtime.now(), Fresh(password=ONE_TIME, hashed=hashed(ONE_TIME))
    password = await services.database.write(
        lambda c: accounts.add(c, name=name, display_name=name, role=role, fresh=fresh, now=now)
    )
    if not own_password:
        return password
    await services.database.write(lambda c: accounts.change(c, name, hashed()))
    return PASSWORD


@dataclass(slots=True)
class Desk:
    """A browser window with a cookie jar of its own at one application."""

    client: TestClient[Any, Any]
    application: web.Application

    @classmethod
    async def opened(cls, services: Services) -> "Desk":
        """A window that nobody has logged in by; close it."""
        application = server.application(services)
        client = TestClient(TestServer(application), cookie_jar=CookieJar(unsafe=True))
        await client.start_server()
        return cls(client=client, application=application)

    async def log_in(self, name: str, password: str = PASSWORD) -> int:
        """Log in; the status of the answer, 303 where it was the right password."""
        return (await self.post("/console/login", {"name": name, "password": password}))[0]

    async def get(self, path: str) -> tuple[int, str]:
        """The status of a page, and the page or where it leads."""
        answer = await self.client.get(path, allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text(errors="replace")

    async def post(self, path: str, fields: Mapping[str, str]) -> tuple[int, str]:
        """Send a form: the status, and the page or where it leads."""
        answer = await self.client.post(path, data=dict(fields), allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text(errors="replace")

    async def token(self) -> str:
        """The token that this window's forms carry."""
        _, page = await self.get("/console/password")
        found = _TOKEN.search(page)
        assert found, page
        return found.group(1)

    def cookie(self, name: str = COOKIE) -> str:
        """A cookie of this window, else the session's."""
        jar = self.client.session.cookie_jar.filter_cookies(self.client.make_url("/console"))
        return jar[name].value

    def paths(self, method: str, names: Mapping[str, str]) -> list[str]:
        """The addresses of the console that take a method, with `names` in their places."""
        found = []
        for route in self.application.router.routes():
            info = route.resource.get_info() if route.resource is not None else {}
            path = info.get("path") or info.get("formatter") or ""
            if route.method == method and path.startswith("/console"):
                found.append(path.format_map(names))
        return sorted(found)


async def enter(desk: Desk, services: Services, role: Role) -> str:
    """Log somebody of this role in; the token of his forms."""
    await hire(services, role.value, role)
    assert await desk.log_in(role.value) == 303
    return await desk.token()


async def looks(services: Services) -> list[tuple[str, str, str]]:
    """Who looked at whom, and why."""
    columns = identity_look.c
    query = sa.select(columns.operator, columns.ticket, columns.reason)
    return [tuple(row) for row in await services.database.read(lambda c: c.execute(query).all())]


async def rung(
    services: Services, *, call_id: str = CALL, ticket: str = "", sound: bytes = b"OggS" * 300
) -> tuple[str, str]:
    """A call that was held, with a recording; their ids."""
    now = services.runtime.now()
    contact = Contact(scheme="tel", path="+8613912345678")
    began = Began(call_id=call_id, contact=contact, purpose=Purpose.INBOUND, at=now, ticket=ticket)
    await services.database.write(lambda c: calls.began(c, began))
    kept = line.recordings(services, None)
    name, row_id = f"{call_id}-call.ogg", services.runtime.new_id()
    await kept.vault.put(name, sound)
    row = {
        "id": row_id,
        "call": call_id,
        "kind": "call",
        "reference": name,
        "media_type": "audio/ogg",
        "seconds": 65.0,
        "sha256": "0" * 64,
        "kept_at": now,
        "purge_at": now + timedelta(days=180),
    }
    await services.database.write(lambda c: c.execute(sa.insert(tables.recording), row) and None)
    return call_id, row_id


async def everything(services: Services, *, but: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but those of sessions, and of one more."""

    def read(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
        tables = [
            t for t in schema.metadata.sorted_tables if t.name not in ("operator_session", but)
        ]
        return {
            t.name: [
                tuple(row) for row in connection.execute(sa.select(t).order_by(*t.primary_key))
            ]
            for t in tables
        }

    return await services.database.read(read)
