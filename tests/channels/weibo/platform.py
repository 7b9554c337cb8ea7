"""Weibo as our tests play it: callbacks of the fans service, and the API behind."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr

from channels import coordinates, media
from channels.channel import Channel, Desk
from channels.message import Contact
from channels.weibo.channel import PATH, WeiboChannel
from config.sections import Weibo
from tests.channels.contract import Answer, Call
from tests.channels.desk import START
from tests.servers import WeiboApi

APP_SECRET, ACCESS_TOKEN = "secret-of-the-app", "2.00-access-token"
ACCOUNT, RESIDENT = 1902538057, 2489518000
MOMENT, NONCE = str(int(START.timestamp() * 1000)), "57155157"
ABILITIES = frozenset(
    [
        "passive",
        "late",
        "retry",
        "image",
        "voice",
        "location",
        "event",
        "public",
        "unknown",
        "signed",
        "json",
        "hostile",
        "sends",
    ]
)


def record(kind: str, words: str, data: Any, *, number: int = 1, sender: int = 1) -> dict[str, Any]:
    """A message as the platform writes it; `number` becomes the time of day."""
    minutes, seconds = divmod(number, 60)
    return {
        "type": kind,
        "receiver_id": ACCOUNT,
        "sender_id": RESIDENT + sender,
        "created_at": f"Tue Nov 24 10:{minutes:02}:{seconds:02} +0800 2026",
        "text": words,
        "data": data,
    }


class Adapter:
    """An account with the fans service."""

    name = "weibo"
    abilities = ABILITIES
    secrets: Sequence[str] = (APP_SECRET, ACCESS_TOKEN)

    def __init__(self) -> None:
        self.api = WeiboApi(access_token=ACCESS_TOKEN)

    async def start(self, desk: Desk, *, patience_s: float | None) -> Channel:
        await self.api.start()
        settings = Weibo(
            app_secret=SecretStr(APP_SECRET),
            access_token=SecretStr(ACCESS_TOKEN),
            api_url=self.api.url,
        )
        if patience_s is None:
            return WeiboChannel(settings, desk)
        return WeiboChannel(settings, desk, patience_s=patience_s)

    async def stop(self) -> None:
        await self.api.stop()

    def contact(self, sender: int) -> Contact:
        return Contact(scheme="weibo", path=str(RESIDENT + sender))

    def text(self, words: str, *, number: int = 1, sender: int = 1) -> Call:
        return self.written(record("text", words, {}, number=number, sender=sender))

    def image(self, *, number: int = 1) -> Call:
        data = {"vfid": 821804459, "tovfid": 821469459}
        return self.written(record("image", "发了一张图片", data, number=number))

    def captioned(self, words: str, *, number: int = 1) -> Call:
        raise NotImplementedError("photos come without words here")

    def voice(self, *, number: int = 1) -> Call:
        data = {"vfid": 821804460, "tovfid": 821469460}
        return self.written(record("voice", "发了一个语音消息", data, number=number))

    def location(self, latitude: float, longitude: float, *, number: int = 1) -> Call:
        north, east = coordinates.to_gcj02(latitude, longitude)
        data = {"latitude": f"{north:.6f}", "longitude": f"{east:.6f}"}
        return self.written(
            record("position", "我在这里: http://t.cn/zQgLLYO", data, number=number)
        )

    def follow(self, *, number: int = 1) -> Call:
        return self.written(record("event", "关注事件消息", {"subtype": "follow"}, number=number))

    def mention(self, words: str, *, number: int = 1) -> Call:
        data = {"subtype": "status", "key": "3472300013264831"}
        return self.written(record("mention", f"@南和热线 {words}", data, number=number))

    def unknown(self, *, number: int = 1) -> Call:
        return self.written(record("hologram", "", {"light": [1, 2]}, number=number))

    def written(self, what: Mapping[str, Any]) -> Call:
        """A record with a good signature."""
        return self.signed(json.dumps(what, ensure_ascii=False).encode())

    def signed(self, body: bytes) -> Call:
        parts = sorted([APP_SECRET, MOMENT, NONCE])
        query = {
            "timestamp": MOMENT,
            "nonce": NONCE,
            "signature": hashlib.sha1("".join(parts).encode()).hexdigest(),
        }
        return Call(path=PATH, query=query, body=body)

    def forged(self, call: Call) -> Call:
        return replace(call, query={**call.query, "nonce": "57155158"})

    def unsigned(self, call: Call) -> Call:
        kept = {k: v for k, v in call.query.items() if k != "signature"}
        return replace(call, query=kept)

    def hostile(self) -> Mapping[str, bytes]:
        return {label: json.dumps(what).encode() for label, what in HOSTILE.items()}

    def told(self, answer: Answer) -> str:
        if not answer.body:
            return ""
        reply = json.loads(answer.body)
        assert reply["result"] is True and reply["type"] == "text"
        assert (reply["sender_id"], reply["receiver_id"]) == (ACCOUNT, RESIDENT + 1)
        words = json.loads(unquote(reply["data"]))["text"]
        assert isinstance(words, str) and len(words) < 300
        return words

    def sent(self) -> Sequence[str]:
        return [words for _, words in self.api.sent]

    def breaks(self, how: str) -> None:
        self.api.lost = how == "lost"
        if how == "gone":
            self.api.refusals.append((400, {"error": "User not exists", "error_code": 20003}))
        if how == "busy":
            self.api.refusals.extend([None, (503, {"error": "busy", "error_code": 10009})])
        if how == "huge":
            self.api.media["821469459"] = (b"a" * (media.LONGEST_BYTES + 1), "image/jpeg")


_TEXT = record("text", "你好", {})
HOSTILE: Mapping[str, Any] = {
    "a list for a text": {**_TEXT, "text": ["你好"]},
    "an object for a sender": {**_TEXT, "sender_id": {"$ne": 1}},
    "truth for a sender": {**_TEXT, "sender_id": True},
    "words for a sender": {**_TEXT, "sender_id": "somebody"},
    "a path for a sender": {**_TEXT, "sender_id": "../1"},
    "a negative sender": {**_TEXT, "sender_id": -1},
    "half a sender": {**_TEXT, "sender_id": 1.5},
    "no sender": {k: v for k, v in _TEXT.items() if k != "sender_id"},
    "no receiver": {k: v for k, v in _TEXT.items() if k != "receiver_id"},
    "no type": {k: v for k, v in _TEXT.items() if k != "type"},
    "a list for a type": {**_TEXT, "type": ["text"]},
    "a pin of lists": record("position", "", {"latitude": [1], "longitude": [2]}),
    "a pin of words": record("position", "", {"latitude": "north", "longitude": "1"}),
    "a pin beyond the world": record("position", "", {"latitude": "99", "longitude": "1"}),
    "a pin that is no number": record("position", "", {"latitude": "nan", "longitude": "1"}),
    "a pin without data": record("position", "", ""),
    "a photo without id": record("image", "", {}),
    "a photo with a path for an id": record("image", "", {"tovfid": "../../etc/passwd"}),
    "an event of lists": record("event", "", {"subtype": ["follow"]}),
}
