"""Conformance cases: what is heard, the same message again, and what is answered."""

import asyncio

from channels.message import Contact
from tests.channels.desk import said
from tests.channels.kit import TRICKY, WAIT_S, Kit

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


async def words_beside_a_photo_are_words(kit: Kit) -> None:
    message = await kit.heard(kit.adapter.captioned("东韩村的井盖没了"))
    assert message.text == "东韩村的井盖没了"
    assert [each.kind for each in message.attachments] == ["image"]


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


async def what_is_not_on_disk_is_not_acknowledged(kit: Kit) -> None:
    kit.desk.disk.clear()
    assert (await kit.call(kit.adapter.text("路灯坏了"))).status >= 500
    kit.desk.disk.set()
    answer = await kit.call(kit.adapter.text("路灯坏了"))
    assert answer.taken
    assert len(kit.desk.received) == 1


async def what_is_on_disk_is_not_asked_for_again(kit: Kit) -> None:
    """Whatever happens to the process now, the desk finishes it and posts the answer."""
    kit.desk.gate.clear()
    assert (await kit.call(kit.adapter.text("路灯坏了"))).taken
    assert len(kit.desk.received) == 1
    assert await kit.desk.leave(kit.desk.received[0])


async def a_failing_desk_makes_the_platform_try_again(kit: Kit) -> None:
    kit.desk.failures = 1
    assert (await kit.call(kit.adapter.text("路灯坏了"))).status >= 500
    assert (await kit.call(kit.adapter.text("路灯坏了"))).taken
    assert len(kit.desk.received) == 1
