"""Telegram as our tests play it: updates to the webhook, and the Bot API behind."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from channels import media
from channels.channel import Channel, Desk
from channels.message import Contact
from channels.telegram.channel import PATH, SECRET_HEADER, TelegramChannel
from config.sections import Telegram
from tests.channels.contract import Answer, Call
from tests.servers_telegram import TOKEN, TelegramApi

SECRET = "a-secret-of-the-webhook"
CHAT = 700_000_000
ABILITIES = frozenset(
    [
        "passive",
        "late",
        "retry",
        "image",
        "caption",
        "voice",
        "location",
        "event",
        "unknown",
        "signed",
        "json",
        "hostile",
        "sends",
    ]
)


def update(content: Any, *, number: int = 1, sender: int = 1) -> dict[str, Any]:
    """An update as the platform writes it."""
    message = {
        "message_id": number,
        "date": 1,
        "chat": {"id": CHAT + sender, "type": "private"},
        "from": {"id": CHAT + sender, "is_bot": False, "first_name": "x"},
    }
    return {"update_id": number, "message": {**message, **content}}


class Adapter:
    """A bot with a webhook."""

    name = "telegram"
    abilities = ABILITIES
    secrets: Sequence[str] = (SECRET, TOKEN)

    def __init__(self) -> None:
        self.api = TelegramApi()

    async def start(self, desk: Desk, *, patience_s: float | None) -> Channel:
        await self.api.start()
        settings = Telegram(
            token=SecretStr(TOKEN),
            secret=SecretStr(SECRET),
            mode="webhook",
            api_url=self.api.url,
        )
        wait = {} if patience_s is None else {"patience_s": patience_s}
        self.channel = TelegramChannel(settings, desk, **wait)
        return self.channel

    async def stop(self) -> None:
        await self.channel._client.close()
        await self.api.stop()

    def contact(self, sender: int) -> Contact:
        return Contact(scheme="telegram", path=str(CHAT + sender))

    def text(self, words: str, *, number: int = 1, sender: int = 1) -> Call:
        return self.written(update({"text": words}, number=number, sender=sender))

    def image(self, *, number: int = 1) -> Call:
        sizes = [{"file_id": f"{size}", "width": 1, "height": 1} for size in ("small", "large")]
        return self.written(update({"photo": sizes}, number=number))

    def captioned(self, words: str, *, number: int = 1) -> Call:
        return self.written(update({"photo": [{"file_id": "1"}], "caption": words}, number=number))

    def voice(self, *, number: int = 1) -> Call:
        return self.written(update({"voice": {"file_id": "v", "duration": 2}}, number=number))

    def location(self, latitude: float, longitude: float, *, number: int = 1) -> Call:
        place = {"latitude": latitude, "longitude": longitude}
        return self.written(update({"location": place}, number=number))

    def follow(self, *, number: int = 1) -> Call:
        return self.text("/start", number=number)

    def mention(self, words: str, *, number: int = 1) -> Call:
        raise NotImplementedError("nobody is mentioned in public here")

    def unknown(self, *, number: int = 1) -> Call:
        return self.written(update({"hologram": {"light": [1, 2]}}, number=number))

    def written(self, what: Mapping[str, Any]) -> Call:
        return self.signed(json.dumps(what, ensure_ascii=False).encode())

    def signed(self, body: bytes) -> Call:
        return Call(path=PATH, body=body, headers={SECRET_HEADER: SECRET})

    def forged(self, call: Call) -> Call:
        return replace(call, headers={SECRET_HEADER: SECRET[:-1] + "X"})

    def unsigned(self, call: Call) -> Call:
        return replace(call, headers={})

    def hostile(self) -> Mapping[str, bytes]:
        return {label: json.dumps(what).encode() for label, what in HOSTILE.items()}

    def told(self, answer: Answer) -> str:
        if not answer.body:
            return ""
        said = json.loads(answer.body)
        assert said["method"] == "sendMessage" and said["chat_id"] == CHAT + 1
        assert isinstance(said["text"], str)
        return str(said["text"])

    def sent(self) -> Sequence[str]:
        return [str(each["text"]) for each in self.api.sent]

    def breaks(self, how: str) -> None:
        self.api.lost = how == "lost"
        if how == "gone":
            refusal = {"description": "Forbidden: bot was blocked by the user"}
            self.api.refusals.append((403, refusal))
        if how == "busy":
            self.api.refusals.extend([None, (429, {"description": "Too Many Requests"})])
        if how == "huge":
            self.api.file = b"a" * (media.LONGEST_BYTES + 1)


_TEXT = update({"text": "你好"})
HOSTILE: Mapping[str, Any] = {
    "a number as text": {**_TEXT, "update_id": "1"},
    "truth for a number": {**_TEXT, "update_id": True},
    "no number": {"message": _TEXT["message"]},
    "a number beyond all": {**_TEXT, "update_id": 10**30},
    "a list for a message": {"update_id": 1, "message": []},
    "a list for a text": update({"text": ["你好"]}),
    "a photo of nothing": update({"photo": []}),
    "a photo of words": update({"photo": "x"}),
    "a pin of lists": update({"location": {"latitude": [1], "longitude": 2}}),
    "a pin beyond the world": update({"location": {"latitude": 99, "longitude": 2}}),
    "a voice without file": update({"voice": {}}),
}
