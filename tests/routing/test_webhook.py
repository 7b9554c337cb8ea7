"""Webhooks over real sockets: signed for the reference package, bounded, and never into our own network."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from standardwebhooks import Webhook

from config import runtime
from config.sections import Endpoint
from routing import outbox, webhook
from routing.database import Database
from routing.envelope import DeliveryError, Envelope
from routing.relay import Relay
from routing.webhook import WebhookSender
from tests.clock import Clock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENVELOPE = Envelope(
    id="msg_p5jXN8AQM9LWM0D4loKWxJek",
    destination="webhook:water",
    ticket="20261124-0001",
    kind="ticket.dispatched",
    body={"type": "ticket.dispatched", "data": {"text": "村口的路灯坏了"}},
)


@dataclass(slots=True)
class Department:
    """A department's server on loopback; `answer` says what it does with a request."""

    url: str = ""
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    verified: list[str] = field(default_factory=list)
    requests: int = 0

    async def on_post(self, request: web.Request) -> web.StreamResponse:
        """Count, verify, answer."""
        self.requests += 1
        Webhook(SECRET).verify(await request.text(), dict(request.headers))
        if self.answer is not None:
            return await self.answer(request)
        self.verified.append(request.headers["webhook-id"])
        return web.json_response({"received": True})


@pytest.fixture
async def department() -> AsyncIterator[Department]:
    found = Department()
    application = web.Application()
    application.router.add_post("/hook", found.on_post)
    async with TestServer(application) as server:
        found.url = str(server.make_url("/hook"))
        yield found


def _sender(url: str, *, private: bool = True, timeout_s: float = 5.0) -> WebhookSender:
    return WebhookSender(
        {"water": Endpoint(url=url, secret=SecretStr(SECRET))},
        timeout_s=timeout_s,
        allow_private_networks=private,
    )


@pytest.fixture
async def sender(department: Department) -> AsyncIterator[WebhookSender]:
    found = _sender(department.url)
    yield found
    await found.close()


def _answering(
    status: int, headers: dict[str, str] | None = None, text: str = ""
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers, text=text)

    return answer


async def _failure(sender: WebhookSender) -> DeliveryError:
    with pytest.raises(DeliveryError) as told:
        await sender(ENVELOPE)
    return told.value


async def test_webhook_is_verified_by_the_reference_package(
    department: Department, sender: WebhookSender
) -> None:
    assert await sender(ENVELOPE) == "HTTP 200"
    assert department.verified == [ENVELOPE.id]


async def test_body_is_what_was_posted_in_utf_8(
    department: Department, sender: WebhookSender
) -> None:
    bodies: list[str] = []

    async def keep(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.text())
        return web.Response(status=204)

    department.answer = keep
    assert await sender(ENVELOPE) == "HTTP 204"
    assert json.loads(bodies[0]) == ENVELOPE.body
    assert "路灯" in bodies[0]


def test_published_vector_is_reproduced() -> None:
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    signature = Webhook(SECRET).sign(ENVELOPE.id, at, '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "permanent", "most_attempts"),
    [
        (410, True, None),
        (400, False, webhook.REFUSED_ATTEMPTS),
        (401, False, webhook.REFUSED_ATTEMPTS),
        (404, False, webhook.REFUSED_ATTEMPTS),
        (301, False, webhook.REFUSED_ATTEMPTS),
        (307, False, webhook.REFUSED_ATTEMPTS),
        (408, False, None),
        (429, False, None),
        (500, False, None),
        (503, False, None),
    ],
)
async def test_status_says_whether_trying_again_is_of_use(
    department: Department,
    sender: WebhookSender,
    status: int,
    permanent: bool,
    most_attempts: int | None,
) -> None:
    elsewhere = {"Location": department.url} if 300 <= status < 400 else None
    department.answer = _answering(status, elsewhere)
    error = await _failure(sender)
    assert (error.permanent, error.most_attempts) == (permanent, most_attempts)
    assert str(status) in error.reason
    assert department.requests == 1  # no redirect was followed


@pytest.mark.parametrize(
    ("header", "least_s", "most_s"),
    [
        ("120", 120, 120),
        ("999999999", webhook.LONGEST_WAIT_S, webhook.LONGEST_WAIT_S),
        (timedelta(hours=1), 3000, 3600),
        (timedelta(days=30), 21600, 21600),
        (timedelta(days=-1), 0, 0),
    ],
    ids=["seconds", "too many seconds", "in an hour", "in a month", "yesterday"],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_wait_that_is_asked_for_is_kept_within_bounds(
    department: Department,
    sender: WebhookSender,
    status: int,
    header: str | timedelta,
    least_s: float,
    most_s: float,
) -> None:
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header)
    department.answer = _answering(status, {"Retry-After": header})
    asked_s = (await _failure(sender)).retry_after_s
    assert asked_s is not None
    assert least_s <= asked_s <= most_s


@pytest.mark.parametrize("header", ["", "soon", "-5", "１２", "Tue, 99 Nov 2026 99:99:99 GMT"])
async def test_senseless_wait_is_ignored(
    department: Department, sender: WebhookSender, header: str
) -> None:
    department.answer = _answering(503, {"Retry-After": header.encode().decode("latin-1")})
    assert (await _failure(sender)).retry_after_s is None


async def test_refusal_is_quoted_briefly(department: Department, sender: WebhookSender) -> None:
    department.answer = _answering(400, text="字段 due_at 不对\n" + "x" * 5000)
    reason = (await _failure(sender)).reason
    assert "字段 due_at 不对" in reason
    assert len(reason) < 120
    assert "\n" not in reason


async def test_endless_answer_is_read_up_to_the_limit_only(
    department: Department, sender: WebhookSender
) -> None:
    written: list[int] = []

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
                written.append(65536)
        except (ConnectionError, asyncio.CancelledError):
            return response

    department.answer = endless
    assert await sender(ENVELOPE) == "HTTP 200"
    assert sum(written) < 64 * 1024 * 1024


async def test_silent_department_is_given_up_after_the_timeout(department: Department) -> None:
    gone = asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        await gone.wait()
        return web.Response()

    department.answer = silent
    sender = _sender(department.url, timeout_s=0.05)
    error = await _failure(sender)
    gone.set()
    assert "没有答复" in error.reason
    assert not error.permanent
    await sender.close()


async def test_closed_port_is_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sender = _sender(f"http://127.0.0.1:{port}/hook")
    error = await _failure(sender)
    assert not error.permanent
    assert "连不上" in error.reason
    await sender.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_our_own_network_is_refused_at_connect_time(
    department: Department, host: str
) -> None:
    url = department.url.replace("127.0.0.1", host)
    sender = _sender(url, private=False)
    error = await _failure(sender)
    assert error.permanent
    assert "内部网络" in error.reason
    assert department.requests == 0
    await sender.close()


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("::7f00:1", False),
        ("::808:808", False),
        ("64:ff9b:1::808:808", False),
        ("fec0::1", False),
        ("192.88.99.1", False),
        ("2002:c058:6301::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
    ],
)
def test_addresses_inside_and_outside(address: str, outside: bool) -> None:
    assert webhook.is_outside(address) is outside


@pytest.mark.parametrize(
    "endpoints",
    [
        {},
        {"water": Endpoint(secret=SecretStr(SECRET))},
    ],
)
async def test_department_that_is_not_set_up_is_told_at_once(
    endpoints: dict[str, Endpoint],
) -> None:
    sender = WebhookSender(endpoints, timeout_s=1, allow_private_networks=True)
    error = await _failure(sender)
    assert error.permanent
    assert "water" in error.reason


async def test_six_hours_down_then_all_delivered_in_order_none_twice_effective(
    database: Database, department: Department, sender: WebhookSender, clock: Clock
) -> None:
    """The receiver takes some, answers too late for us to know, and goes down; then it is well again."""
    effective: list[str] = []
    down = True

    async def flaky(request: web.Request) -> web.StreamResponse:
        if request.headers["webhook-id"] not in effective and not down:
            effective.append(request.headers["webhook-id"])
            if len(effective) % 5 == 0:  # taken, but we are told otherwise
                return web.Response(status=502)
        return web.Response(status=503 if down else 200)

    department.answer = flaky
    relay = Relay(database=database, runtime=clock.runtime(), deliver={"webhook": sender})
    letters = [
        Envelope(
            id=f"letter-{number:03d}",
            destination="webhook:water",
            ticket="",
            kind="ticket.dispatched",
            body={"number": number},
        )
        for number in range(20)
    ]
    await database.write(lambda c: outbox.post(c, letters, clock.at))
    began = clock.at
    while clock.at < began + timedelta(hours=24):
        down = clock.at < began + timedelta(hours=6)
        while await relay.step():
            pass
        clock.forward(minutes=7)
    assert effective == [letter.id for letter in letters]
    assert await database.read(lambda c: outbox.dead(c, 100)) == []
    assert department.requests > len(letters)  # some came twice and were told apart by their id


async def test_real_clock_signs_by_default() -> None:
    sender = _sender("http://127.0.0.1:9/hook")
    _, headers = sender._signed(ENVELOPE, Endpoint(secret=SecretStr(SECRET)))
    off = runtime.system().now().timestamp() - int(headers["webhook-timestamp"])
    assert abs(off) < 60
