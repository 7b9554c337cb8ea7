"""WeChat as our tests play it: callbacks in plain and encrypted mode, and the API behind."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree

from pydantic import SecretStr
from wechatpy.crypto import WeChatCrypto

from channels import coordinates, media
from channels.channel import Channel, Desk
from channels.message import Contact
from channels.wechat.channel import PATH, WeChatChannel
from config.sections import WeChat
from tests.channels.contract import Answer, Call
from tests.channels.desk import START
from tests.servers import WeChatApi

TOKEN, APP_ID, APP_SECRET = "a-token-of-the-county", "wx49f0ab532d5d035a", "secret-of-the-app"
AES_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
ACCOUNT, NONCE = "gh_nanhe", "1320562132"
MOMENT = str(int(START.timestamp()))
ABILITIES = frozenset(
    [
        "passive",
        "late",
        "retry",
        "image",
        "voice",
        "location",
        "link",
        "event",
        "unknown",
        "signed",
        "hostile",
        "sends",
    ]
)
HEAD = (
    f"<ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
    "<FromUserName><![CDATA[resident-1]]></FromUserName>"
    f"<CreateTime>{MOMENT}</CreateTime>"
)


def xml(kind: str, inside: str, *, number: int | None = 1, sender: int = 1) -> str:
    """A message as the platform writes it."""
    head = HEAD.replace("resident-1", f"resident-{sender}")
    tail = "" if number is None else f"<MsgId>{7_000_000_000_000_000 + number}</MsgId>"
    return f"<xml>{head}<MsgType><![CDATA[{kind}]]></MsgType>{inside}{tail}</xml>"


def cdata(words: str) -> str:
    """Words that may hold `]]>`."""
    return "<![CDATA[" + words.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def event(name: str, key: str = "") -> str:
    """An event; it has no MsgId."""
    inside = f"<Event>{cdata(name)}</Event><EventKey>{cdata(key)}</EventKey>"
    return xml("event", inside, number=None)


def signature(*parts: str) -> str:
    """As the platform signs."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


class PlainAdapter:
    """An account in plain mode (明文模式)."""

    name = "wechat"
    abilities = ABILITIES
    secrets: Sequence[str] = (TOKEN, APP_SECRET, AES_KEY, "token-1")
    aes_key = ""

    def __init__(self) -> None:
        self.api = WeChatApi(app_id=APP_ID, app_secret=APP_SECRET)

    async def start(self, desk: Desk, *, patience_s: float | None) -> Channel:
        await self.api.start()
        settings = WeChat(
            token=SecretStr(TOKEN),
            aes_key=SecretStr(self.aes_key),
            app_id=APP_ID,
            app_secret=SecretStr(APP_SECRET),
            api_url=self.api.url,
        )
        if patience_s is None:
            return WeChatChannel(settings, desk)
        return WeChatChannel(settings, desk, patience_s=patience_s)

    async def stop(self) -> None:
        await self.api.stop()

    def contact(self, sender: int) -> Contact:
        return Contact(scheme="wechat", path=f"resident-{sender}")

    def text(self, words: str, *, number: int = 1, sender: int = 1) -> Call:
        inside = f"<Content>{cdata(words)}</Content>"
        return self.signed(xml("text", inside, number=number, sender=sender).encode())

    def image(self, *, number: int = 1) -> Call:
        inside = "<PicUrl>http://mmbiz.qpic.cn/a</PicUrl><MediaId>photo-1</MediaId>"
        return self.signed(xml("image", inside, number=number).encode())

    def captioned(self, words: str, *, number: int = 1) -> Call:
        raise NotImplementedError("photos come without words here")

    def voice(self, *, number: int = 1) -> Call:
        inside = "<MediaId>voice-1</MediaId><Format>amr</Format>"
        return self.signed(xml("voice", inside, number=number).encode())

    def location(self, latitude: float, longitude: float, *, number: int = 1) -> Call:
        north, east = coordinates.to_gcj02(latitude, longitude)
        inside = f"<Location_X>{north:.6f}</Location_X><Location_Y>{east:.6f}</Location_Y>"
        inside += "<Scale>16</Scale><Label>东韩村村口</Label>"
        return self.signed(xml("location", inside, number=number).encode())

    def follow(self, *, number: int = 1) -> Call:
        return self.signed(event("subscribe").encode())

    def mention(self, words: str, *, number: int = 1) -> Call:
        raise NotImplementedError("nobody mentions an official account")

    def unknown(self, *, number: int = 1) -> Call:
        return self.signed(xml("hologram", "<Light>1</Light>", number=number).encode())

    def signed(self, body: bytes) -> Call:
        query = {"timestamp": MOMENT, "nonce": NONCE}
        query["signature"] = signature(TOKEN, MOMENT, NONCE)
        return Call(path=PATH, query=query, body=body, headers={"Content-Type": "text/xml"})

    def forged(self, call: Call) -> Call:
        spoiled = {
            name: ("0" + value[1:] if value[0] != "0" else "1" + value[1:])
            for name, value in call.query.items()
            if name.endswith("signature")
        }
        return replace(call, query={**call.query, **spoiled})

    def unsigned(self, call: Call) -> Call:
        kept = {k: v for k, v in call.query.items() if not k.endswith("signature")}
        return replace(call, query=kept)

    def hostile(self) -> Mapping[str, bytes]:
        return HOSTILE

    def told(self, answer: Answer) -> str:
        return content(answer.body)

    def sent(self) -> Sequence[str]:
        return [words for _, words in self.api.sent]

    def breaks(self, how: str) -> None:
        self.api.lost = how == "lost"
        if how == "gone":
            self.api.refusals.append({"errcode": 43004, "errmsg": "require subscribe"})
        if how == "busy":
            self.api.refusals.extend([{}, {"errcode": -1, "errmsg": "busy"}])
        if how == "huge":
            self.api.media["photo-1"] = (b"a" * (media.LONGEST_BYTES + 1), "image/jpeg")


class EncryptedAdapter(PlainAdapter):
    """An account in encrypted mode (安全模式)."""

    aes_key = AES_KEY

    def signed(self, body: bytes) -> Call:
        try:
            plain = body.decode()
        except UnicodeDecodeError:
            return self.enveloped(body)
        if not plain or len(plain) > 40_000:  # in an envelope it would be larger than allowed
            return self.enveloped(body)
        sealed = WeChatCrypto(TOKEN, AES_KEY, APP_ID).encrypt_message(plain, NONCE, MOMENT)
        return self.enveloped(sealed.encode(), cipher(sealed))

    def enveloped(self, body: bytes, sealed: str = "") -> Call:
        """Any body with a good signature, though not of that body where it is no envelope."""
        call = super().signed(body)
        proof = {
            "encrypt_type": "aes",
            "msg_signature": signature(TOKEN, MOMENT, NONCE, sealed),
        }
        return replace(call, query={**call.query, **proof})

    def told(self, answer: Answer) -> str:
        if not answer.body or answer.body == b"success":
            return ""
        root = ElementTree.fromstring(answer.body)
        proof = [root.findtext(name, "") for name in ("MsgSignature", "TimeStamp", "Nonce")]
        crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
        return content(crypto.decrypt_message(answer.body.decode(), *proof).encode())


def cipher(sealed: str) -> str:
    """The encrypted part of an envelope."""
    return ElementTree.fromstring(sealed).findtext("Encrypt", "")


def content(body: bytes) -> str:
    """The words of a reply, after a look at its form."""
    if body == b"success":
        return ""
    root = ElementTree.fromstring(body)
    names = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    assert [child.tag for child in root] == names
    assert root.findtext("ToUserName") == "resident-1"
    assert root.findtext("FromUserName") == ACCOUNT
    assert root.findtext("MsgType") == "text"
    words = root.findtext("Content", "")
    assert len(words.encode()) <= 2048
    return words


_TEXT = f"<xml>{HEAD}<MsgType>text</MsgType>"
_ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE: Mapping[str, bytes] = {
    "many laughs": (_ENTITIES + _TEXT + "<Content>&b;</Content><MsgId>1</MsgId></xml>").encode(),
    "an outer file": (
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        + _TEXT
        + "<Content>&a;</Content><MsgId>1</MsgId></xml>"
    ).encode(),
    "depth": b"<xml>" + b"<a>" * 10_000,
    "closed depth": b"<xml>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</xml>",
    "many elements": (_TEXT + "<a/>" * 5_000 + "</xml>").encode(),
    "CDATA without end": (_TEXT + "<Content><![CDATA[a</Content></xml>").encode(),
    "many beginnings of CDATA": b"<![CDATA[" * 4_000,
    "tags in the text": (_TEXT + "<Content><a>1</a></Content><MsgId>1</MsgId></xml>").encode(),
    "two kinds": (_TEXT + "<MsgType>image</MsgType><MsgId>1</MsgId></xml>").encode(),
    "two senders": (
        _TEXT + "<FromUserName>b</FromUserName><Content>a</Content><MsgId>1</MsgId></xml>"
    ).encode(),
    "a MsgId of words": (_TEXT + "<Content>a</Content><MsgId>one</MsgId></xml>").encode(),
    "no MsgId": (_TEXT + "<Content>a</Content></xml>").encode(),
    "a negative MsgId": (_TEXT + "<Content>a</Content><MsgId>-1</MsgId></xml>").encode(),
    "an endless MsgId": (_TEXT + f"<Content>a</Content><MsgId>{'9' * 9000}</MsgId></xml>").encode(),
    "no sender": b"<xml><MsgType>text</MsgType><Content>a</Content><MsgId>1</MsgId></xml>",
    "no kind": f"<xml>{HEAD}<Content>a</Content><MsgId>1</MsgId></xml>".encode(),
    "another root": f"<html>{HEAD}<MsgType>text</MsgType></html>".encode(),
    "only words": b"hello",
    "an empty root": b"<xml/>",
    "words in the root": b"<xml>hello</xml>",
    "a lone surrogate": (_TEXT + "<Content>&#xD83D;</Content><MsgId>1</MsgId></xml>").encode(),
    "a null": (_TEXT + "<Content>&#0;</Content><MsgId>1</MsgId></xml>").encode(),
    "a raw surrogate": _TEXT.encode() + b"<Content>\xed\xa0\x80</Content><MsgId>1</MsgId></xml>",
    "a pin nowhere": xml(
        "location", "<Location_X>north</Location_X><Location_Y>1</Location_Y>"
    ).encode(),
    "a pin beyond the world": xml(
        "location", "<Location_X>91</Location_X><Location_Y>1</Location_Y>"
    ).encode(),
    "a pin that is no number": xml(
        "location", "<Location_X>nan</Location_X><Location_Y>1</Location_Y>"
    ).encode(),
    "a photo without id": xml("image", "<PicUrl>http://a</PicUrl>").encode(),
    "a name of two lines": (
        b"<xml><FromUserName>a\nb</FromUserName><MsgType>text</MsgType>"
        b"<Content>a</Content><MsgId>1</MsgId></xml>"
    ),
    "a name of a thousand letters": (
        f"<xml><FromUserName>{'a' * 1000}</FromUserName><MsgType>text</MsgType>"
        "<Content>a</Content><MsgId>1</MsgId></xml>"
    ).encode(),
}
