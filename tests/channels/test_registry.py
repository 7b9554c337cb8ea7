"""The registry builds what is switched on, and nothing else is even imported."""

import importlib
import inspect

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from channels import registry
from channels.channel import Channel
from channels.wechat.channel import WeChatChannel
from channels.weibo.channel import WeiboChannel
from config.sections import Web, WeChat, Weibo
from config.settings import Settings
from tests.channels.desk import FakeDesk

WECHAT = WeChat(token=SecretStr("t"), app_id="wx1", app_secret=SecretStr("s"))
WEIBO = Weibo(app_secret=SecretStr("s"), access_token=SecretStr("a"))


async def test_nothing_switched_on_is_nothing_built() -> None:
    async with ClientSession() as http:
        built = registry.build(Settings(web=Web(enabled=False)), FakeDesk().desk(http))
    assert built == {}


async def test_each_channel_with_settings_is_built_under_its_name() -> None:
    settings = Settings(web=Web(enabled=False), wechat=WECHAT, weibo=WEIBO)
    async with ClientSession() as http:
        built = registry.build(settings, FakeDesk().desk(http))
    assert list(built) == ["wechat", "weibo"]
    assert isinstance(built["wechat"], WeChatChannel)
    assert isinstance(built["weibo"], WeiboChannel)


def test_every_line_of_the_registry_names_a_channel_of_that_name() -> None:
    for name, path in registry.CHANNELS.items():
        module, _, kind = path.partition(":")
        assert module == f"channels.{name}.channel"
        channel = getattr(importlib.import_module(module), kind)
        assert issubclass(channel, Channel) and channel.name == name
        assert name in Settings.model_fields
        given = list(inspect.signature(channel).parameters)
        assert given[:2] == ["settings", "desk"]


async def test_callbacks_live_under_the_name_of_their_channel() -> None:
    settings = Settings(web=Web(enabled=False), wechat=WECHAT, weibo=WEIBO)
    async with ClientSession() as http:
        for name, channel in registry.build(settings, FakeDesk().desk(http)).items():
            assert {route.path for route in channel.routes()} == {f"/channels/{name}"}


async def test_a_channel_with_partners_of_its_own_is_given_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class WithPartner:
        def __init__(self, section: object, desk: object, partner: str) -> None:
            self.partner = partner

    monkeypatch.setattr("channels.web.channel.WebChannel", WithPartner)
    built = registry.build(Settings(), FakeDesk().desk(None), {"web": "a voice", "phone": "none"})  # type: ignore[arg-type]
    assert built["web"].partner == "a voice"  # type: ignore[attr-defined]
