"""WeChat's callbacks: verified, decrypted, parsed and answered. Pure, but for the dice of
encryption.
"""

import base64
import hashlib
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels import http
from channels.message import Attachment, Contact, InboundMessage, Point

SCHEME = "wechat"
FRESH_WITHIN_S = 600
_MEDIA = {"image": "image", "voice": "voice", "video": "video", "shortvideo": "video"}


class Forged(Exception):
    """The signature is wrong, or the request is too old."""


class Malformed(Exception):
    """The body is not what the platform sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the official account and we both know."""

    token: str
    app_id: str
    aes_key: str = ""

    @property
    def encrypted(self) -> bool:
        """Is every message encrypted and signed as a whole?"""
        return bool(self.aes_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A callback: who wrote to which account, and what; None where it needs no answer."""

    account_name: str
    sender: str
    message: InboundMessage | None


def verify_echo(account: Account, query: Mapping[str, str]) -> str:
    """The echo that the platform asks for when the address is set up; Forged."""
    if account.encrypted and "msg_signature" in query:
        return _crypto(account).check(query, query.get("echostr", ""))
    _check(account.token, query, query.get("signature", ""))
    return query.get("echostr", "")


def verify(account: Account, query: Mapping[str, str], body: bytes, now: float) -> dict[str, Any]:
    """The verified message as a flat record; Forged, Malformed.

    Plain mode signs the address only, not the body: that is WeChat's design and why we ask for
    encryption.
    """
    if abs(now - _number(query.get("timestamp", ""))) > FRESH_WITHIN_S:
        raise Forged("the request is too old")
    outer = _xml(body)
    if not account.encrypted:
        _check(account.token, query, query.get("signature", ""))
        return outer
    inner = _crypto(account).check(query, str(outer.get("Encrypt", "")))
    return _xml(inner.encode())


def parse(record: Mapping[str, Any], received_at: datetime) -> Incoming:
    """The message in a verified record; Malformed where a field is of the wrong type."""
    fields = {name: _text(value) for name, value in record.items()}
    sender, kind = fields.get("FromUserName", ""), fields.get("MsgType", "")
    if not sender or not kind:
        raise Malformed("FromUserName or MsgType is missing")
    contact = Contact(scheme=SCHEME, path=sender)
    number = fields.get("MsgId", "")
    if kind == "event":
        number = f"{sender}:{fields.get('CreateTime', '')}:{fields.get('Event', '')}"
    content = _content(kind, fields)
    message = None
    if content is not None and number:
        message = InboundMessage(
            channel=SCHEME,
            external_id=number[:200],
            sender=contact,
            thread=str(contact),
            received_at=received_at,
            **content,
        )
    return Incoming(account_name=fields.get("ToUserName", ""), sender=sender, message=message)


def render(account: Account, incoming: Incoming, text: str, nonce: str) -> str:
    """The passive reply as the platform wants it, encrypted where the account is."""
    moment = int(time.time())
    plain = (
        f"<xml><ToUserName>{_cdata(incoming.sender)}</ToUserName>"
        f"<FromUserName>{_cdata(incoming.account_name)}</FromUserName>"
        f"<CreateTime>{moment}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{_cdata(text)}</Content></xml>"
    )
    return _crypto(account).encrypt(plain, nonce, str(moment)) if account.encrypted else plain


def _content(kind: str, fields: Mapping[str, str]) -> dict[str, Any] | None:
    """What the message says, as fields of an InboundMessage; None for what needs no answer."""
    match kind:
        case "text":
            return {"text": fields.get("Content", "")}
        case "location":
            label = fields.get("Label", "")
            point = _point(fields.get("Location_X", ""), fields.get("Location_Y", ""), label)
            return {"text": label, "point": point}
        case "link":
            caption = fields.get("Title", "")
            link = Attachment(kind="link", reference=fields.get("Url", ""), caption=caption)
            return {"text": fields.get("Description", "") or caption, "attachments": (link,)}
        case "image" | "voice" | "video" | "shortvideo":
            reference = "wechat-media:" + fields.get("MediaId", "")
            attachment = Attachment(kind=_MEDIA[kind], reference=reference)
            heard = fields.get("Recognition", "")
            extra = {"confidence": 0.7} if heard else {}
            return {"text": heard, "attachments": (attachment,), **extra}
        case "event":
            event = _event(fields.get("Event", "").lower(), fields.get("EventKey", ""))
            return {"text": "", "event": event} if event else None
    return None


def _event(name: str, key: str) -> str:
    if name in ("subscribe", "scan"):
        return "follow"
    return f"menu:{key}" if name == "click" else ""


def _point(latitude: str, longitude: str, label: str) -> Point:
    try:
        x, y = float(latitude), float(longitude)
    except ValueError:
        raise Malformed("Location_X or Location_Y is not a number") from None
    if not (-90 <= x <= 90 and -180 <= y <= 180):
        raise Malformed("the location lies outside of the world")
    return Point(latitude=x, longitude=y, label=label[:200])


def _check(token: str, query: Mapping[str, str], signature: str, *more: str) -> None:
    parts = sorted([token, query.get("timestamp", ""), query.get("nonce", ""), *more])
    if not http.same(signature, hashlib.sha1("".join(parts).encode()).hexdigest()):
        raise Forged("the signature is wrong")


class _crypto:
    """wechatpy's cipher behind a signature check of our own that takes constant time."""

    def __init__(self, account: Account) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from wechatpy.crypto import PrpCrypto, WeChatCrypto
        self._account = account
        self._cipher = PrpCrypto(base64.b64decode(account.aes_key + "="))
        self._wrap = WeChatCrypto

    def check(self, query: Mapping[str, str], cipher: str) -> str:
        """The plain text of a cipher whose signature is right; Forged."""
        _check(self._account.token, query, query.get("msg_signature", ""), cipher)
        try:
            plain = self._cipher.decrypt(cipher, self._account.app_id)
        except Exception as error:  # the library raises a dozen kinds for broken ciphers
            raise Forged(f"the message can't be decrypted: {type(error).__name__}") from None
        return plain.decode("utf-8", "strict") if isinstance(plain, bytes) else str(plain)

    def encrypt(self, plain: str, nonce: str, moment: str) -> str:
        """The encrypted and signed envelope of a reply."""
        account = self._account
        wrap = self._wrap(account.token, account.aes_key, account.app_id)
        return str(wrap.encrypt_message(plain, nonce, moment))


def _xml(body: bytes) -> dict[str, Any]:
    """The record in an XML body: no entities, no depth, no lone surrogates."""
    if body.count(b"<") > 400 or b"<!" in body.replace(b"<![CDATA[", b""):
        raise Malformed("too many elements, or a declaration")
    import xmltodict

    try:
        record = xmltodict.parse(body.decode("utf-8"))["xml"]
    except Exception as error:  # expat, unicode and key errors: all mean the same to the sender
        raise Malformed(f"not the XML that WeChat sends: {type(error).__name__}") from None
    if not isinstance(record, dict):
        raise Malformed("an empty message")
    return record


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)


def _cdata(text: str) -> str:
    """`]]>` would end the section and let what follows speak as XML, so it is cut in two."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _number(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0.0
