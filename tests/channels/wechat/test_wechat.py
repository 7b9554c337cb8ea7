"""The WeChat channel, behind a real server and before a double of the platform's API."""

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict, Processor

from channels.message import Attachment
from channels.wechat import payload
from tests.channels import contract
from tests.channels.contract import Call, Case, Kit
from tests.channels.desk import said
from tests.channels.wechat import platform
from tests.channels.wechat.platform import EncryptedAdapter, PlainAdapter, event, xml
from tests.servers import PHOTO, WeChatApi

CASES = contract.cases(platform.ABILITIES)


@pytest.mark.parametrize("case", CASES, ids=contract.name)
async def test_plain_mode_keeps_the_contract(case: Case) -> None:
    await contract.run(case, PlainAdapter())


@pytest.mark.parametrize("case", CASES, ids=contract.name)
async def test_encrypted_mode_keeps_the_contract(case: Case) -> None:
    await contract.run(case, EncryptedAdapter())


async def test_the_address_is_set_up_by_an_echo() -> None:
    async def story(kit: Kit) -> None:
        call = kit.adapter.signed(b"")
        asked = Call(path=call.path, query={**call.query, "echostr": "<b>4609"}, method="GET")
        plain = {k: v for k, v in asked.query.items() if k != "msg_signature"}
        answer = await kit.call(replace(asked, query=plain))
        assert answer.body == b"<b>4609"
        assert (await kit.call(kit.adapter.forged(replace(asked, query=plain)))).status == 403

    await run(story)
    await run(story, encrypted=True)


async def test_an_old_request_is_refused_and_one_of_minutes_ago_is_not() -> None:
    async def story(kit: Kit) -> None:
        kit.desk.now += timedelta(minutes=9)
        assert (await kit.call(kit.adapter.text("你好"))).taken
        kit.desk.now += timedelta(minutes=2)
        assert (await kit.call(kit.adapter.text("你好", number=2))).status == 403

    await run(story)


async def test_an_account_with_a_key_takes_no_plain_message() -> None:
    async def story(kit: Kit) -> None:
        answer = await kit.call(PlainAdapter().text("假的"))
        assert answer.status in (400, 403)
        assert kit.desk.received == []

    await run(story, encrypted=True)


async def test_one_bit_changed_in_a_cipher_is_forged() -> None:
    async def story(kit: Kit) -> None:
        call = kit.adapter.text("你好")
        cipher = platform.cipher(call.body.decode())
        changed = bytearray(base64.b64decode(cipher))
        changed[40] ^= 1
        other = base64.b64encode(changed).decode()
        body = call.body.replace(cipher.encode(), other.encode())
        assert (await kit.call(replace(call, body=body))).status == 403

    await run(story, encrypted=True)


@pytest.mark.parametrize("cipher", ["", "AAAA", "===", "路", "A" * 44, "A" * 4000])
async def test_a_signed_cipher_that_is_none_is_refused(cipher: str) -> None:
    async def story(kit: Kit) -> None:
        assert isinstance(kit.adapter, EncryptedAdapter)
        body = f"<xml><Encrypt><![CDATA[{cipher}]]></Encrypt></xml>".encode()
        assert (await kit.call(kit.adapter.enveloped(body, cipher))).status in (400, 403)
        await kit.still_works()

    await run(story, encrypted=True)


async def test_two_ciphers_in_one_envelope_are_refused() -> None:
    async def story(kit: Kit) -> None:
        call = kit.adapter.text("你好")
        body = call.body.replace(b"</xml>", b"<Encrypt>AAAA</Encrypt></xml>")
        assert (await kit.call(replace(call, body=body))).status == 400

    await run(story, encrypted=True)


@pytest.mark.parametrize(
    ("name", "key", "told"),
    [
        ("subscribe", "", "follow"),
        ("subscribe", "qrscene_12", "follow"),
        ("SCAN", "12", "scan:12"),
        ("CLICK", "progress", "menu:progress"),
        ("CLICK", "]]>", "menu:]]>"),
    ],
)
async def test_events_are_told_in_our_words(name: str, key: str, told: str) -> None:
    async def story(kit: Kit) -> None:
        message = await kit.heard(signed(kit, event(name, key)))
        assert (message.event, message.text) == (told, "")

    await run(story)


@pytest.mark.parametrize(
    "name", ["unsubscribe", "VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "location_select", "new"]
)
async def test_events_that_tell_of_no_wish_are_counted_and_no_more(name: str) -> None:
    async def story(kit: Kit) -> None:
        answer = await kit.call(signed(kit, event(name, "a")))
        assert (answer.status, answer.body) == (200, b"success")
        assert kit.desk.received == []
        assert kit.channel.health()["ignored"] == 1

    await run(story)


async def test_two_events_of_one_second_are_two() -> None:
    async def story(kit: Kit) -> None:
        for call in (event("subscribe"), event("CLICK", "a"), event("CLICK", "b")):
            await kit.call(signed(kit, call))
        assert len({message.external_id for message in kit.desk.received}) == 3

    await run(story)


async def test_recognised_speech_is_text_with_a_confidence() -> None:
    async def story(kit: Kit) -> None:
        inside = "<MediaId>voice-1</MediaId><Recognition>路灯坏了</Recognition>"
        message = await kit.heard(signed(kit, xml("voice", inside)))
        assert (message.text, message.confidence) == ("路灯坏了", payload.RECOGNISED)
        assert message.attachments[0].kind == "voice"
        silent = await kit.heard(kit.adapter.voice(number=2))
        assert (silent.text, silent.confidence) == ("", None)

    await run(story)


async def test_a_pin_keeps_the_platforms_words() -> None:
    async def story(kit: Kit) -> None:
        point = (await kit.heard(kit.adapter.location(37.0, 114.7))).point
        assert point is not None and point.label == "东韩村村口"

    await run(story)


async def test_a_link_is_an_attachment_with_its_title() -> None:
    async def story(kit: Kit) -> None:
        inside = "<Title>通知</Title><Description>停水</Description><Url>{}</Url>"
        good = await kit.heard(signed(kit, xml("link", inside.format("https://a.cn/b"))))
        assert good.attachments == (
            Attachment(kind="link", reference="https://a.cn/b", caption="通知 停水"),
        )
        bad = inside.format("javascript:alert(1)")
        assert (await kit.heard(signed(kit, xml("link", bad, number=2)))).attachments == (
            Attachment(kind="link", reference="", caption="通知 停水"),
        )

    await run(story)


async def test_a_mini_program_is_answered_that_we_cannot_read_it() -> None:
    async def story(kit: Kit) -> None:
        answer = await kit.call(signed(kit, xml("miniprogrampage", "<Title>a</Title>")))
        assert answer.taken
        assert kit.desk.received[0].event == "unsupported"

    await run(story)


async def test_a_photo_is_told_of_first_and_fetched_then() -> None:
    async def story(kit: Kit) -> None:
        api(kit).media_gate.clear()
        (photo,) = (await kit.heard(kit.adapter.image())).attachments
        assert photo == Attachment(kind="image", reference="wechat-media:photo-1")
        api(kit).media_gate.set()
        assert await kit.channel.fetch(photo) == (PHOTO, "image/jpeg")

    await run(story)


async def test_running_fetches_a_token_and_warns_of_plain_mode() -> None:
    async def story(kit: Kit) -> None:
        with capture_logs() as logs:
            running = asyncio.create_task(kit.channel.run())
            async with asyncio.timeout(contract.WAIT_S):
                await api(kit).token_asked.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert [log["event"] for log in logs] == ["wechat_plain_mode"]

    await run(story)


async def test_running_goes_on_while_there_is_no_token() -> None:
    async def story(kit: Kit) -> None:
        api(kit).token_refusals.append({"errcode": 40125, "errmsg": "invalid appsecret"})
        warned = asyncio.Event()

        def listen(_: object, __: str, log: EventDict) -> EventDict:
            if log["event"] == "wechat_token_missing":
                warned.set()
            raise structlog.DropEvent

        with configured(listen):
            running = asyncio.create_task(kit.channel.run())
            async with asyncio.timeout(contract.WAIT_S):
                await warned.wait()
            assert not running.done()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert kit.channel.health()["token"] is False
        assert (await kit.call(kit.adapter.text("你好"))).taken

    await run(story, encrypted=True)


async def test_stopping_waits_for_what_is_being_received() -> None:
    async def story(kit: Kit) -> None:
        kit.desk.gate.clear()
        assert kit.adapter.told(await kit.call(kit.adapter.text("路灯坏了"))) == ""
        running = asyncio.create_task(kit.channel.run())
        async with asyncio.timeout(contract.WAIT_S):
            await api(kit).token_asked.wait()
        running.cancel()
        kit.desk.gate.set()
        await asyncio.gather(running, return_exceptions=True)
        assert len(kit.desk.later) == 1

    await contract.run(Case(run=story, patience_s=0.05), EncryptedAdapter())


async def test_logs_hold_neither_words_nor_names() -> None:
    async def story(kit: Kit) -> None:
        with capture_logs() as logs:
            kit.desk.failures = 1
            await kit.call(kit.adapter.text("路灯坏了"))
            await kit.call(kit.adapter.forged(kit.adapter.text("路灯坏了")))
            await kit.call(signed(kit, xml("text", "<Content><路灯/></Content>")))
        assert len(logs) == 3
        assert not [log for log in logs if "路灯" in str(log) or "resident" in str(log)]

    await run(story)


async def test_health_counts_what_came() -> None:
    async def story(kit: Kit) -> None:
        await kit.call(kit.adapter.text("你好"))
        await kit.call(kit.adapter.forged(kit.adapter.text("假的")))
        await kit.call(kit.adapter.signed(b"<xml>"))
        health = kit.channel.health()
        assert [health[name] for name in ("received", "forged", "malformed")] == [1, 1, 1]
        assert health["encrypted"] is False and health["waiting"] == 0

    await run(story)


@contextmanager
def configured(processor: Processor) -> Iterator[None]:
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[processor])
    try:
        yield
    finally:
        structlog.configure(processors=before)


async def run(story: contract.Run, *, encrypted: bool = False) -> None:
    adapter = EncryptedAdapter() if encrypted else PlainAdapter()
    await contract.run(Case(run=story), adapter)


def api(kit: Kit) -> WeChatApi:
    assert isinstance(kit.adapter, PlainAdapter)
    return kit.adapter.api


def signed(kit: Kit, body: str) -> Call:
    return kit.adapter.signed(body.encode())


async def test_choices_are_a_menu_below_a_notice() -> None:
    async def story(kit: Kit) -> None:
        asked = replace(said("您看解决了没有"), choices=("解决了", "没解决"))
        await kit.channel.send(kit.adapter.contact(1), asked)
        menu = json.loads(api(kit).bodies[0])["msgmenu"]
        assert [each["content"] for each in menu["list"]] == ["解决了", "没解决"]

    await run(story)
