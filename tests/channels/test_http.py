"""Bodies are bounded, secrets compared without haste, hostile JSON refused."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from channels import http
from tests.channels.contract import HOSTILE_JSON


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server that tells how long a body it has read."""

    async def read(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await http.read_body(request, 1000))))

    application = web.Application()
    application.router.add_post("/", read)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/"
    await runner.cleanup()


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"a" * 100


@pytest.mark.parametrize(("size", "status"), [(0, 200), (1000, 200), (1001, 413), (9000, 413)])
async def test_a_body_is_bounded_by_what_it_promises(url: str, size: int, status: int) -> None:
    async with ClientSession() as client, client.post(url, data=b"a" * size) as answer:
        assert answer.status == status


@pytest.mark.parametrize(("count", "status"), [(10, 200), (11, 413)])
async def test_a_body_without_a_promise_is_counted(url: str, count: int, status: int) -> None:
    async with ClientSession() as client, client.post(url, data=chunks(count)) as answer:
        assert answer.status == status


@pytest.mark.parametrize(("own", "size", "status"), [(2000, 2000, 200), (2000, 2001, 413)])
async def test_the_installation_sets_the_limit(own: int, size: int, status: int) -> None:
    async def read(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await http.read_body(request))))

    application = web.Application()
    application[http.BODY_LIMIT] = own
    application.router.add_post("/", read)
    async with TestClient(TestServer(application)) as client:
        assert (await client.post("/", data=b"a" * size)).status == status


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (":::", ":::"),
        ("", ""),
    ],
)
def test_limits_count_whoever_has_a_network_of_addresses_once(address: str, counted: str) -> None:
    request = make_mocked_request("GET", "/").clone(remote=address)
    assert http.asker(request) == counted


async def test_a_small_body_that_grows_when_unpacked_is_refused(url: str) -> None:
    small = gzip.compress(b"a" * 100_000)
    assert len(small) < 1000
    assert await status_of_packed(url, small) == 413


async def test_rubbish_that_calls_itself_packed_is_refused(url: str) -> None:
    assert await status_of_packed(url, b"no gzip at all") == 400


async def status_of_packed(url: str, body: bytes) -> int:
    headers = {"Content-Encoding": "gzip"}
    async with ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
        return answer.status


async def test_a_body_that_breaks_off_gets_no_answer_and_does_no_harm(url: str) -> None:
    port = int(url.rsplit(":", 1)[1].strip("/"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nabc")
    writer.close()
    async with ClientSession() as client, client.post(url, data=b"abc") as answer:
        assert await answer.text() == "3"
    del reader


async def test_a_body_that_never_comes_is_not_waited_for(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "READ_WITHIN_S", 0.01)
    port = int(url.rsplit(":", 1)[1].strip("/"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n")
    assert b"408" in await reader.readline()
    writer.close()


@pytest.mark.parametrize("given", ["", "a", "abd", "abcd", "路", "\ud800"])
def test_what_is_not_the_same_is_not_the_same(given: str) -> None:
    assert not http.same(given, "abc")


def test_what_is_the_same_is_the_same() -> None:
    assert http.same("密\ud800", "密\ud800")


@pytest.mark.parametrize("label", HOSTILE_JSON)
def test_hostile_json_is_refused(label: str) -> None:
    with pytest.raises(web.HTTPBadRequest):
        http.load_json(HOSTILE_JSON[label])


def test_honest_json_is_read() -> None:
    body = (
        '{"text": "[[[[[[[[[[[[[[[[[[[[[[[[[ 😀", "emoji": "\\ud83d\\ude00", "n": [1, 2.5, null]}'
    )
    assert http.load_json(body.encode()) == {
        "text": "[[[[[[[[[[[[[[[[[[[[[[[[[ 😀",
        "emoji": "😀",
        "n": [1, 2.5, None],
    }


@pytest.mark.parametrize(("depth", "taken"), [(http.DEEPEST - 1, True), (http.DEEPEST, False)])
def test_depth_is_bounded(depth: int, taken: bool) -> None:
    body = ('{"a":' * depth + "1" + "}" * depth).encode()
    if taken:
        assert http.load_json(body)
        return
    with pytest.raises(web.HTTPBadRequest):
        http.load_json(body)


@pytest.mark.parametrize(
    ("number", "taken"), [(2**63 - 1, True), (2**63, False), (-(2**63), False)]
)
def test_numbers_are_those_that_databases_hold(number: int, taken: bool) -> None:
    body = json.dumps({"sender_id": number}).encode()
    if taken:
        assert http.load_json(body) == {"sender_id": number}
        return
    with pytest.raises(web.HTTPBadRequest):
        http.load_json(body)


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), _VALUES, max_size=4))
def test_any_honest_object_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert http.load_json(json.dumps(value).encode()) == value
    assert http.load_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(web.HTTPBadRequest):
        assert isinstance(http.load_json(body), dict)


def test_fields_are_text_or_numbers() -> None:
    assert http.strings({"a": 1, "b": "二"}, ("a", "b", "c")) == {"a": "1", "b": "二", "c": ""}
    wrong: tuple[Any, ...] = ([], {}, True)
    for value in wrong:
        with pytest.raises(web.HTTPBadRequest):
            http.strings({"a": value}, ("a",))
