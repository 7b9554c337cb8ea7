"""The Telegram channel, behind a real server and before a double of the Bot API."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from channels.message import Contact, Reply, SendError
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


def test_edited_messages_are_ignored_kindly() -> None:
    edited = {"update_id": 5, "edited_message": update({"text": "x"})["message"]}
    assert payload.parse(edited, START).message is None
