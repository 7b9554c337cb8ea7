"""Published vectors of WeChat's signatures and encryption, and the gate before the parser."""

from datetime import UTC, datetime

import pytest

from channels.wechat import envelope
from channels.wechat.envelope import Account, Forged, Malformed

PLAIN = Account(app_id="wx1", token="test")
PLAIN_QUERY = {
    "signature": "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff",
    "timestamp": "1410685589",
    "nonce": "test",
    "echostr": "hello",
}
SEALED = Account(
    app_id="wx49f0ab532d5d035a",
    token="123456",
    aes_key="kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
)
SEALED_QUERY = {
    "msg_signature": "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
    "timestamp": "1411443780",
    "nonce": "437374425",
    "echostr": "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
}


def test_the_published_plain_signature_is_accepted() -> None:
    assert envelope.verify_echo(PLAIN, PLAIN_QUERY) == "hello"


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce"])
def test_the_published_plain_signature_with_one_thing_changed_is_forged(name: str) -> None:
    with pytest.raises(Forged):
        envelope.verify_echo(PLAIN, {**PLAIN_QUERY, name: PLAIN_QUERY[name][:-1] + "7"})


def test_the_published_cipher_is_opened() -> None:
    assert envelope.verify_echo(SEALED, SEALED_QUERY)


def test_the_published_cipher_with_another_nonce_is_forged() -> None:
    with pytest.raises(Forged):
        envelope.verify_echo(SEALED, {**SEALED_QUERY, "nonce": "437374424"})


def test_the_published_cipher_for_another_account_is_forged() -> None:
    other = Account(app_id="wx2", token=SEALED.token, aes_key=SEALED.aes_key)
    with pytest.raises(Forged):
        envelope.verify_echo(other, SEALED_QUERY)


def test_a_query_of_nothing_is_forged() -> None:
    for account in (PLAIN, SEALED):
        with pytest.raises(Forged):
            envelope.verify_echo(account, {})


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1e9", "１４１０６８５５８９", "9" * 400])
def test_a_timestamp_that_is_none_is_forged(stamp: str) -> None:
    now = datetime.fromtimestamp(1410685589, UTC)
    with pytest.raises(Forged):
        envelope.verify(PLAIN, {**PLAIN_QUERY, "timestamp": stamp}, b"<xml/>", now)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-600, True), (600, True), (-601, False), (601, False)]
)
def test_a_request_is_fresh_for_ten_minutes(seconds: int, taken: bool) -> None:
    now = datetime.fromtimestamp(1410685589 + seconds, UTC)
    if taken:
        assert envelope.verify(PLAIN, PLAIN_QUERY, b"<xml/>", now) == "<xml/>"
        return
    with pytest.raises(Forged, match="old"):
        envelope.verify(PLAIN, PLAIN_QUERY, b"<xml/>", now)


def test_what_the_gate_refuses_never_reaches_the_parser() -> None:
    now = datetime.fromtimestamp(1410685589, UTC)
    for body in (b"\xff", b"<!DOCTYPE x>", b"<![CDATA[", b"<a>" * 300, b"]]><!ENTITY"):
        with pytest.raises(Malformed):
            envelope.verify(PLAIN, PLAIN_QUERY, body, now)


def test_tags_within_cdata_are_words() -> None:
    now = datetime.fromtimestamp(1410685589, UTC)
    body = b"<xml><![CDATA[" + b"<!a>" * 3000 + b"]]></xml>"
    assert envelope.verify(PLAIN, PLAIN_QUERY, body, now) == body.decode()


@pytest.mark.parametrize(
    ("key", "usable"),
    [
        ("", True),
        (SEALED.aes_key, True),
        (SEALED.aes_key[:-1], False),
        ("路" * 43, False),
        ("a", False),
    ],
)
def test_a_key_that_was_copied_badly_is_seen(key: str, usable: bool) -> None:
    assert Account(app_id="wx1", token="t", aes_key=key).usable is usable


def test_an_account_shows_no_secrets() -> None:
    assert "123456" not in repr(SEALED)
    assert "kWxPEV2" not in repr(SEALED)
