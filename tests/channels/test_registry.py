"""The registry builds what is switched on, and nothing else is even imported."""

import importlib
import inspect

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from channels import answering, http, registry
from channels.channel import Channel
from channels.wechat.channel import WeChatChannel
from channels.weibo.channel import WeiboChannel
from config.sections import Telegram, Web, WeChat, Weibo
from config.settings import Settings
from tests.channels import contract
from tests.channels.desk import FakeDesk

PLATFORMS_GIVE_UP_S = 5.0  # as WeChat's documentation says: then it calls again
SPOKEN = "phone"  # calls have a contract of their own: nothing of it comes by HTTP

WECHAT = WeChat(token=SecretStr("t"), app_id="wx1", app_secret=SecretStr("s"))
WEIBO = Weibo(app_secret=SecretStr("s"), access_token=SecretStr("a"))


TELEGRAM = Telegram(token=SecretStr("1:a"), secret=SecretStr("s"), mode="webhook")


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


@pytest.mark.parametrize("name", sorted(set(registry.CHANNELS) - {SPOKEN}))
def test_every_channel_of_the_registry_is_held_to_the_contract(name: str) -> None:
    platform = importlib.import_module(f"tests.channels.{name}.platform")
    tests = vars(importlib.import_module(f"tests.channels.{name}.test_{name}")).values()
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", ())]
    tried = [mark.args[1] for mark in marks if mark.name == "parametrize"]
    assert contract.cases(platform.ABILITIES) in tried
    adapters = [each for each in vars(platform).values() if hasattr(each, "abilities")]
    assert {(each.name, each.abilities) for each in adapters} == {(name, platform.ABILITIES)}


async def test_channels_have_answered_before_platforms_give_up() -> None:
    settings = Settings(web=Web(enabled=False), wechat=WECHAT, weibo=WEIBO, telegram=TELEGRAM)
    async with ClientSession() as session:
        built = registry.build(settings, FakeDesk().desk(session))
    patience = {name: channel._answering._patience_s for name, channel in built.items()}  # type: ignore[attr-defined]
    assert patience == dict.fromkeys(["wechat", "weibo", "telegram"], http.PLATFORM_WAITS_S)
    assert http.PLATFORM_WAITS_S + answering.LEAVES_WITHIN_S < PLATFORMS_GIVE_UP_S
