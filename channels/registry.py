"""The channels that there are; those that the settings switch on are built."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from channels.channel import Channel, Desk
from config.settings import Settings

CHANNELS: Mapping[str, str] = {
    "web": "channels.web.channel:WebChannel",
    "wechat": "channels.wechat.channel:WeChatChannel",
    "weibo": "channels.weibo.channel:WeiboChannel",
    "telegram": "channels.telegram.channel:TelegramChannel",
    "phone": "channels.phone.channel:PhoneChannel",
}

NAMES: Mapping[str, str] = {
    "web": "网页",
    "wechat": "微信",
    "weibo": "微博",
    "telegram": "Telegram",
    "phone": "电话",
}


def build(
    settings: Settings, desk: Desk, partners: Mapping[str, Any] | None = None
) -> Mapping[str, Channel]:
    """Each channel with settings of its own, by name; libraries of the others are not loaded.

    `partners` is what a channel is given beside the desk that all have: see its constructor.
    """
    built: dict[str, Channel] = {}
    for name, path in CHANNELS.items():
        section: Any = getattr(settings, name)
        if section is None or not getattr(section, "enabled", True):
            continue
        module, _, kind = path.partition(":")
        beside = [partners[name]] if partners and name in partners else []
        made: Channel = getattr(import_module(module), kind)(section, desk, *beside)
        built[name] = made
    return built
