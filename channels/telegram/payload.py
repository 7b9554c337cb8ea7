"""Telegram's updates: parsed and answered. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from channels import text as texts
from channels.http import Malformed
from channels.message import Attachment, Contact, InboundMessage, Point

SCHEME = "telegram"
MEDIA_PREFIX = "telegram-media:"
FILES = {
    "photo": "image",
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "video_note": "video",
    "animation": "video",
}
UNREADABLE = frozenset({"document", "sticker", "contact", "poll", "dice", "game", "story"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An update: its number, the chat, and what was said; None where it needs no answer.

    `pressed` is the platform's id of a button that was pressed, and now spins.
    """

    update_id: int
    chat: int = 0
    message: InboundMessage | None = None
    pressed: str = ""


def parse(update: dict[str, Any], received_at: datetime) -> Incoming:
    """The message in an update. Groups, and updates that nobody wrote, need no answer.

    Malformed where a field that we read is of the wrong type.
    """
    update_id = _whole(update.get("update_id"), "update_id")
    record, content, pressed = _said(update)
    chat = _record(record.get("chat", {}), "chat")
    if not chat or chat.get("type") != "private":
        return Incoming(update_id=update_id)
    number = _whole(chat.get("id"), "chat.id")
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
    return Incoming(update_id=update_id, chat=number, message=message, pressed=pressed)


def render(chat: int, text: str, choices: Sequence[str] = ()) -> str:
    """The answer to a webhook that sends a message: the platform repeats the call if it is lost."""
    body: dict[str, Any] = {"method": "sendMessage", "chat_id": chat, "text": text}
    if choices:
        body["reply_markup"] = {"inline_keyboard": keyboard(choices)}
    return json.dumps(body, ensure_ascii=False)


def keyboard(choices: Sequence[str]) -> list[list[dict[str, str]]]:
    """Buttons below a message, one a line; the platform takes 64 bytes of data for each."""
    return [[{"text": c, "callback_data": _short(c)}] for c in choices]


def _said(update: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None, str]:
    """The platform's message, the fields of ours that it fills (None for none), a button's id."""
    if update.get("callback_query") is not None:
        button = _record(update["callback_query"], "callback_query")
        words = {"text": _text(button.get("data"), "data")}
        return _record(button.get("message", {}), "message"), words, _text(button.get("id"), "id")
    if "edited_message" in update:
        edited = _record(update["edited_message"], "edited_message")
        words = {"text": _words(edited)}
        return edited, words if words["text"] else None, ""  # a pin that moves is an edit too
    record = _record(update.get("message", {}), "message")
    return record, _content(record), ""


def _content(record: dict[str, Any]) -> dict[str, Any] | None:
    """The fields of ours that a message fills; None where nobody has said anything."""
    if "location" in record:
        return {"text": "", "point": _point(_record(record["location"], "location"))}
    said, file = _words(record), _file(record)
    if file is not None:
        return {"text": said, "attachments": (replace(file, caption=said),)}
    if said.split(maxsplit=1)[:1] == ["/start"]:
        return {"text": "", "event": "follow"}
    if said:
        return {"text": said}
    return {"text": "", "event": "unsupported"} if UNREADABLE & record.keys() else None


def _words(record: dict[str, Any]) -> str:
    """What was written: alone, or below a photo or file."""
    return _text(record.get("text"), "text") or _text(record.get("caption"), "caption")


def _file(record: dict[str, Any]) -> Attachment | None:
    """What came along. Other files than pictures are taken for what was written below them: our
    store says which it keeps.
    """
    for name, kind in FILES.items():
        if name in record:
            return _attachment(kind, record[name])
    if "document" not in record:
        return None
    document = _record(record["document"], "document")
    if _text(document.get("mime_type"), "mime_type").startswith("image/"):
        return _attachment("image", document)
    return _attachment("file", document) if _words(record) else None


def _attachment(kind: str, file: Any) -> Attachment:
    if isinstance(file, list) and kind == "image":  # the same photo in several sizes
        if not file:
            raise Malformed("photo")
        file = file[-1]
    reference = _text(_record(file, kind).get("file_id"), "file_id")
    if not reference:
        raise Malformed("file_id")
    return Attachment(kind=kind, reference=MEDIA_PREFIX + reference)


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
    return texts.cleaned(value)


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise Malformed(name)
    return value


def _short(text: str) -> str:
    return text.encode()[:64].decode("utf-8", "ignore")
