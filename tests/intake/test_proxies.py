"""Whom the program believes behind a proxy: only proxies that the settings name."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from intake.services import Services
from intake.web import proxies, server

Client = TestClient[Any, Any]
OURS = ("127.0.0.1", "10.0.0.0/8", "::1")
WRONG = {"name": "admin", "password": "wrong"}


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9", "10.1.2.3"], "203.0.113.9"),
        ("127.0.0.1", ["10.1.2.4", "10.1.2.3"], "10.1.2.4"),
        ("127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9", "unknown"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9", "unknown", "10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["10.0.0.1"] * 50, "10.0.0.1"),
    ],
)
def test_client_is_the_last_who_is_none_of_ours(peer: str, hops: list[str], client: str) -> None:
    assert proxies.client(peer, hops, OURS) == client


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ("127.0.0.1", True),
        ("::ffff:127.0.0.1", True),
        ("::1", True),
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("", False),
        ("unix:", False),
    ],
)
def test_proxies_are_known_by_address_or_network(peer: str, trusted: bool) -> None:
    assert proxies.is_trusted(peer, OURS) is trusted


@given(st.lists(st.text(max_size=20), max_size=30))
def test_nothing_that_is_written_there_does_harm(hops: list[str]) -> None:
    assert proxies.client("127.0.0.1", hops, OURS)


@pytest.fixture
def trusted_proxies() -> tuple[str, ...]:
    return ("127.0.0.1",)


@pytest.fixture
def settings(settings: Settings, trusted_proxies: tuple[str, ...]) -> Settings:
    more = {"trusted_proxies": trusted_proxies, "body_limit_bytes": 5000}
    return settings.model_copy(update=more)


@pytest.fixture
async def client(services: Services) -> AsyncIterator[Client]:
    application = server.application(services)
    async with TestClient(TestServer(application), cookie_jar=CookieJar(unsafe=True)) as made:
        yield made


def by(address: str) -> Mapping[str, str]:
    return {"X-Forwarded-For": address}


async def tries(client: Client, addresses: list[str]) -> set[int]:
    """The different answers to wrong passwords from these addresses."""
    return {
        (await client.post("/console/login", data=WRONG, headers=by(address))).status
        for address in addresses
    }


async def test_each_address_before_the_proxy_has_its_own_tries(client: Client) -> None:
    assert await tries(client, ["203.0.113.1"] * 6) == {401}
    assert await tries(client, ["203.0.113.1"] * 2) >= {429}
    assert await tries(client, ["203.0.113.2"]) == {401}


async def test_what_somebody_writes_before_the_proxy_gives_no_more_tries(client: Client) -> None:
    forged = [f"198.51.100.{number}, 203.0.113.1" for number in range(8)]
    assert await tries(client, forged) == {401, 429}


@pytest.mark.parametrize("trusted_proxies", [(), ("10.0.0.0/8",)], ids=["none", "another"])
async def test_without_a_proxy_nobody_chooses_his_address(client: Client) -> None:
    forged = [f"203.0.113.{number}" for number in range(8)]
    assert await tries(client, forged) == {401, 429}


async def secure(client: Client, headers: Mapping[str, str]) -> bool:
    """Is the resident's cookie for https alone?"""
    client.session.cookie_jar.clear()
    answer = await client.get("/", headers=headers)
    return bool(answer.cookies["hotline_resident"]["secure"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Forwarded-Proto": "https"}, True),
        ({"X-Forwarded-Proto": "http, HTTPS"}, True),
        ({"X-Forwarded-Proto": "https, http"}, False),
        ({"X-Forwarded-Proto": "wss"}, False),
        ({}, False),
    ],
)
async def test_cookie_is_for_https_alone_where_the_browser_came_by_it(
    client: Client, headers: Mapping[str, str], expected: bool
) -> None:
    assert await secure(client, headers) is expected


@pytest.mark.parametrize("trusted_proxies", [()], ids=["none"])
async def test_without_a_proxy_nobody_claims_https(client: Client) -> None:
    assert not await secure(client, {"X-Forwarded-Proto": "https"})


@pytest.mark.parametrize(("size", "status"), [(100, 401), (6000, 413)])
async def test_bodies_beyond_the_limit_are_refused_before_they_are_read(
    client: Client, size: int, status: int
) -> None:
    fields = {"name": "admin", "password": "a" * size}
    assert (await client.post("/console/login", data=fields)).status == status
    body, headers = b"{" + b" " * size, {"Authorization": "Bearer token-of-city-management"}
    headers["Idempotency-Key"] = "key-00000001"
    answer = await client.post("/api/v1/tickets/1", data=body, headers=headers)
    assert answer.status == (413 if status == 413 else 400)
