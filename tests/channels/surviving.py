"""Conformance cases: whom a channel trusts, what it survives, and what it sends."""

import inspect
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
from yarl import URL

from channels.message import Attachment, Reply, SendError
from tests.channels.desk import said
from tests.channels.kit import LIMIT_BYTES, TRICKY, Call, Kit

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


async def a_notice_broken_off_goes_on_where_it_stopped(kit: Kit) -> None:
    words = "".join(f"第{number}句说的是办理情况。" for number in range(600))
    kit.adapter.breaks("busy")
    with pytest.raises(SendError) as refused:
        await kit.channel.send(kit.adapter.contact(1), said(words))
    assert not refused.value.permanent
    assert len(kit.adapter.sent()) == 1
    await kit.channel.send(kit.adapter.contact(1), said(words))
    assert "".join(kit.adapter.sent()) == words
    await kit.channel.send(kit.adapter.contact(1), said(words))
    assert "".join(kit.adapter.sent()) == words * 2  # the same news again is news


async def a_lost_connection_is_worth_another_try(kit: Kit) -> None:
    kit.adapter.breaks("lost")
    error = await _refused(kit)
    assert not error.permanent


async def somebody_gone_is_not_tried_again(kit: Kit) -> None:
    kit.adapter.breaks("gone")
    error = await _refused(kit)
    assert error.permanent


async def what_the_platform_did_not_give_is_fetched_later(kit: Kit) -> None:
    photo = (await kit.heard(kit.adapter.image())).attachments[0]
    kit.adapter.breaks("lost")
    assert photo.reference and not photo.reference.startswith("store:")
    with pytest.raises(SendError) as refused:
        await kit.channel.fetch(photo)
    assert not refused.value.permanent
    kit.adapter.breaks("")
    kit.desk.now += timedelta(minutes=10)  # a failed call may hold up the next ones for a while
    content, media_type = await kit.channel.fetch(photo)
    assert content and media_type.startswith("image/")


async def more_than_we_keep_is_not_read(kit: Kit) -> None:
    photo = (await kit.heard(kit.adapter.image())).attachments[0]
    kit.adapter.breaks("huge")
    with pytest.raises(SendError) as refused:
        await kit.channel.fetch(photo)
    assert refused.value.permanent


async def what_is_not_the_channels_own_is_not_fetched(kit: Kit) -> None:
    for reference in ("", "store:1", "another-media:1", "https://127.0.0.1/a.jpg"):
        with pytest.raises(SendError) as refused:
            await kit.channel.fetch(Attachment(kind="image", reference=reference))
        assert refused.value.permanent


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
