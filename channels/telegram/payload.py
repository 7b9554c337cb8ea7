"""Telegram's updates: parsed and answered. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.message import Attachment, Contact, InboundMessage, Point

SCHEME = "telegram"
MEDIA_PREFIX = "telegram-media:"


class Malformed(Exception):
    """The update is not what Telegram sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An update: its number, the chat, and what was said; None where it needs no answer."""

    update_id: int
    chat: int = 0
    message: InboundMessage | None = None


def parse(update: dict[str, Any], received_at: datetime) -> Incoming:
    """The message in an update. Groups, edits and kinds unknown to us need no answer.

    Malformed where a field that we read is of the wrong type.
    """
    update_id = _whole(update.get("update_id"), "update_id")
    pressed = update.get("callback_query")
    if pressed is not None:
        record = _record(_record(pressed, "callback_query").get("message", {}), "message")
        words: Any = {"text": _text(_record(pressed, "callback_query").get("data"), "data")}
    else:
        record = _record(update.get("message", {}), "message")
        words = record
    chat = _record(record.get("chat", {}), "chat")
    if not chat or chat.get("type") != "private":
        return Incoming(update_id=update_id)
    number = _whole(chat.get("id"), "chat.id")
    content = _content(_record(words, "message"))
    if content is None:
        return Incoming(update_id=update_id, chat=number)
    contact = Contact(scheme=SCHEME, path=str(number))
    message = InboundMessage(
        channel=SCHEME,
        external_id=str(update_id),
        sender=contact,
        thread=str(contact),
        received_at=received_at,
        **content,
    )
    return Incoming(update_id=update_id, chat=number, message=message)


def render(chat: int, text: str, choices: Sequence[str] = ()) -> str:
    """The answer to a webhook that sends a message: the platform repeats the call if it is lost."""
    body: dict[str, Any] = {"method": "sendMessage", "chat_id": chat, "text": text}
    if choices:
        body["reply_markup"] = {"inline_keyboard": keyboard(choices)}
    return json.dumps(body, ensure_ascii=False)


def keyboard(choices: Sequence[str]) -> list[list[dict[str, str]]]:
    """Buttons below a message, one a line; the platform takes 64 bytes of data for each."""
    return [[{"text": c, "callback_data": _short(c)}] for c in choices]


def _content(words: dict[str, Any]) -> dict[str, Any] | None:
    if "location" in words:
        return {"text": "", "point": _point(_record(words["location"], "location"))}
    if "photo" in words:
        sizes = words["photo"]
        if not isinstance(sizes, list) or not sizes:
            raise Malformed("photo")
        return _media("image", sizes[-1], _text(words.get("caption"), "caption"))
    if "voice" in words:
        return _media("voice", words["voice"], "")
    if "text" in words:
        text = _text(words["text"], "text")
        if text.split(maxsplit=1)[:1] == ["/start"]:
            return {"text": "", "event": "follow"}
        return {"text": text}
    return None


def _media(kind: str, file: Any, caption: str) -> dict[str, Any]:
    reference = _text(_record(file, kind).get("file_id"), "file_id")
    if not reference:
        raise Malformed("file_id")
    attachment = Attachment(kind=kind, reference=MEDIA_PREFIX + reference, caption=caption)
    return {"text": caption, "attachments": (attachment,)}


def _point(place: dict[str, Any]) -> Point:
    values = place.get("latitude"), place.get("longitude")
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        raise Malformed("location")
    latitude, longitude = (float(str(value)) for value in values)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Malformed("location lies outside of the world")
    return Point(latitude=latitude, longitude=longitude)


def _record(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(name)
    return value


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(name)
    return value


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise Malformed(name)
    return value


def _short(text: str) -> str:
    return text.encode()[:64].decode("utf-8", "ignore")
