"""WeChat's messages: parsed from verified XML, and replies rendered. Pure.

The parser is wechatpy's; broken input makes it raise a dozen kinds of errors, which are one here.
The replies are ours, because those of wechatpy let `]]>` through.
"""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wechatpy.parser import parse_message

from channels import coordinates, text
from channels.http import Malformed
from channels.message import Attachment, Contact, InboundMessage, Point
from channels.wechat.envelope import CDATA, CDATA_END

SCHEME = "wechat"
MEDIA_PREFIX = "wechat-media:"
LONGEST_ID = 200
LONGEST_LABEL = 200
_OPENID = re.compile(r"[A-Za-z0-9_@.-]{1,128}")
UNREADABLE = frozenset({"miniprogrampage"})  # said by a person, in a way that we cannot read
RECOGNISED = 0.8  # WeChat recognises speech well and says nothing of how sure it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A callback: who wrote to which account, and what; None where there is nothing to receive."""

    account_name: str
    sender: str
    message: InboundMessage | None = None


def parse(xml: str, received_at: datetime) -> Incoming:
    """The message in verified XML; Malformed where it lacks something or a type is wrong."""
    try:
        found = parse_message(xml)
        sender, account_name = _word(found.source), _word(found.target)
        if not _OPENID.fullmatch(sender):
            raise Malformed("FromUserName is not an openid")
        content = _content(found)
        number = _number(found, content)
    except Malformed:
        raise
    except Exception as error:  # the library raises what its parts raise, of a dozen kinds
        raise Malformed(f"not a message of WeChat: {type(error).__name__}") from None
    if content is None:
        return Incoming(account_name=account_name, sender=sender)
    contact = Contact(scheme=SCHEME, path=sender)
    message = InboundMessage(
        channel=SCHEME,
        external_id=number,
        sender=contact,
        thread=str(contact),
        received_at=received_at,
        **{"text": "", **content},
    )
    return Incoming(account_name=account_name, sender=sender, message=message)


def render(incoming: Incoming, said: str, now: datetime) -> str:
    """The passive reply as XML, not yet sealed."""
    return (
        f"<xml><ToUserName>{_cdata(incoming.sender)}</ToUserName>"
        f"<FromUserName>{_cdata(incoming.account_name)}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{_cdata(said)}</Content></xml>"
    )


def notice(said: str, choices: Sequence[str] = ()) -> dict[str, Any]:
    """The body of a customer-service message, but for its receiver."""
    if not choices:
        return {"msgtype": "text", "text": {"content": said}}
    entries = [{"id": str(number), "content": each} for number, each in enumerate(choices, 1)]
    menu = {"head_content": said, "list": entries, "tail_content": ""}
    return {"msgtype": "msgmenu", "msgmenu": menu}


def _content(found: Any) -> dict[str, Any] | None:
    """The fields of InboundMessage that a message or event fills; None where it says nothing."""
    match found.type:
        case "text":
            return {"text": text.cleaned(_word(found.content))}
        case "image" | "video" | "shortvideo":
            return {"attachments": (_media(found, "image" if found.type == "image" else "video"),)}
        case "voice":
            words = text.cleaned(_word(found.recognition))
            voice = (_media(found, "voice"),)
            recognised = {"text": words, "confidence": RECOGNISED} if words else {}
            return {"attachments": voice, **recognised}
        case "location":
            return {"point": _point(found)}
        case "link":
            return {"attachments": (_link(found),)}
        case "event":
            event = _event(found)
            return {"event": event} if event else None
        case kind if kind in UNREADABLE:
            return {"event": "unsupported"}
    return None


def _event(found: Any) -> str:
    """The event in our words; empty for those that tell of no wish (a page viewed, a job done)."""
    match found.event:
        case "subscribe" | "subscribe_scan":
            return "follow"
        case "scan":
            return f"scan:{_word(found.scene_id)[:LONGEST_LABEL]}"
        case "click":
            return f"menu:{_word(found.key)[:LONGEST_LABEL]}"
    return ""


def _number(found: Any, content: Mapping[str, Any] | None) -> str:
    """The platform's id of a message. Events have none: who, when and what stand for it."""
    if found.type != "event" and content is not None:
        number = found.id
        if not isinstance(number, int) or number <= 0:
            raise Malformed("MsgId is missing")
        return str(number)
    what = content["event"] if content else ""
    number = f"{_word(found.source)}:{int(found.time or 0)}:{what}"
    if len(number) <= LONGEST_ID:
        return number
    return hashlib.sha256(number.encode()).hexdigest()


def _media(found: Any, kind: str) -> Attachment:
    media_id = _word(found.media_id)
    if not media_id or len(media_id) > LONGEST_ID:
        raise Malformed("MediaId is missing or too long")
    return Attachment(kind=kind, reference=MEDIA_PREFIX + media_id)


def _link(found: Any) -> Attachment:
    url = _word(found.url)
    caption = text.cleaned(f"{_word(found.title)} {_word(found.description)}".strip())
    if not url.startswith(("http://", "https://")):
        url = ""
    return Attachment(kind="link", reference=url[:2000], caption=caption[:LONGEST_LABEL])


def _point(found: Any) -> Point:
    latitude, longitude = float(_word(found.location_x)), float(_word(found.location_y))
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise Malformed("the location is not a number")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Malformed("the location lies outside of the world")
    latitude, longitude = coordinates.to_wgs84(latitude, longitude)
    label = text.cleaned(_word(found.label))[:LONGEST_LABEL]
    return Point(latitude=latitude, longitude=longitude, label=label)


def _word(value: Any) -> str:
    """A field as text; a field given twice or with tags inside is no message of WeChat."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed("a field is not text")
    return value


def _cdata(said: str) -> str:
    """`]]>` would end the section and let what follows speak as XML, so it is cut in two."""
    safe = text.cleaned(said).replace(CDATA_END, "]]" + CDATA_END + CDATA + ">")
    return CDATA + safe + CDATA_END
