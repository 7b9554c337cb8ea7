"""The department API, over HTTP: idempotent, versioned, and without anybody's identity."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from channels.message import InboundMessage
from config.settings import Settings
from intake import app, room
from intake.room import Room
from intake.services import Services
from intake.web import server
from routing import schema, store
from routing.order import Order
from tests.clock import Clock
from tests.intake.conftest import API_TOKEN

LAMP = "我叫张三，电话13912345678，东韩村村口的路灯坏了三天了没人修"


@pytest.fixture
async def client(services: Services) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(server.application(services))) as made:
        yield made


@pytest.fixture
async def number(services: Services, say: Callable[..., InboundMessage]) -> str:
    """A ticket that city management leads."""
    opened = (await services.desk.receive(say(LAMP))).ticket
    await services.database.write(
        lambda c: services.dispatcher.dispatch(
            c,
            Order(number=opened, version=1, by="operator:a", note="归城管"),
            unit="city-management",
        )
    )
    return opened


def call(key: str = "key-00000001", token: str = API_TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": key}


async def test_department_signs_and_answers_and_the_resident_hears_of_it(
    client: TestClient[Any, Any], services: Services, number: str
) -> None:
    url = f"/api/v1/tickets/{number}"
    signed = await client.post(url, json={"action": "sign", "version": 2}, headers=call())
    assert signed.status == 200
    version = (await signed.json())["version"]
    body = {"action": "answer", "version": version, "text": "已换新灯，今晚亮。"}
    answered = await client.post(url, json=body, headers=call("key-00000002"))
    assert answered.status == 200
    assert (await answered.json())["status"] == "answered"
    query = sa.select(schema.outbox.c.kind).where(schema.outbox.c.destination == "web:a")
    assert "result" in await services.database.read(lambda c: c.execute(query).scalars().all())


async def test_same_key_gives_the_same_answer_and_acts_once(
    client: TestClient[Any, Any], services: Services, number: str
) -> None:
    url, body = f"/api/v1/tickets/{number}", {"action": "sign", "version": 2}
    answers = [await (await client.post(url, json=body, headers=call())).text() for _ in range(3)]
    assert len(set(answers)) == 1
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert ticket.version == 3


async def test_same_call_that_comes_twice_at_once_is_answered_twice(
    client: TestClient[Any, Any],
    services: Services,
    settings: Settings,
    clock: Clock,
    say: Callable[..., InboundMessage],
) -> None:
    """To two processes, as a client's retry behind a load balancer does."""
    numbers = [
        (await services.desk.receive(say(LAMP, key=str(n), sender=f"s{n}"))).ticket
        for n in range(10)
    ]
    for number in numbers:
        order = Order(number=number, version=1, by="operator:a")
        await services.database.write(
            partial(services.dispatcher.dispatch, order=order, unit="city-management")
        )
    body = {"action": "sign", "version": 2}
    async with (
        app.build(settings, clock.runtime()) as beside,
        TestClient(TestServer(server.application(beside))) as other,
    ):
        for number in numbers:
            url, headers = f"/api/v1/tickets/{number}", call(f"sign-{number}")
            answers = await asyncio.gather(
                *(each.post(url, json=body, headers=headers) for each in (client, other))
            )
            assert [answer.status for answer in answers] == [200, 200]
            assert len({await answer.text() for answer in answers}) == 1
            assert (await services.database.read(partial(store.load, number=number))).version == 3


async def test_confidential_ticket_tells_a_department_nothing_by_either_way(
    client: TestClient[Any, Any], services: Services, number: str
) -> None:
    order = Order(number=number, version=2, by="operator:a")
    await services.database.write(
        lambda c: services.dispatcher.correct(c, order, confidential=True)
    )
    answer = await client.get(f"/api/v1/tickets/{number}", headers=call())
    query = sa.select(schema.outbox.c.body).order_by(schema.outbox.c.position.desc()).limit(1)
    posted = await services.database.read(lambda c: c.execute(query).scalar_one())
    for told in (await answer.json(), json.loads(posted)["data"]):
        assert (told["confidential"], told["text"][:4]) == (True, "居民要求")
        assert not any(told[name] for name in ("place", "place_name", "address", "answer"))
        assert "路灯" not in told["text"] and "东韩村" not in json.dumps(told, ensure_ascii=False)


async def test_api_and_webhook_show_the_same(
    client: TestClient[Any, Any], services: Services, number: str
) -> None:
    said = sa.update(schema.ticket).values(place="", address="村口13912345678家")
    await services.database.write(lambda c: c.execute(said) and None)
    shown = await (await client.get(f"/api/v1/tickets/{number}", headers=call())).json()
    assert (shown["place_name"], shown["address"]) == ("", "村口［电话］家")
    query = sa.select(schema.outbox.c.body).order_by(schema.outbox.c.position.desc()).limit(1)
    posted = await services.database.read(lambda c: c.execute(query).scalar_one())
    assert set(json.loads(posted)["data"]) - set(shown) == {"action", "note"}


async def test_key_used_for_something_else_is_refused(
    client: TestClient[Any, Any], number: str
) -> None:
    url = f"/api/v1/tickets/{number}"
    await client.post(url, json={"action": "sign", "version": 2}, headers=call())
    other = {"action": "progress", "version": 3, "note": "在路上"}
    assert (await client.post(url, json=other, headers=call())).status == 422


async def test_stale_version_is_a_conflict(client: TestClient[Any, Any], number: str) -> None:
    url = f"/api/v1/tickets/{number}"
    answer = await client.post(url, json={"action": "sign", "version": 1}, headers=call())
    assert answer.status == 409
    assert (await answer.json())["error"] == "stale_version"


async def test_return_needs_a_reason_and_waits_for_ruling(
    client: TestClient[Any, Any], services: Services, number: str
) -> None:
    url = f"/api/v1/tickets/{number}"
    empty = {"action": "return", "version": 2, "reason": ""}
    assert (await client.post(url, json=empty, headers=call())).status == 400
    body = {"action": "return", "version": 2, "reason": "该路灯归供电公司"}
    answer = await client.post(url, json=body, headers=call("key-00000009"))
    assert (await answer.json())["status"] == "returned"


async def test_extension_moves_the_deadline(
    client: TestClient[Any, Any], services: Services, number: str, clock: Clock
) -> None:
    due = (await services.database.read(lambda c: store.load(c, number))).due_at
    later = (due + timedelta(days=3)).isoformat()
    url = f"/api/v1/tickets/{number}"
    body = {"action": "extend", "version": 2, "reason": "等配件", "due_at": later}
    answer = await client.post(url, json=body, headers=call())
    assert answer.status == 200, await answer.text()
    assert (await services.database.read(lambda c: store.load(c, number))).due_at > due


async def test_strangers_are_refused(client: TestClient[Any, Any], number: str) -> None:
    url, body = f"/api/v1/tickets/{number}", {"action": "sign", "version": 2}
    assert (await client.post(url, json=body, headers=call(token="wrong"))).status == 401
    assert (await client.post(url, json=body, headers={})).status == 401
    for empty in ("", " "):  # there is a department without a token
        assert (await client.post(url, json=body, headers=call(token=empty))).status == 401
    assert (await client.get(url, headers=call(token="token-of-water"))).status == 404


async def status_of(client: TestClient[Any, Any], head: bytes) -> int:
    """Of a request that no library of ours would send."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head.replace(b"\n", b"\r\n") + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


async def test_headers_that_are_no_words_are_refused(
    client: TestClient[Any, Any], services: Services, number: str
) -> None:
    at, strange = f"/api/v1/tickets/{number} HTTP/1.1\n".encode(), b"\xff\xe9" * 8
    ours = b"Authorization: Bearer " + API_TOKEN.encode()
    assert await status_of(client, b"GET " + at + ours) == 200
    assert await status_of(client, b"GET " + at + b"Authorization: Bearer " + strange) == 401
    key = b"\nIdempotency-Key: " + strange
    assert await status_of(client, b"POST " + at + ours + key) == 400
    settings = services.settings.model_copy(update={"metrics_token": SecretStr("m")})
    guarded = server.application(replace(services, settings=settings))
    async with TestClient(TestServer(guarded)) as other:
        head = b"GET /metrics HTTP/1.1\nAuthorization: Bearer " + strange
        assert await status_of(other, head) == 401


async def test_what_no_database_keeps_is_taken_out_of_words(
    client: TestClient[Any, Any], number: str
) -> None:
    url = f"/api/v1/tickets/{number}"
    body = {"action": "sign", "version": 2, "note": "灯已\0买好"}
    answer = await client.post(url, json=body, headers=call())
    assert answer.status == 200, await answer.text()
    body = {"action": "answer", "version": 3, "text": "灯\0亮了"}
    answer = await client.post(url, json=body, headers=call("key-00000002"))
    assert answer.status == 200 and "灯亮了" in await answer.text()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"action": 1}', b'{"action":"sign"}', b'"\\ud800"', b"[" * 5000]
)
async def test_broken_calls_are_refused_and_harm_nothing(
    client: TestClient[Any, Any], number: str, body: bytes
) -> None:
    url = f"/api/v1/tickets/{number}"
    assert (await client.post(url, data=body, headers=call())).status == 400
    assert (await client.get(url, headers=call())).status == 200


WRONG = (
    (b"{", "invalid", "内容不是正确的 JSON"),
    (b"[]", "invalid", "JSON 对象"),
    (b'{"action": "progress", "version": 1}', "invalid", "缺少 note"),
    (b'{"action": "fly", "version": 1}', "invalid", "action 要写 sign、progress"),
    (b'{"version": 1}', "invalid", "缺少 action"),
    (b'{"action": "sign", "version": "1"}', "invalid", "version 要写整数"),
    (b'{"action": "sign", "version": 0}', "invalid", "version 不能小于 1"),
    (b'{"action": "sign", "version": 1, "by": "x"}', "invalid", "没有 by 这个字段"),
    (b'{"action": "answer", "version": 1, "text": ""}', "invalid", "text 不能是空的"),
    (b'{"action": "return", "version": 1, "reason": 5}', "invalid", "reason 要写文字"),
    (b'{"action": "extend", "version": 1, "reason": "x", "due_at": "?"}', "invalid", "due_at 要写"),
)


@pytest.mark.parametrize(("body", "error", "message"), WRONG)
async def test_refusal_is_json_in_chinese_and_names_the_field(
    client: TestClient[Any, Any], number: str, body: bytes, error: str, message: str
) -> None:
    answer = await client.post(f"/api/v1/tickets/{number}", data=body, headers=call())
    told = await answer.json()
    assert answer.status == 400 and told["error"] == error and message in told["message"], told
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", told["message"]), told


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/tickets/20261124-0001", 405),
        ("POST", "/api/v1/tickets/20261124-0001", 401),
    ],
)
async def test_every_refusal_of_the_api_is_json(
    client: TestClient[Any, Any], method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    told = await answer.json()
    assert answer.status == status and set(told) == {"error", "message"}


async def test_answer_holds_no_identity(client: TestClient[Any, Any], number: str) -> None:
    text = await (await client.get(f"/api/v1/tickets/{number}", headers=call())).text()
    assert "13912345678" not in text
    assert "web:a" not in text
    assert "张三" not in text


async def test_health_says_that_a_disk_is_short(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Room(name="state", free_bytes=2**20, total_bytes=2**40)
    monkeypatch.setattr(room, "look", lambda _: [full])
    health = await client.get("/healthz")
    told = await health.json()
    assert (health.status, told["status"]) == (200, "attention")
    assert told["disks"] == {"state": {"free_mb": 1, "short": True}}
    metrics = await (await client.get("/metrics")).text()
    assert 'hotline_disk_free_bytes{folder="state"} 1.048576e+06' in metrics


async def test_metrics_without_a_token_are_for_this_machine_only(
    client: TestClient[Any, Any],
) -> None:
    assert (await client.get("/metrics")).status == 200
    through_a_proxy = await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert through_a_proxy.status == 403
    assert "hotline_" not in await through_a_proxy.text()


async def test_health_and_metrics_answer(client: TestClient[Any, Any], number: str) -> None:
    health = await client.get("/healthz")
    assert (health.status, (await health.json())["status"]) == (200, "ok")
    metrics = await (await client.get("/metrics")).text()
    assert 'hotline_tickets{status="dispatched"} 1.0' in metrics
