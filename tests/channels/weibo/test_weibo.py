"""The Weibo channel, behind a real server and before a double of the platform's API."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.message import SendError
from channels.weibo import payload
from tests.channels import contract
from tests.channels.contract import Call, Case, Kit
from tests.channels.desk import said
from tests.channels.weibo import platform
from tests.channels.weibo.platform import Adapter, record
from tests.servers import WeiboApi

CASES = contract.cases(platform.ABILITIES)
SECRET = "xyz123xyz"
PUBLISHED = {
    "signature": "90e4c22c90a58f26526c2dd5b6c56c8822edeaa1",
    "timestamp": "1397022061823",
    "nonce": "57155157",
}


@pytest.mark.parametrize("case", CASES, ids=contract.name)
async def test_weibo_keeps_the_contract(case: Case) -> None:
    await contract.run(case, Adapter())


def test_the_published_signature_is_accepted() -> None:
    payload.verify(SECRET, PUBLISHED)


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce"])
def test_the_published_signature_with_one_thing_changed_is_forged(name: str) -> None:
    changed = {**PUBLISHED, name: PUBLISHED[name][:-1] + "9"}
    with pytest.raises(payload.Forged):
        payload.verify(SECRET, changed)


def test_the_words_of_a_reply_are_packed_twice() -> None:
    incoming = payload.Incoming(sender="2489518277", receiver="1902538057", message=None)
    assert json.loads(payload.render(incoming, '100% "好"')) == {
        "result": True,
        "receiver_id": 2489518277,
        "sender_id": 1902538057,
        "type": "text",
        "data": "%7B%22text%22%3A%20%22100%25%20%5C%22%E5%A5%BD%5C%22%22%7D",
    }


async def test_the_address_is_set_up_by_an_echo() -> None:
    async def story(kit: Kit) -> None:
        call = kit.adapter.signed(b"")
        query = {**call.query, "echostr": "7218460914"}
        asked = Call(path=call.path, query=query, method="GET")
        assert (await kit.call(asked)).body == b"7218460914"
        assert (await kit.call(kit.adapter.forged(asked))).status == 403

    await run(story)


async def test_an_old_request_is_refused_and_one_of_minutes_ago_is_not() -> None:
    async def story(kit: Kit) -> None:
        kit.desk.now += timedelta(minutes=9)
        assert (await kit.call(kit.adapter.text("你好"))).taken
        kit.desk.now += timedelta(minutes=2)
        assert (await kit.call(kit.adapter.text("你好", number=2))).status == 403

    await run(story)


async def test_two_messages_of_one_second_are_two() -> None:
    async def story(kit: Kit) -> None:
        await kit.call(kit.adapter.text("路灯坏了", number=1))
        await kit.call(kit.adapter.text("在东韩村", number=1))
        assert [message.text for message in kit.desk.received] == ["路灯坏了", "在东韩村"]

    await run(story)


@pytest.mark.parametrize(
    ("subtype", "key", "event"),
    [
        ("follow", "", "follow"),
        ("unfollow", "", "unfollow"),
        ("subscribe", "", "follow"),
        ("unsubscribe", "", "unfollow"),
        ("scan_follow", "QR_SCENE_1", "follow"),
        ("scan", "QR_SCENE_1", "scan:QR_SCENE_1"),
        ("click", "progress", "menu:progress"),
        ("click", "pro\0gress", "menu:progress"),
    ],
)
async def test_events_are_told_in_our_words(subtype: str, key: str, event: str) -> None:
    async def story(kit: Kit) -> None:
        data = {"subtype": subtype, "key": key}
        message = await kit.heard(written(kit, record("event", "事件消息", data)))
        assert (message.event, message.text) == (event, "")

    await run(story)


async def test_a_page_viewed_is_counted_and_no_more() -> None:
    async def story(kit: Kit) -> None:
        answer = await kit.call(written(kit, record("event", "", {"subtype": "view"})))
        assert (answer.status, answer.body) == (200, b"")
        assert kit.desk.received == []
        assert kit.channel.health()["ignored"] == 1

    await run(story)


async def test_the_platforms_own_words_for_a_pin_are_not_the_residents() -> None:
    async def story(kit: Kit) -> None:
        data = {"latitude": "37.005", "longitude": "114.691"}
        own = await kit.heard(written(kit, record("position", "东韩村村口", data)))
        assert own.text == "东韩村村口"
        link = await kit.heard(kit.adapter.location(37.0, 114.7, number=2))
        assert link.text == ""

    await run(story)


async def test_a_photo_that_the_platform_does_not_give_keeps_its_reference() -> None:
    async def story(kit: Kit) -> None:
        api(kit).media.clear()
        message = await kit.heard(kit.adapter.image())
        assert message.attachments[0].reference == "weibo-media:821469459"
        api(kit).media["821469459"] = (b"late", "image/png")
        assert await kit.channel.fetch(message.attachments[0]) == (b"late", "image/png")

    await run(story)


async def test_a_retry_after_a_photo_is_the_same_message() -> None:
    async def story(kit: Kit) -> None:
        await kit.call(kit.adapter.image())
        await kit.call(kit.adapter.image())
        assert len(kit.desk.received) == 1

    await run(story)


@pytest.mark.parametrize(
    ("code", "permanent", "retry_after_s"),
    [
        (20003, True, None),
        (10014, True, None),
        (10022, False, 3600.0),
        (10023, False, 3600.0),
        (10024, False, 3600.0),
        (21327, False, 3600.0),
        (10001, False, 60.0),
        (99999, False, None),
        ("20003", True, None),
    ],
)
async def test_refusals_are_named(
    code: object, permanent: bool, retry_after_s: float | None
) -> None:
    async def story(kit: Kit) -> None:
        api(kit).refusals.append((403, {"error": "no", "error_code": code}))
        with pytest.raises(SendError, match=str(code)) as refusal:
            await kit.channel.send(kit.adapter.contact(1), said("你好"))
        assert refusal.value.permanent is permanent
        assert refusal.value.retry_after_s == retry_after_s

    await run(story)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"[" * 9000, b'{"result": false}'])
async def test_an_answer_that_nobody_understands_is_worth_another_try(raw: bytes) -> None:
    async def story(kit: Kit) -> None:
        api(kit).raw = raw
        with pytest.raises(SendError) as refusal:
            await kit.channel.send(kit.adapter.contact(1), said("你好"))
        assert not refusal.value.permanent

    await run(story)


async def test_a_notice_is_addressed_to_the_resident() -> None:
    async def story(kit: Kit) -> None:
        await kit.channel.send(kit.adapter.contact(7), said("办好了，100% & 满意吗?"))
        assert api(kit).sent == [(kit.adapter.contact(7).path, "办好了，100% & 满意吗?")]

    await run(story)


async def run(story: contract.Run) -> None:
    await contract.run(Case(run=story), Adapter())


def api(kit: Kit) -> WeiboApi:
    assert isinstance(kit.adapter, Adapter)
    return kit.adapter.api


def written(kit: Kit, what: dict[str, object]) -> Call:
    assert isinstance(kit.adapter, Adapter)
    return replace(kit.adapter.written(what))
