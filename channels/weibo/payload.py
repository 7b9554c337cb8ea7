"""Weibo's fans-service callbacks: verified, parsed and answered. Pure."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from channels import coordinates, http, text
from channels.http import Forged, Malformed
from channels.message import Attachment, Contact, InboundMessage, Point

SCHEME = "weibo"
MEDIA_PREFIX = "weibo-media:"
FRESH_WITHIN_S = 600
LONGEST_KEY = 200
_ID = re.compile("[0-9]{1,20}")
_SHARED_LINK = re.compile(r"^我在这里[:：]?\s*https?://\S+$|^发送了一个位置$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A callback: who wrote to whom, and what; None where there is nothing to receive."""

    sender: str
    receiver: str
    message: InboundMessage | None


def verify(secret: str, query: Mapping[str, str]) -> None:
    """Forged unless the signature is sha1 of the sorted secret, timestamp and nonce."""
    parts = sorted([secret, query.get("timestamp", ""), query.get("nonce", "")])
    expected = hashlib.sha1("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    if not http.same(query.get("signature", ""), expected):
        raise Forged("the signature is wrong")


def verify_fresh(query: Mapping[str, str], now: datetime) -> None:
    """Forged where the request was signed long ago. The platform counts in milliseconds."""
    stamp = query.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
        raise Forged("the timestamp is missing")
    sent_at = int(stamp) / 1000 if len(stamp) > 10 else int(stamp)
    if abs(now.timestamp() - sent_at) > FRESH_WITHIN_S:
        raise Forged("the request is too old")


def parse(record: Mapping[str, Any], received_at: datetime) -> Incoming:
    """The message in a record; None for types that we don't know, Malformed where one is broken."""
    words = {name: _word(record, name) for name in ("type", "sender_id", "receiver_id", "text")}
    for name in ("sender_id", "receiver_id"):
        if not _ID.fullmatch(words[name]):
            raise Malformed(f"{name} is not an account")
    if not words["type"]:
        raise Malformed("type is missing")
    data = record.get("data")
    content = _content(words, data if isinstance(data, dict) else {})
    message = None
    if content is not None:
        contact = Contact(scheme=SCHEME, path=words["sender_id"])
        message = InboundMessage(
            channel=SCHEME,
            external_id=_number(record, words),
            sender=contact,
            thread=str(contact),
            received_at=received_at,
            **{"text": "", **content},
        )
    return Incoming(sender=words["sender_id"], receiver=words["receiver_id"], message=message)


def render(incoming: Incoming, said: str) -> str:
    """The passive reply as the platform wants it: JSON within JSON, the inner one URL-encoded."""
    return json.dumps(
        {
            "result": True,
            "receiver_id": int(incoming.sender),
            "sender_id": int(incoming.receiver),
            "type": "text",
            "data": quote(inner(said), safe=""),
        }
    )


def inner(said: str) -> str:
    """The `data` of a text message."""
    return json.dumps({"text": text.cleaned(said)}, ensure_ascii=False)


def _content(words: Mapping[str, str], data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of InboundMessage that a record fills; None where it says nothing to us."""
    said = words["text"]
    match words["type"]:
        case "text":
            return {"text": said}
        case "position":
            own_words = "" if _SHARED_LINK.match(said) else said
            return {"text": own_words, "point": _point(data)}
        case "image" | "voice":
            return {"attachments": (_media(words["type"], data),)}
        case "mention":
            return {"text": said, "public": True}
        case "event":
            event = _event(_word(data, "subtype"), _word(data, "key"))
            return {"event": event} if event else None
    return None


def _event(subtype: str, key: str) -> str:
    """The event in our words; empty for those that tell of no wish."""
    match subtype:
        case "follow" | "subscribe" | "scan_follow":
            return "follow"
        case "unfollow" | "unsubscribe":
            return "unfollow"
        case "scan":
            return f"scan:{key[:LONGEST_KEY]}"
        case "click":
            return f"menu:{key[:LONGEST_KEY]}"
    return ""


def _number(record: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The platform has no ids: it advises sender and time. Two messages of one second differ in
    what they say, so that counts too.
    """
    created_at = _word(record, "created_at")
    said = json.dumps([words["type"], words["text"], record.get("data")], sort_keys=True)
    digest = hashlib.sha256(f"{created_at}\n{said}".encode()).hexdigest()[:32]
    return f"{words['sender_id']}:{digest}"


def _media(kind: str, data: Mapping[str, Any]) -> Attachment:
    """`tovfid` is the copy that the receiver may fetch, `vfid` the sender's own."""
    media_id = _word(data, "tovfid") or _word(data, "vfid")
    if not _ID.fullmatch(media_id):
        raise Malformed("the file has no id")
    return Attachment(kind=kind, reference=MEDIA_PREFIX + media_id)


def _point(data: Mapping[str, Any]) -> Point:
    try:
        latitude, longitude = float(_word(data, "latitude")), float(_word(data, "longitude"))
    except ValueError:
        raise Malformed("the position is not a number") from None
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise Malformed("the position is not a number")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Malformed("the position lies outside of the world")
    latitude, longitude = coordinates.to_wgs84(latitude, longitude)
    return Point(latitude=latitude, longitude=longitude)


def _word(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed(f"{name} is not text")
    return text.cleaned(str(value))
