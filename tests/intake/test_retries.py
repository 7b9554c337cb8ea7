"""WeChat calls three times where nobody answers in five seconds: one ticket, and one reply.

Through signed and encrypted callbacks, the real desk and outbox, and a double of WeChat's API that
counts what it is given.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from sqlalchemy import Connection
from yarl import URL

from channels.message import Receipt
from channels.wechat.channel import WeChatChannel
from config.sections import WeChat
from config.settings import Settings
from intake import app, migrate
from intake.desk import FrontDesk
from intake.services import Services
from intake.web import server
from routing import schema
from tests.channels.contract import Answer, Call
from tests.channels.desk import START
from tests.channels.wechat import platform
from tests.channels.wechat.platform import EncryptedAdapter
from tests.clock import Clock

LAMP = "东韩村村口的路灯坏了三天了没人修"
MANY = 10**6  # ids that a program can use
Client = TestClient[web.Request, web.Application]


@dataclass(slots=True)
class Account:
    """An official account: the platform before us, our programs on one database, and its API."""

    platform: EncryptedAdapter
    programs: list[Services]
    clients: list[Client]

    async def call(self, call: Call, program: int = 0) -> Answer:
        """As the platform posts it."""
        url = URL(call.path).with_query(dict(call.query))
        posted = self.clients[program].post(url, data=call.body, headers=dict(call.headers))
        async with posted as answer:
            return Answer(status=answer.status, body=await answer.read())

    async def rest(self) -> None:
        """Until nothing is worked on and everything is sent."""
        for each in self.programs:
            await channel(each)._answering.drain()
        for each in self.programs:
            assert each.relay is not None
            while await each.relay.step():
                pass

    async def tickets(self) -> list[str]:
        """Their numbers."""
        query = sa.select(schema.ticket.c.number)
        return await self.programs[0].database.read(lambda c: list(c.execute(query).scalars()))


def channel(services: Services) -> WeChatChannel:
    found = services.channels["wechat"]
    assert isinstance(found, WeChatChannel)
    return found


@pytest.fixture(params=[1, 2], ids=["one program", "two programs"])
async def account(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Account]:
    adapter = EncryptedAdapter()
    await adapter.api.start()
    wechat = WeChat(
        token=SecretStr(platform.TOKEN),
        aes_key=SecretStr(platform.AES_KEY),
        app_id=platform.APP_ID,
        app_secret=SecretStr(platform.APP_SECRET),
        api_url=adapter.api.url,
    )
    chosen = settings.model_copy(update={"wechat": wechat})
    migrate.upgrade(chosen.database)
    made = Account(platform=adapter, programs=[], clients=[])
    async with AsyncExitStack() as stack:
        for index in range(request.param):
            runtime = Clock(at=START, _ids=itertools.count(index * MANY)).runtime()
            services = await stack.enter_async_context(app.build(chosen, runtime))
            behind = TestServer(server.application(services))
            made.programs.append(services)
            made.clients.append(await stack.enter_async_context(TestClient(behind)))
        yield made
    await adapter.stop()


@pytest.fixture
def gate(account: Account, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The desks write every message down, and work on none until it is set."""
    opened, work_on = asyncio.Event(), FrontDesk._in_one_unit

    async def held(self: FrontDesk, work: Callable[[Connection], Receipt]) -> Receipt:
        await opened.wait()
        return await work_on(self, work)

    monkeypatch.setattr(FrontDesk, "_in_one_unit", held)
    for each in account.programs:
        monkeypatch.setattr(channel(each)._answering, "_patience_s", 0.1)
    return opened


async def test_three_calls_for_a_desk_that_is_slow_are_one_ticket_and_one_reply(
    account: Account, gate: asyncio.Event
) -> None:
    call = account.platform.text(LAMP)
    answers = [await account.call(call, turn % len(account.clients)) for turn in range(3)]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"success")] * 3
    assert (await account.tickets(), account.platform.api.sent) == ([], [])
    gate.set()
    await account.rest()
    (number,) = await account.tickets()
    ((to, words),) = account.platform.api.sent
    assert to == "resident-1" and number in words
    late = [await account.call(call, turn) for turn in range(len(account.clients))]
    await account.rest()
    assert {(answer.status, answer.body) for answer in late} == {(200, b"success")}
    assert await account.tickets() == [number]
    assert len(account.platform.api.sent) == 1


async def test_many_residents_at_once_have_one_ticket_and_one_reply_each(
    account: Account, gate: asyncio.Event
) -> None:
    calls = [account.platform.text(LAMP, number=each, sender=each) for each in range(1, 6)]
    answers = await asyncio.gather(
        *(account.call(call, turn % len(account.clients)) for turn in range(3) for call in calls)
    )
    assert {answer.status for answer in answers} <= {200, 503}  # a busy machine: call again
    gate.set()
    await account.rest()
    late = [await account.call(each, len(account.clients) - 1) for each in calls]
    assert {(answer.status, answer.body) for answer in late} == {(200, b"success")}
    await account.rest()
    assert len(await account.tickets()) == len(calls)
    told = sorted(to for to, _ in account.platform.api.sent)
    assert told == [f"resident-{each}" for each in range(1, 6)]


async def test_a_desk_that_is_quick_answers_each_call_the_same_and_sends_nothing(
    account: Account,
) -> None:
    call = account.platform.text(LAMP)
    answers = [await account.call(call, turn % len(account.clients)) for turn in range(3)]
    await account.rest()
    (number,) = await account.tickets()
    (words,) = {account.platform.told(answer) for answer in answers}
    assert number in words
    assert account.platform.api.sent == []
