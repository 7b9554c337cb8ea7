"""The envelope around WeChat's messages: signatures, encryption, and the gate before any parser.

Pure but for the dice of encryption. The cipher is wechatpy's; the signature check is ours, because
that of wechatpy takes a time that depends on the guess.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException

from channels import http
from channels.http import Forged, Malformed

FRESH_WITHIN_S = 600
MOST_TAGS = 200  # an honest message has some 20
CDATA, CDATA_END = "<![CDATA[", "]]>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the official account and we both know."""

    app_id: str
    token: str = field(repr=False)
    aes_key: str = field(default="", repr=False)

    @property
    def encrypted(self) -> bool:
        """Is every message encrypted and signed as a whole?"""
        return bool(self.aes_key)

    @property
    def usable(self) -> bool:
        """Is the key one that the platform makes: 43 characters, 32 bytes in base64?"""
        try:
            return (
                not self.aes_key or len(base64.b64decode(self.aes_key + "=", validate=True)) == 32
            )
        except ValueError:
            return False


def verify_echo(account: Account, query: Mapping[str, str]) -> str:
    """What the platform wants to hear again when the address is set up; Forged, Malformed.

    Enterprise accounts send it encrypted; official accounts never do.
    """
    echo = query.get("echostr", "")
    if account.encrypted and "msg_signature" in query:
        _check(account.token, query, query["msg_signature"], echo)
        return _decrypted(account, echo)
    _check(account.token, query, query.get("signature", ""))
    return echo


def verify(account: Account, query: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The XML of a verified message; Forged, Malformed.

    In plain mode the signature covers the address only, not the body: that is WeChat's design.
    An account with a key takes no plain messages, or a forger would simply leave the key out.
    """
    sent_at = query.get("timestamp", "")
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
        raise Forged("the timestamp is missing")
    if abs(now.timestamp() - int(sent_at)) > FRESH_WITHIN_S:
        raise Forged("the request is too old")
    if not account.encrypted:
        _check(account.token, query, query.get("signature", ""))
        return _gated(body)
    cipher = _encrypted_part(_gated(body))
    _check(account.token, query, query.get("msg_signature", ""), cipher)
    return _gated(_decrypted(account, cipher).encode("utf-8", "surrogatepass"))


def seal(account: Account, plain: str, *, nonce: str, now: datetime) -> str:
    """The reply as it goes out: encrypted and signed where the account is, else as it is."""
    if not account.encrypted:
        return plain
    crypto = WeChatCrypto(account.token, account.aes_key, account.app_id)
    return str(crypto.encrypt_message(plain, nonce, str(int(now.timestamp()))))


def _check(token: str, query: Mapping[str, str], signature: str, *more: str) -> None:
    """Forged unless the signature is sha1 of the sorted parts, compared in constant time."""
    parts = sorted([token, query.get("timestamp", ""), query.get("nonce", ""), *more])
    signed = "".join(parts).encode("utf-8", "surrogatepass")
    if not http.same(signature, hashlib.sha1(signed).hexdigest()):
        raise Forged("the signature is wrong")


def _decrypted(account: Account, cipher: str) -> str:
    try:
        key = base64.b64decode(account.aes_key + "=")
        return str(PrpCrypto(key).decrypt(cipher, account.app_id))
    except InvalidAppIdException:
        raise Forged("the message is meant for another account") from None
    except Exception as error:  # base64, struct, index, unicode: any broken cipher
        raise Malformed(f"the message can't be decrypted: {type(error).__name__}") from None


def _gated(body: bytes) -> str:
    """The XML text, if it may go near a parser: UTF-8, no declarations, few tags outside CDATA.

    Expat is safe from entities, but a hundred thousand nested tags cost it seconds.
    """
    try:
        xml = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    tags, place = 0, 0
    while (start := xml.find(CDATA, place)) >= 0:
        tags += _tags(xml[place:start])
        end = xml.find(CDATA_END, start)
        if end < 0:
            raise Malformed("a CDATA section has no end")
        place = end + len(CDATA_END)
    if tags + _tags(xml[place:]) > MOST_TAGS:
        raise Malformed("there are too many tags")
    return xml


def _tags(markup: str) -> int:
    if "<!" in markup:
        raise Malformed("there is a declaration")
    return markup.count("<")


def _encrypted_part(xml: str) -> str:
    """What is between the tags of Encrypt, without a parser: nothing here is verified yet."""
    _, opened, rest = xml.partition("<Encrypt>")
    cipher, closed, after = rest.partition("</Encrypt>")
    if not (opened and closed) or "<Encrypt>" in after:
        raise Malformed("there must be one Encrypt")
    return cipher.strip().removeprefix(CDATA).removesuffix(CDATA_END).strip()
