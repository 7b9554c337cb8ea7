"""What WeChat's API takes from us, and what its refusals mean."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from channels.message import SendError
from channels.wechat import errors
from channels.wechat.client import Client
from config.sections import WeChat
from tests.channels.desk import START
from tests.servers import PHOTO, WeChatApi


@dataclass(slots=True)
class World:
    """The API double, our client, and the time."""

    api: WeChatApi
    client: Client = field(init=False)
    now: datetime = START


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World(api=WeChatApi(app_id="wx1", app_secret="secret"))
    await world.api.start()
    settings = WeChat(
        token=SecretStr("t"), app_id="wx1", app_secret=SecretStr("secret"), api_url=world.api.url
    )
    async with ClientSession() as http:
        world.client = Client(settings, http, lambda: world.now)
        yield world
    await world.api.stop()


async def test_many_senders_share_one_token(world: World) -> None:
    await asyncio.gather(*(world.client.send_text(f"o{n}", "你好") for n in range(20)))
    assert world.api.fetched == [False]
    assert len(world.api.sent) == 20


async def test_characters_go_as_themselves(world: World) -> None:
    await world.client.send_text("o1", "办好了")
    assert "办好了".encode() in world.api.bodies[0]


async def test_the_token_is_renewed_before_it_expires(world: World) -> None:
    await world.client.send_text("o1", "一")
    world.now += timedelta(seconds=7200 - 301)
    await world.client.send_text("o1", "二")
    assert len(world.api.fetched) == 1
    world.now += timedelta(seconds=2)
    await world.client.send_text("o1", "三")
    assert len(world.api.fetched) == 2


async def test_a_token_with_a_short_life_is_used_for_half_of_it(world: World) -> None:
    world.api.life_s = 100
    assert await world.client.tokens.keep() == 50.0


async def test_keeping_the_token_says_when_it_is_time_again(world: World) -> None:
    assert await world.client.tokens.keep() == 7200.0 - 300.0
    assert world.client.tokens.healthy
    world.now += timedelta(seconds=7200)
    assert not world.client.tokens.healthy


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_refused_token_is_renewed_once(world: World, code: int) -> None:
    await world.client.send_text("o1", "一")
    world.api.expire()
    world.api.bad_token_code = code
    await world.client.send_text("o1", "二")
    assert [words for _, words in world.api.sent] == ["一", "二"]
    assert len(world.api.fetched) == 2


async def test_a_token_that_is_given_again_though_refused_is_forced_to_change(
    world: World,
) -> None:
    await world.client.send_text("o1", "一")
    world.api.distrust()
    await world.client.send_text("o1", "二")
    assert world.api.fetched == [False, False, True]


async def test_many_with_a_refused_token_renew_it_once(world: World) -> None:
    await world.client.send_text("o1", "一")
    world.api.expire()
    await asyncio.gather(*(world.client.send_text(f"o{n}", "二") for n in range(20)))
    assert len(world.api.fetched) == 2
    assert len(world.api.sent) == 21


async def test_who_comes_late_with_a_refused_token_gets_the_renewed_one(world: World) -> None:
    first = await world.client.tokens.current()
    world.api.expire()
    second = await world.client.tokens.renewed(first)
    assert await world.client.tokens.renewed(first) == second != first
    assert len(world.api.fetched) == 2


async def test_a_token_refused_twice_is_said_and_tried_later(world: World) -> None:
    world.api.refusals.extend([{"errcode": 42001, "errmsg": "x"}] * 2)
    with pytest.raises(SendError, match="42001") as refusal:
        await world.client.send_text("o1", "你好")
    assert (refusal.value.permanent, refusal.value.retry_after_s) == (False, 300.0)


async def test_a_wrong_secret_is_said_without_the_secret(world: World) -> None:
    world.api.token_refusals.append({"errcode": 40125, "errmsg": "invalid appsecret secret"})
    with pytest.raises(SendError, match="app_secret") as refusal:
        await world.client.send_text("o1", "你好")
    assert "invalid" not in refusal.value.reason
    assert not refusal.value.permanent


async def test_an_api_that_gives_no_token_is_left_alone_for_a_moment(world: World) -> None:
    world.api.token_refusals.extend([{"errcode": -1, "errmsg": "busy"}] * 2)
    for _ in range(5):
        with pytest.raises(SendError, match="-1"):
            await world.client.send_text("o1", "你好")
    assert len(world.api.token_refusals) == 1
    world.now += timedelta(seconds=5)
    with pytest.raises(SendError):
        await world.client.send_text("o1", "你好")
    world.now += timedelta(seconds=5)
    await world.client.send_text("o1", "你好")


async def test_a_token_that_still_holds_is_used_while_no_new_one_is_to_be_had(
    world: World,
) -> None:
    await world.client.send_text("o1", "一")
    world.now += timedelta(seconds=7000)
    world.api.token_refusals.append({"errcode": -1, "errmsg": "busy"})
    await world.client.send_text("o1", "二")
    assert len(world.api.sent) == 2


@pytest.mark.parametrize("life_s", ["7200", 0, -1, None, True, 1.5])
async def test_a_token_without_a_life_is_refused(world: World, life_s: object) -> None:
    world.api.life_s = life_s
    with pytest.raises(SendError):
        await world.client.send_text("o1", "你好")


@pytest.mark.parametrize(
    ("code", "permanent", "retry_after_s", "word"),
    [
        (-1, False, 10.0, "繁忙"),
        (40003, True, None, "openid"),
        (43004, True, None, "没有关注"),
        (45002, True, None, "太长"),
        (45011, False, 60.0, "频繁"),
        (45015, True, None, "48 小时"),
        (45047, False, 1800.0, "条数"),
        (48001, True, None, "权限"),
        (48002, True, None, "关闭"),
        (50002, True, None, "限制"),
        (61111, False, None, "61111"),
        ("odd", False, None, "odd"),
    ],
)
async def test_refusals_are_named(
    world: World, code: object, permanent: bool, retry_after_s: float | None, word: str
) -> None:
    world.api.refusals.append({"errcode": code, "errmsg": "hint: [a1b2]"})
    with pytest.raises(SendError, match=word) as refusal:
        await world.client.send_text("o1", "你好")
    assert (refusal.value.permanent, refusal.value.retry_after_s) == (permanent, retry_after_s)
    assert "hint" not in refusal.value.reason


async def test_a_used_up_quota_is_tried_after_midnight_in_china(world: World) -> None:
    world.api.refusals.append({"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    with pytest.raises(SendError, match="45009") as refusal:
        await world.client.send_text("o1", "你好")
    assert refusal.value.retry_after_s == 14 * 3600 + errors.AFTER_MIDNIGHT_S  # ten o'clock there


@pytest.mark.parametrize(("hour", "hours_left"), [(2, 14), (15, 1), (16, 24), (20, 20)])
def test_midnight_is_that_of_china(hour: int, hours_left: int) -> None:
    assert errors.until_midnight_s(START.replace(hour=hour)) == hours_left * 3600


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"[" * 9000, b"\xff", b"a" * 70_000])
async def test_an_answer_that_nobody_understands_is_an_error(world: World, raw: bytes) -> None:
    world.api.raw = raw
    with pytest.raises(SendError):
        await world.client.send_text("o1", "你好")


async def test_a_lost_connection_says_nothing_of_the_token(world: World) -> None:
    await world.client.send_text("o1", "一")
    world.api.lost = True
    with pytest.raises(SendError) as refusal:
        await world.client.send_text("o1", "二")
    assert "token" not in refusal.value.reason
    assert refusal.value.__cause__ is None
    assert not refusal.value.permanent


async def test_media_come_with_their_type(world: World) -> None:
    assert await world.client.download("photo-1") == (PHOTO, "image/jpeg")


async def test_a_video_that_is_only_an_address_is_an_error(world: World) -> None:
    world.api.media["photo-1"] = (b'{"video_url": "http://a/b"}', "text/plain")
    with pytest.raises(SendError, match="没有给出文件"):
        await world.client.download("photo-1")


async def test_media_that_are_gone_are_an_error(world: World) -> None:
    with pytest.raises(SendError, match="40007"):
        await world.client.download("photo-2")


async def test_media_are_fetched_with_a_renewed_token(world: World) -> None:
    await world.client.send_text("o1", "一")
    world.api.expire()
    assert (await world.client.download("photo-1"))[0] == PHOTO


async def test_media_without_end_are_not_kept(world: World) -> None:
    world.api.media["photo-1"] = (b"a" * (13 * 2**20), "image/jpeg")
    with pytest.raises(SendError) as refusal:
        await world.client.download("photo-1")
    assert refusal.value.permanent
