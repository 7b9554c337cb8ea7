"""The conformance kit: what every channel must do, as cases run over a small adapter for each.

A channel's tests write an `Adapter` (how the platform would say things, and a loopback double of
its API) and run every case that applies to it:

    CASES = contract.cases(Adapter.abilities)

    @pytest.mark.parametrize("case", CASES, ids=contract.name)
    async def test_the_channel_keeps_the_contract(case: contract.Case) -> None:
        await contract.run(case, Adapter())

A case is an async function of a `Kit`: the channel behind a real aiohttp server on loopback, the
adapter that speaks as the platform, and a fake desk that keeps what it hears. Its `needs` are the
abilities without which it says nothing; an adapter declares what its platform can do:

    passive    the answer to a callback carries the reply        retry    the same message again
    image voice location link event public                       what can be said on the platform
    unknown    kinds of message that are new to us               signed   callbacks prove their origin
    json       callbacks are JSON (HOSTILE_JSON is sent)         late     replies can come later
    hostile    `hostile()` has bodies of its own that harm careless programs
    sends      `channel.send` calls an API that the adapter doubles
"""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import ClientSession, web
from yarl import URL

from channels.channel import Channel, Desk
from channels.message import Contact, InboundMessage, Reply, SendError
from tests.channels.desk import FakeDesk, said

LIMIT_BYTES = 64 * 1024
WAIT_S = 20.0  # a bound for what must happen, far above what it takes
TRICKY = "a]]>b<MsgType>image</MsgType>&amp;\"'{number}%s \U0001f600 村口的路灯\\坏了"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request as the platform would make it."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the channel's server answered."""

    status: int
    body: bytes

    @property
    def taken(self) -> bool:
        """Does the platform see that its message has arrived?"""
        return self.status < 400


class Adapter(Protocol):
    """How one platform says things. Ids are small numbers; the same id is the same message."""

    name: str  # in the registry
    abilities: frozenset[str]
    secrets: Sequence[str]  # must never show in errors or on the health page

    async def start(self, desk: Desk, *, patience_s: float | None) -> Channel:
        """Start the doubles and build the channel; with `patience_s` it answers within that."""

    async def stop(self) -> None:
        """Stop the doubles."""

    def contact(self, sender: int) -> Contact:
        """Who sender number 1, 2, ... is to the desk."""

    def text(self, words: str, *, number: int = 1, sender: int = 1) -> Call:
        """Somebody writes."""

    def image(self, *, number: int = 1) -> Call:
        """Somebody sends a photo."""

    def voice(self, *, number: int = 1) -> Call:
        """Somebody speaks a message that the platform has not recognised."""

    def location(self, latitude: float, longitude: float, *, number: int = 1) -> Call:
        """Somebody sends a pin, WGS-84 degrees."""

    def follow(self, *, number: int = 1) -> Call:
        """Somebody follows the account."""

    def mention(self, words: str, *, number: int = 1) -> Call:
        """Somebody mentions us in public."""

    def unknown(self, *, number: int = 1) -> Call:
        """A kind of message that did not exist when we were written."""

    def signed(self, body: bytes) -> Call:
        """Any body, with a good proof of origin."""

    def forged(self, call: Call) -> Call:
        """The same call with the proof of origin spoiled."""

    def unsigned(self, call: Call) -> Call:
        """The same call without any proof of origin."""

    def hostile(self) -> Mapping[str, bytes]:
        """Bodies that harm careless programs, by name; each must be refused with a 400."""

    def told(self, answer: Answer) -> str:
        """The words that an answer to a callback carries; empty for a bare acknowledgement."""

    def sent(self) -> Sequence[str]:
        """The texts that the platform's API took from us."""

    def breaks(self, how: str) -> None:
        """From now on the API double answers `lost` (cut connection), `gone` (never again)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A channel behind a real server, and both its neighbours."""

    adapter: Adapter
    channel: Channel
    desk: FakeDesk
    http: ClientSession
    url: str

    async def call(self, call: Call) -> Answer:
        """Make a request as the platform would."""
        url = URL(self.url + call.path).with_query(dict(call.query))
        async with self.http.request(
            call.method, url, data=call.body, headers=call.headers, allow_redirects=False
        ) as answer:
            return Answer(status=answer.status, body=await answer.read())

    async def raw(self, sent: bytes) -> bytes:
        """Write bytes to the server's port and read until it hangs up."""
        host, port = URL(self.url).host, URL(self.url).port
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(sent)
            writer.write_eof()
            async with asyncio.timeout(WAIT_S):
                return await reader.read()
        finally:
            writer.close()

    async def heard(self, call: Call) -> InboundMessage:
        """The one message that the desk gets out of a call."""
        before = len(self.desk.received)
        answer = await self.call(call)
        assert answer.taken, answer
        assert len(self.desk.received) == before + 1
        return self.desk.received[-1]

    async def still_works(self) -> None:
        """After whatever was tried, the next honest message arrives."""
        message = await self.heard(self.adapter.text("还在吗", number=990))
        assert message.text == "还在吗"


Run = Callable[[Kit], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that must hold, where the platform has what it `needs`."""

    run: Run
    needs: frozenset[str] = frozenset()
    patience_s: float | None = None


def name(case: Case) -> str:
    """The case as a test id."""
    return getattr(case.run, "__name__", "case")


def cases(abilities: frozenset[str]) -> list[Case]:
    """The cases that say something about a channel with these abilities."""
    return [case for case in CASES if case.needs <= abilities]


async def run(case: Case, adapter: Adapter) -> None:
    """Run one case against a fresh channel behind a fresh server."""
    desk = FakeDesk()
    async with ClientSession() as http:
        channel = await adapter.start(desk.desk(http), patience_s=case.patience_s)
        application = web.Application()
        application.router.add_routes(channel.routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            await case.run(
                Kit(
                    adapter=adapter,
                    channel=channel,
                    desk=desk,
                    http=http,
                    url=f"http://{host}:{port}",
                )
            )
        finally:
            desk.gate.set()
            await runner.cleanup()
            await adapter.stop()


# What is heard.


async def words_become_one_message(kit: Kit) -> None:
    message = await kit.heard(kit.adapter.text("东韩村村口的路灯坏了三天了没人修"))
    assert message.channel == kit.channel.name
    assert message.text == "东韩村村口的路灯坏了三天了没人修"
    assert message.sender == kit.adapter.contact(1)
    assert message.thread == str(message.sender)
    assert message.received_at.tzinfo is not None
    assert message.external_id
    assert not (message.attachments or message.point or message.event or message.public)


async def two_messages_have_two_ids(kit: Kit) -> None:
    first = await kit.heard(kit.adapter.text("你好", number=1))
    second = await kit.heard(kit.adapter.text("你好", number=2))
    assert first.external_id != second.external_id


async def two_senders_have_two_threads(kit: Kit) -> None:
    first = await kit.heard(kit.adapter.text("你好", number=1, sender=1))
    second = await kit.heard(kit.adapter.text("你好", number=2, sender=2))
    assert first.thread != second.thread
    assert second.sender == kit.adapter.contact(2)


async def a_sender_is_somebody_that_we_can_send_to(kit: Kit) -> None:
    message = await kit.heard(kit.adapter.text("你好"))
    assert message.sender.scheme in kit.channel.schemes
    assert Contact.parse(str(message.sender)) == message.sender


async def tricky_characters_arrive_as_they_are(kit: Kit) -> None:
    assert (await kit.heard(kit.adapter.text(TRICKY))).text == TRICKY


async def a_photo_is_an_attachment(kit: Kit) -> None:
    (attachment,) = (await kit.heard(kit.adapter.image())).attachments
    assert attachment.kind == "image"
    assert attachment.reference


async def a_voice_note_is_an_attachment(kit: Kit) -> None:
    (attachment,) = (await kit.heard(kit.adapter.voice())).attachments
    assert attachment.kind == "voice"
    assert attachment.reference


async def a_pin_is_a_point(kit: Kit) -> None:
    point = (await kit.heard(kit.adapter.location(37.0053, 114.6911))).point
    assert point is not None
    assert abs(point.latitude - 37.0053) < 0.00002
    assert abs(point.longitude - 114.6911) < 0.00002


async def a_follower_is_an_event(kit: Kit) -> None:
    message = await kit.heard(kit.adapter.follow())
    assert message.event == "follow"
    assert message.text == ""


async def a_mention_is_public(kit: Kit) -> None:
    message = await kit.heard(kit.adapter.mention("路灯坏了"))
    assert message.public
    assert "路灯坏了" in message.text


async def an_unknown_kind_is_taken_kindly(kit: Kit) -> None:
    answer = await kit.call(kit.adapter.unknown())
    assert answer.taken
    assert kit.desk.received == []
    await kit.still_works()


# The same message again.


async def a_retry_is_the_same_message(kit: Kit) -> None:
    first = await kit.call(kit.adapter.text("路灯坏了"))
    again = await kit.call(kit.adapter.text("路灯坏了"))
    assert first.taken and again.taken
    assert len(kit.desk.received) == 1


async def a_retry_hears_the_same_reply(kit: Kit) -> None:
    first = await kit.call(kit.adapter.text("路灯坏了"))
    again = await kit.call(kit.adapter.text("路灯坏了"))
    assert kit.adapter.told(first) == kit.adapter.told(again) == "收到了，单号 20261124-0001"


async def three_at_once_are_one_message_with_one_reply(kit: Kit) -> None:
    kit.desk.gate.clear()
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(kit.call(kit.adapter.text("路灯坏了"))) for _ in range(3)]
        await kit.desk.entered.wait()
        kit.desk.gate.set()
    assert len(kit.desk.received) == 1
    told = {kit.adapter.told(call.result()) for call in calls}
    assert told == {"收到了，单号 20261124-0001"}
    assert kit.desk.later == []


async def a_retry_of_a_follow_is_one_event(kit: Kit) -> None:
    await kit.call(kit.adapter.follow())
    await kit.call(kit.adapter.follow())
    assert len(kit.desk.received) == 1


# What is answered.


async def a_reply_is_told_as_it_was_meant(kit: Kit) -> None:
    kit.desk.replies = (said(TRICKY),)
    answer = await kit.call(kit.adapter.text("你好"))
    assert kit.adapter.told(answer) == TRICKY


async def several_replies_are_told_together(kit: Kit) -> None:
    kit.desk.replies = (said("先离开危险的地方"), said("单号 1"))
    told = kit.adapter.told(await kit.call(kit.adapter.text("你好")))
    assert told.index("先离开危险的地方") < told.index("单号 1")


async def nothing_to_say_is_a_bare_acknowledgement(kit: Kit) -> None:
    kit.desk.replies = ()
    answer = await kit.call(kit.adapter.text("你好"))
    assert answer.taken
    assert kit.adapter.told(answer) == ""


async def what_is_too_long_for_one_answer_comes_later(kit: Kit) -> None:
    kit.desk.replies = tuple(said(f"第{number}段：" + "办理情况" * 100) for number in range(5))
    answer = await kit.call(kit.adapter.text("你好"))
    async with asyncio.timeout(WAIT_S):
        await kit.desk.posted.wait()
    everything = kit.adapter.told(answer) + kit.desk.told_later()
    assert [everything.count(f"第{number}段：") for number in range(5)] == [1] * 5
    assert everything.count("办理情况") == 500


async def control_characters_harm_no_answer(kit: Kit) -> None:
    kit.desk.replies = (said("一\x00二\x0b三\ufffe"),)
    told = kit.adapter.told(await kit.call(kit.adapter.text("你好")))
    assert told.replace("\ufffe", "") == "一二三"


async def a_slow_desk_is_answered_for_at_once_and_told_later(kit: Kit) -> None:
    kit.desk.gate.clear()
    answer = await kit.call(kit.adapter.text("路灯坏了"))
    assert answer.taken
    assert kit.adapter.told(answer) == ""
    kit.desk.gate.set()
    async with asyncio.timeout(WAIT_S):
        await kit.desk.posted.wait()
    assert kit.desk.later == [(kit.adapter.contact(1), kit.desk.replies)]


async def a_retry_of_what_comes_later_gets_no_second_reply(kit: Kit) -> None:
    kit.desk.gate.clear()
    await kit.call(kit.adapter.text("路灯坏了"))
    during = await kit.call(kit.adapter.text("路灯坏了"))
    kit.desk.gate.set()
    async with asyncio.timeout(WAIT_S):
        await kit.desk.posted.wait()
    after = await kit.call(kit.adapter.text("路灯坏了"))
    assert kit.adapter.told(during) == kit.adapter.told(after) == ""
    assert len(kit.desk.later) == 1


async def a_failing_desk_makes_the_platform_try_again(kit: Kit) -> None:
    kit.desk.failures = 1
    assert (await kit.call(kit.adapter.text("路灯坏了"))).status >= 500
    assert (await kit.call(kit.adapter.text("路灯坏了"))).taken
    assert len(kit.desk.received) == 1


# Whom it trusts.


async def a_forged_call_is_refused(kit: Kit) -> None:
    answer = await kit.call(kit.adapter.forged(kit.adapter.text("假的")))
    assert answer.status in (401, 403)
    assert kit.desk.received == []
    await kit.still_works()


async def an_unsigned_call_is_refused(kit: Kit) -> None:
    answer = await kit.call(kit.adapter.unsigned(kit.adapter.text("假的")))
    assert answer.status in (401, 403)
    assert kit.desk.received == []


async def a_forged_call_learns_nothing(kit: Kit) -> None:
    honest = kit.adapter.text("假的")
    for call in (kit.adapter.forged(honest), kit.adapter.unsigned(honest)):
        answer = (await kit.call(call)).body.decode()
        assert not [secret for secret in kit.adapter.secrets if secret in answer]


# What it survives.


async def too_large_a_body_is_refused(kit: Kit) -> None:
    answer = await kit.call(kit.adapter.signed(b" " * (LIMIT_BYTES + 1)))
    assert answer.status in (400, 413)
    assert kit.desk.received == []
    await kit.still_works()


async def too_large_a_body_in_chunks_is_refused(kit: Kit) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 4096

    call = kit.adapter.signed(b"")
    url = URL(kit.url + call.path).with_query(dict(call.query))
    async with kit.http.post(url, data=chunks(), headers=call.headers) as answer:
        assert answer.status in (400, 413)
    assert kit.desk.received == []
    await kit.still_works()


async def a_body_shorter_than_promised_does_no_harm(kit: Kit) -> None:
    call = kit.adapter.text("你好")
    target = URL(call.path).with_query(dict(call.query))
    head = f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(call.body) + 50}\r\n\r\n"
    await kit.raw(head.encode() + call.body)
    assert kit.desk.received == []
    await kit.still_works()


async def a_body_longer_than_promised_does_no_harm(kit: Kit) -> None:
    call = kit.adapter.signed(b"x" * 2000)
    target = URL(call.path).with_query(dict(call.query))
    head = f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
    await kit.raw(head.encode() + call.body)
    assert kit.desk.received == []
    await kit.still_works()


async def an_empty_body_is_refused(kit: Kit) -> None:
    assert (await kit.call(kit.adapter.signed(b""))).status == 400
    assert kit.desk.received == []


async def rubbish_is_refused(kit: Kit) -> None:
    utf_16 = b"\xff\xfe<\x00x\x00m\x00l"
    for body in (bytes(range(256)), utf_16, b"{", b"<xml>", b"<", b"[]", b"null"):
        assert (await kit.call(kit.adapter.signed(body))).status == 400, body
    assert kit.desk.received == []
    await kit.still_works()


async def hostile_bodies_are_refused(kit: Kit) -> None:
    bodies = kit.adapter.hostile()
    assert bodies
    for label, body in bodies.items():
        assert len(body) <= LIMIT_BYTES, label
        assert (await kit.call(kit.adapter.signed(body))).status == 400, label
    assert kit.desk.received == []
    await kit.still_works()


async def hostile_json_is_refused(kit: Kit) -> None:
    for label, body in HOSTILE_JSON.items():
        assert (await kit.call(kit.adapter.signed(body))).status == 400, label
    assert kit.desk.received == []
    await kit.still_works()


async def a_very_long_run_of_characters_is_taken(kit: Kit) -> None:
    message = await kit.heard(kit.adapter.text("路" * 2000))
    assert message.text == "路" * 2000


async def another_method_is_refused(kit: Kit) -> None:
    call = kit.adapter.text("你好")
    answer = await kit.call(Call(path=call.path, query=call.query, method="DELETE"))
    assert answer.status == 405


# What it sends.


async def a_notice_reaches_the_resident(kit: Kit) -> None:
    await kit.channel.send(kit.adapter.contact(1), said(TRICKY))
    assert list(kit.adapter.sent()) == [TRICKY]


async def a_long_notice_goes_in_pieces(kit: Kit) -> None:
    words = "".join(f"第{number}句说的是办理情况。" for number in range(600))
    await kit.channel.send(kit.adapter.contact(1), said(words))
    assert len(kit.adapter.sent()) > 1
    assert "".join(kit.adapter.sent()) == words


async def a_lost_connection_is_worth_another_try(kit: Kit) -> None:
    kit.adapter.breaks("lost")
    error = await _refused(kit)
    assert not error.permanent


async def somebody_gone_is_not_tried_again(kit: Kit) -> None:
    kit.adapter.breaks("gone")
    error = await _refused(kit)
    assert error.permanent


async def errors_and_health_hold_no_secrets(kit: Kit) -> None:
    await kit.call(kit.adapter.text("路灯坏了"))
    shown = json.dumps(kit.channel.health(), default=str)
    if "sends" in kit.adapter.abilities:
        for how in ("lost", "gone"):
            kit.adapter.breaks(how)
            error = await _refused(kit)
            shown += f"{error!r} {error.__cause__!r}"
    assert not [secret for secret in kit.adapter.secrets if secret in shown]
    assert "路灯坏了" not in shown


async def it_is_what_the_registry_says(kit: Kit) -> None:
    assert kit.channel.name == kit.adapter.name
    assert kit.channel.schemes
    assert inspect.iscoroutinefunction(kit.channel.run)


async def _refused(kit: Kit) -> SendError:
    try:
        await kit.channel.send(kit.adapter.contact(1), Reply(key="thanks"))
    except SendError as error:
        return error
    raise AssertionError("the platform did not take it, and nobody said so")


HOSTILE_JSON: Mapping[str, bytes] = {
    "deep lists": b"[" * 30_000,
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "a list": b"[1, 2]",
    "a word": b'"hello"',
    "a number": b"1",
    "a lone surrogate": b'{"text": "\\ud83d"}',
    "a lone surrogate in a key": b'{"\\udc00": 1}',
    "a raw surrogate": b'{"text": "\xed\xa0\x80"}',
    "a key twice": b'{"type": "text", "type": "event"}',
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a number without end": b'{"a": ' + b"9" * 10_000 + b"}",
    "a float beyond all floats": b'{"a": 1e999}',
    "a body cut short": b'{"type": "text", "te',
    "UTF-16": '{"type": "text"}'.encode("utf-16"),
}


def _needing(*abilities: str, patience_s: float | None = None) -> Callable[[Run], Case]:
    return lambda run: Case(run=run, needs=frozenset(abilities), patience_s=patience_s)


_ALWAYS = _needing()
_SIGNED = _needing("signed")
_PASSIVE = _needing("passive")
_LATE = _needing("passive", "late", "retry", patience_s=0.05)

CASES: tuple[Case, ...] = (
    _ALWAYS(words_become_one_message),
    _ALWAYS(two_messages_have_two_ids),
    _ALWAYS(two_senders_have_two_threads),
    _ALWAYS(a_sender_is_somebody_that_we_can_send_to),
    _ALWAYS(tricky_characters_arrive_as_they_are),
    _needing("image")(a_photo_is_an_attachment),
    _needing("voice")(a_voice_note_is_an_attachment),
    _needing("location")(a_pin_is_a_point),
    _needing("event")(a_follower_is_an_event),
    _needing("public")(a_mention_is_public),
    _needing("unknown")(an_unknown_kind_is_taken_kindly),
    _needing("retry")(a_retry_is_the_same_message),
    _needing("retry", "passive")(a_retry_hears_the_same_reply),
    _needing("retry", "passive")(three_at_once_are_one_message_with_one_reply),
    _needing("retry", "event")(a_retry_of_a_follow_is_one_event),
    _PASSIVE(a_reply_is_told_as_it_was_meant),
    _PASSIVE(several_replies_are_told_together),
    _PASSIVE(nothing_to_say_is_a_bare_acknowledgement),
    _needing("passive", "late")(what_is_too_long_for_one_answer_comes_later),
    _PASSIVE(control_characters_harm_no_answer),
    _LATE(a_slow_desk_is_answered_for_at_once_and_told_later),
    _LATE(a_retry_of_what_comes_later_gets_no_second_reply),
    _needing("retry")(a_failing_desk_makes_the_platform_try_again),
    _SIGNED(a_forged_call_is_refused),
    _SIGNED(an_unsigned_call_is_refused),
    _SIGNED(a_forged_call_learns_nothing),
    _ALWAYS(too_large_a_body_is_refused),
    _ALWAYS(too_large_a_body_in_chunks_is_refused),
    _ALWAYS(a_body_shorter_than_promised_does_no_harm),
    _ALWAYS(a_body_longer_than_promised_does_no_harm),
    _SIGNED(an_empty_body_is_refused),
    _SIGNED(rubbish_is_refused),
    _needing("hostile")(hostile_bodies_are_refused),
    _needing("json")(hostile_json_is_refused),
    _ALWAYS(a_very_long_run_of_characters_is_taken),
    _ALWAYS(another_method_is_refused),
    _needing("sends")(a_notice_reaches_the_resident),
    _needing("sends")(a_long_notice_goes_in_pieces),
    _needing("sends")(a_lost_connection_is_worth_another_try),
    _needing("sends")(somebody_gone_is_not_tried_again),
    _ALWAYS(errors_and_health_hold_no_secrets),
    _ALWAYS(it_is_what_the_registry_says),
)
