"""The Telegram channel, behind a real server and before a double of the Bot API."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from channels.message import Attachment, Contact, InboundMessage, Reply, SendError
from channels.telegram import payload
from channels.telegram.channel import TelegramChannel
from config.sections import Telegram
from tests.channels import contract
from tests.channels.contract import Case
from tests.channels.desk import START, FakeDesk
from tests.channels.telegram import platform
from tests.channels.telegram.platform import CHAT, Adapter, update
from tests.servers_telegram import TOKEN, TelegramApi

CASES = contract.cases(platform.ABILITIES)
SOMEBODY = Contact(scheme="telegram", path=str(CHAT + 1))


@pytest.mark.parametrize("case", CASES, ids=contract.name)
async def test_telegram_keeps_the_contract(case: Case) -> None:
    await contract.run(case, Adapter())


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    made = TelegramApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def polling(api: TelegramApi) -> AsyncIterator[tuple[TelegramChannel, FakeDesk]]:
    settings = Telegram(token=SecretStr(TOKEN), mode="polling", api_url=api.url)
    desk = FakeDesk()
    async with ClientSession() as http:
        channel = TelegramChannel(settings, desk.desk(http))
        yield channel, desk
        await channel._client.close()


async def test_polling_confirms_only_what_the_desk_has(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    api.updates = [update({"text": "路灯坏了"}, number=7), update({"text": "东韩村"}, number=8)]
    assert await channel.poll_once() == 2
    assert await channel.poll_once() == 0
    assert api.offsets == [0, 9]
    assert [message.external_id for message in desk.received] == ["7", "8"]


async def test_polling_passes_over_what_is_malformed(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    api.updates = [{"update_id": 3, "poll_answer": {"poll_id": "1", "option_ids": []}}]
    api.updates.append(update({"text": "路灯坏了"}, number=4))
    await channel.poll_once()
    assert [message.external_id for message in desk.received] == ["4"]


@pytest.mark.parametrize("polls", [True, False])
async def test_of_several_processes_only_the_one_that_is_to_asks(
    api: TelegramApi, polls: bool
) -> None:
    settings = Telegram(token=SecretStr(TOKEN), mode="polling", api_url=api.url)
    asked = asyncio.Event()
    api.asked = asked.set
    async with ClientSession() as http:
        desk = replace(FakeDesk().desk(http), polls=polls)
        running = asyncio.create_task(TelegramChannel(settings, desk).run())
        if polls:
            await asyncio.wait_for(asked.wait(), 10)
        else:
            await asyncio.wait({running}, timeout=0.2)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert bool(api.called) is polls


@pytest.mark.parametrize(
    ("status", "record", "permanent", "retry_after_s"),
    [
        (429, {"description": "Too Many", "parameters": {"retry_after": 17}}, False, 17),
        (403, {"description": "Forbidden: bot was blocked by the user"}, True, None),
        (400, {"description": "Bad Request: chat not found"}, True, None),
        (502, {"description": "Bad Gateway"}, False, None),
        (409, {"description": "Conflict: terminated"}, False, None),
    ],
)
async def test_refusals_say_whether_trying_again_is_of_use(
    api: TelegramApi,
    polling: tuple[TelegramChannel, FakeDesk],
    status: int,
    record: dict[str, Any],
    permanent: bool,
    retry_after_s: float | None,
) -> None:
    channel, _ = polling
    api.refusals.append((status, record))
    with pytest.raises(SendError) as caught:
        await channel.send(SOMEBODY, Reply(key="thanks"))
    assert (caught.value.permanent, caught.value.retry_after_s) == (permanent, retry_after_s)


async def test_choices_become_buttons(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, _ = polling
    await channel.send(SOMEBODY, Reply(key="withdraw_ask", choices=("确认撤单", "不撤了")))
    assert "确认撤单" in json.loads(api.sent[0]["reply_markup"])["inline_keyboard"][0][0]["text"]


def test_pressed_button_is_said_as_words() -> None:
    pressed = {
        "update_id": 5,
        "callback_query": {"id": "1", "data": "确认撤单", "message": update({})["message"]},
    }
    message = payload.parse(pressed, START).message
    assert message is not None
    assert message.text == "确认撤单"


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_groups_are_ignored_kindly(kind: str) -> None:
    crowd = update({"text": "路灯坏了", "chat": {"id": -1, "type": kind}})
    assert payload.parse(crowd, START).message is None


def heard(content: dict[str, Any]) -> InboundMessage:
    message = payload.parse(update(content), START).message
    assert message is not None
    return message


def test_what_no_database_keeps_is_taken_out_of_words() -> None:
    assert heard({"text": "灯\0坏了"}).text == "灯坏了"


def test_what_is_put_right_afterwards_is_heard() -> None:
    edited = {"update_id": 5, "edited_message": update({"text": "是西韩村"})["message"]}
    message = payload.parse(edited, START).message
    assert message is not None
    assert message.text == "是西韩村"


def test_a_pin_that_moves_says_nothing() -> None:
    place = {"location": {"latitude": 37.0, "longitude": 114.7}}
    moved = {"update_id": 5, "edited_message": update(place)["message"]}
    assert payload.parse(moved, START).message is None


FILE = {"file_id": "f"}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"photo": [FILE]}, "image"),
        ({"document": {**FILE, "mime_type": "image/jpeg"}}, "image"),
        ({"document": {**FILE, "mime_type": "application/pdf"}}, "file"),
        ({"document": FILE}, "file"),
        ({"video": FILE}, "video"),
        ({"video_note": FILE}, "video"),
        ({"animation": FILE, "document": FILE}, "video"),
        ({"audio": FILE}, "voice"),
        ({"voice": FILE}, "voice"),
    ],
)
def test_words_beside_whatever_file_are_heard(content: dict[str, Any], kind: str) -> None:
    message = heard({**content, "caption": "东韩村的井盖没了"})
    assert message.text == "东韩村的井盖没了"
    (file,) = message.attachments
    assert (file.kind, file.reference) == (kind, "telegram-media:f")


@pytest.mark.parametrize("name", ["sticker", "contact", "poll", "dice", "document"])
def test_what_we_cannot_read_is_said_to_be_so(name: str) -> None:
    assert heard({name: FILE}).event == "unsupported"


def test_a_picture_sent_as_a_file_needs_no_words() -> None:
    message = heard({"document": {**FILE, "mime_type": "image/png"}})
    assert [each.kind for each in message.attachments] == ["image"]


async def test_polling_leaves_the_answer_to_the_outbox_with_the_receipt(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    api.updates = [update({"text": "路灯坏了"}, number=7)]
    await channel.poll_once()
    assert desk.later == [(SOMEBODY, desk.replies)]


async def test_polling_does_not_confirm_what_is_not_on_disk(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    desk.failures = 1
    api.updates = [update({"text": "路灯坏了"}, number=7)]
    with pytest.raises(RuntimeError):
        await channel.poll_once()
    await channel.poll_once()
    assert api.offsets == [0, 0]
    assert len(desk.later) == 1


async def test_what_is_on_disk_does_not_hold_up_the_next(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    desk.breakdowns = 1
    api.updates = [update({"text": "路灯坏了"}, number=7), update({"text": "东韩村"}, number=8)]
    assert await channel.poll_once() == 2
    assert [message.external_id for message in desk.received] == ["7", "8"]


TOO_MANY = (429, {"description": "Too Many", "parameters": {"retry_after": 300}})


async def test_polling_leaves_the_platform_alone_for_as_long_as_it_asks(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    api.updates = [update({"text": "路灯坏了"}, number=7)]
    api.refusals.extend([TOO_MANY, None, TOO_MANY])  # of the webhook's end, then of the asking
    assert [await channel.poll_step() for _ in range(3)] == [300, 300, 0]
    assert [message.external_id for message in desk.received] == ["7"]


async def test_polling_that_is_paused_asks_for_nothing(
    api: TelegramApi,
    polling: tuple[TelegramChannel, FakeDesk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channel, _ = polling
    pauses: asyncio.Queue[float] = asyncio.Queue()
    sleep = asyncio.sleep

    async def paused(seconds: float) -> None:
        if seconds >= 1:  # shorter ones are somebody else's
            pauses.put_nowait(seconds)
            await asyncio.Event().wait()
        await sleep(seconds)

    monkeypatch.setattr("channels.telegram.channel.asyncio.sleep", paused)
    api.refusals.append(TOO_MANY)
    running = asyncio.create_task(channel.run())
    async with asyncio.timeout(20):
        assert await pauses.get() == 300
    assert api.called == ["deleteWebhook"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(("asked_s", "paused_s"), [(0, 1), (1, 1), (7, 7), (10**9, 3600)])
async def test_polling_pauses_for_no_less_than_its_own_and_no_more_than_an_hour(
    api: TelegramApi,
    polling: tuple[TelegramChannel, FakeDesk],
    asked_s: int,
    paused_s: float,
) -> None:
    channel, _ = polling
    api.refusals.append((429, {"description": "Too", "parameters": {"retry_after": asked_s}}))
    assert await channel.poll_step() == paused_s


async def test_a_lost_network_loses_and_doubles_nothing(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    api.updates = [update({"text": "路灯坏了"}, number=7)]
    await channel.poll_step()
    api.lost = True
    api.updates.append(update({"text": "在东韩村"}, number=8))
    assert [await channel.poll_step() for _ in range(6)] == [1, 2, 5, 15, 60, 60]
    api.lost = False
    assert [await channel.poll_step() for _ in range(2)] == [0, 0]
    assert [message.external_id for message in desk.received] == ["7", "8"]
    assert [sender for sender, _ in desk.later] == [SOMEBODY, SOMEBODY]
    api.lost = True
    assert await channel.poll_step() == 1  # a new outage begins anew


async def test_updates_whose_confirming_was_lost_are_told_once(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    api.updates = [update({"text": "路灯坏了"}, number=7), update({"text": "东韩村"}, number=8)]
    await channel.poll_step()
    api.lost = True
    await channel.poll_step()
    api.lost = False
    async with ClientSession() as http:  # the program starts again and knows no offset
        settings = Telegram(token=SecretStr(TOKEN), mode="polling", api_url=api.url)
        after = TelegramChannel(settings, desk.desk(http))
        assert await after.poll_step() == 0
        await after._client.close()
    assert [message.external_id for message in desk.received] == ["7", "8"]
    assert len(desk.later) == 2


async def test_polling_first_ends_a_webhook_that_was_set(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, desk = polling
    api.updates = [update({"text": "路灯坏了"}, number=7)]
    running = asyncio.create_task(channel.run())
    async with asyncio.timeout(20):
        await desk.posted.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert api.called[:2] == ["deleteWebhook", "getUpdates"]


async def test_a_button_that_was_pressed_stops_spinning(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, _ = polling
    pressed = {"id": "77", "data": "没解决", "message": update({})["message"]}
    api.updates = [{"update_id": 5, "callback_query": pressed}]
    await channel.poll_once()
    await asyncio.gather(*channel._lights_out)
    assert api.answered == ["77"]


async def test_a_name_is_no_contact_of_ours(
    polling: tuple[TelegramChannel, FakeDesk],
) -> None:
    channel, _ = polling
    with pytest.raises(SendError) as caught:
        await channel.send(Contact(scheme="telegram", path="@somebody"), Reply(key="thanks"))
    assert caught.value.permanent


async def test_choices_stand_below_the_last_piece_alone(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk]
) -> None:
    channel, _ = polling
    asked = Reply(key="result", values={"words": "办理情况。" * 500}, choices=("解决了", "没解决"))
    await channel.send(SOMEBODY, asked)
    assert ["reply_markup" in each for each in api.sent] == [False, True]


@pytest.mark.parametrize(
    ("begins", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n", "image/png"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"OggS", "audio/ogg"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"%PDF-1.7", "application/octet-stream"),
    ],
)
async def test_a_file_is_what_it_begins_with(
    api: TelegramApi, polling: tuple[TelegramChannel, FakeDesk], begins: bytes, kind: str
) -> None:
    channel, _ = polling
    api.file = begins
    photo = Attachment(kind="image", reference="telegram-media:1")
    assert await channel.fetch(photo) == (begins, kind)
