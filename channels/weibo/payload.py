"""Weibo's callbacks: verified, parsed and answered. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from channels import http
from channels.message import Attachment, Contact, InboundMessage, Point

SCHEME = "weibo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A callback: who wrote to whom, and what; None where it needs no answer."""

    sender: str
    receiver: str
    message: InboundMessage | None


def verified(secret: str, query: Mapping[str, str]) -> bool:
    """Is the signature sha1 of the sorted secret, timestamp and nonce?"""
    parts = sorted([secret, query.get("timestamp", ""), query.get("nonce", "")])
    expected = hashlib.sha1("".join(parts).encode()).hexdigest()
    return http.same(query.get("signature", ""), expected)


def parse(record: dict[str, Any], body: bytes, received_at: datetime) -> Incoming:
    """The message in a callback; of a type that we don't know it is None, which is no fault."""
    fields = http.strings(record, ("type", "sender_id", "receiver_id", "created_at", "text", "id"))
    data = record.get("data")
    data = data if isinstance(data, dict) else {}
    sender = fields["sender_id"]
    content = _content(fields, data) if sender else None
    message = None
    if content is not None:
        contact = Contact(scheme=SCHEME, path=sender)
        message = InboundMessage(
            channel=SCHEME,
            external_id=fields["id"] or hashlib.sha256(body).hexdigest(),
            sender=contact,
            thread=str(contact),
            received_at=received_at,
            **content,
        )
    return Incoming(sender=sender, receiver=fields["receiver_id"], message=message)


def render(incoming: Incoming, text: str) -> str:
    """The passive reply as the platform wants it."""
    said = json.dumps({"text": text}, ensure_ascii=False)
    return json.dumps(
        {
            "result": True,
            "sender_id": incoming.receiver,
            "receiver_id": incoming.sender,
            "type": "text",
            "data": quote(said),
        }
    )


def _content(fields: Mapping[str, str], data: dict[str, Any]) -> dict[str, Any] | None:
    match fields["type"]:
        case "text":
            return {"text": fields["text"]}
        case "position":
            words = http.strings(data, ("longitude", "latitude"))
            return {"text": fields["text"], "point": _point(words)}
        case "image" | "voice":
            file = http.strings(data, ("tovfid", "vfid"))
            reference = "weibo-media:" + (file["tovfid"] or file["vfid"])
            attachment = Attachment(kind=fields["type"], reference=reference)
            return {"text": "", "attachments": (attachment,)}
        case "mention":
            return {"text": fields["text"], "public": True}
        case "event":
            subtype = http.strings(data, ("subtype",))["subtype"]
            return {"text": "", "event": "follow"} if subtype in ("follow", "subscribe") else None
    return None


def _point(words: Mapping[str, str]) -> Point:
    try:
        return Point(latitude=float(words["latitude"]), longitude=float(words["longitude"]))
    except ValueError:
        raise http.refused("经纬度不是数字") from None
