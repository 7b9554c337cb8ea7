"""The guarded manager interface against a server that cuts, freezes, floods and forges."""

import asyncio
import threading
import uuid
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from channels.phone.exchange import ami, packets
from channels.phone.exchange.ami import Link
from channels.phone.exchange.exchange import Exchange, Next, tells_digits
from channels.phone.exchange.happenings import Arrived, Ended, Happening, Pressed
from channels.phone.exchange.packets import AmiLost, AmiRefused, Packet
from config import runtime
from config.sections import Phone
from tests.phone import manager
from tests.phone.manager import Manager

CALL = "0b5a2f8e-6f1c-4a57-9a51-1d2f3a4b5c6d"
ANNOUNCED = (
    "Event: UserEvent\r\nUserEvent: HotlineCall\r\nChannel: PJSIP/trunk-00000001\r\n"
    f"Uniqueid: 17.1\r\nCallId: {CALL}\r\nCaller: 13912345678\r\nKind: incoming\r\n"
)


@pytest.fixture
async def server() -> AsyncIterator[Manager]:
    async with Manager() as running:
        yield running


@pytest.fixture
async def told() -> list[Packet]:
    return []


@pytest.fixture
async def link(server: Manager, told: list[Packet]) -> AsyncIterator[Link]:
    made = Link(host="127.0.0.1", port=server.port, on_event=told.append, answer_s=0.5)
    await made.open("hotline", manager.SECRET)
    yield made
    await made.close()


async def _until(held: "deque[object] | list[Packet] | list[Happening]", count: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(held) < count:
            await asyncio.sleep(0.01)


def _phone(server: Manager, secret: str = manager.SECRET) -> Phone:
    exchange = {"port": server.port, "secret": secret}
    return Phone.model_validate({"exchange": exchange})


async def test_secret_goes_over_no_wire_and_into_no_log(server: Manager) -> None:
    with structlog.testing.capture_logs() as logs:
        for secret in (manager.SECRET, "a wrong one"):
            exchange = Exchange(_phone(server, secret), runtime.system())
            assert await exchange.step() is (secret == manager.SECRET)
    for secret in (manager.SECRET, "a wrong one"):
        assert secret.encode() not in bytes(server.received)
        assert secret not in repr(logs)


@pytest.mark.parametrize("pieces", [1, 2, 3, 7, 64])
async def test_packets_are_the_same_however_they_are_cut(
    server: Manager, link: Link, told: list[Packet], pieces: int
) -> None:
    server.pieces = pieces
    for number in range(20):
        await server.tell(f"Event: Hangup\r\nUniqueid: {number}\r\nName: 东韩村\r\n")
    pong = await link.ask("Ping")
    assert pong["Timestamp"] == str(server.now)
    assert [each.fields["Uniqueid"] for each in told] == [str(n) for n in range(20)]
    assert {each.fields["Name"] for each in told} == {"东韩村"}


async def test_packet_behind_a_line_break_too_many_is_not_lost(
    server: Manager, link: Link, told: list[Packet]
) -> None:
    await server.tell("Event: TestEvent\r\nState: x\r\n\r\n")
    await server.tell("Event: Hangup\r\nUniqueid: 1\r\n")
    server.between = "\r\n"
    assert (await link.ask("Ping"))["Ping"] == "Pong"
    await server.tell("Event: Hangup\r\nUniqueid: 2\r\n")
    await _until(told, 2)
    assert [(each.name, each.fields["Uniqueid"]) for each in told] == [
        ("Hangup", "1"),
        ("Hangup", "2"),
    ]


@pytest.mark.parametrize("mark", ["\r", "\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
async def test_callers_name_forges_no_header(
    server: Manager, link: Link, told: list[Packet], mark: str
) -> None:
    await server.tell(f"Event: Hangup\r\nCallerIDName: x{mark}Uniqueid: 666\r\nUniqueid: 1\r\n")
    await _until(told)
    assert told[0].fields["Uniqueid"] == "1"
    assert told[0].fields["CallerIDName"] == "x Uniqueid: 666"


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=4))
def test_what_we_send_is_as_many_lines_as_it_has_fields_or_is_refused(
    fields: dict[str, str],
) -> None:
    try:
        sent = packets.lines("Setvar", fields).decode()
    except ValueError:
        return
    assert sent.endswith("\r\n\r\n")
    assert len(sent.splitlines()) == len(fields) + 2


@pytest.mark.parametrize("bad", ["a\r\nAction: Logoff", "a\nb", "a\x00", "a\u2028b", "长" * 400])
async def test_value_that_would_be_more_than_a_value_is_refused(
    server: Manager, link: Link, bad: str
) -> None:
    count = len(server.actions)
    with pytest.raises(ValueError, match="Setvar"):
        await link.ask("Setvar", Variable="X", Value=bad)
    with pytest.raises(ValueError, match="Setvar"):
        await link.ask("Setvar", **{"Value\r\nX": "1"})
    assert len(server.actions) == count


async def test_frozen_asterisk_and_reset_are_both_a_lost_connection(
    server: Manager, link: Link
) -> None:
    server.frozen = True
    with pytest.raises(AmiLost, match="no answer"):
        await link.ask("Ping")
    waiting = asyncio.create_task(link.ask("Ping"))
    await asyncio.sleep(0.05)
    server.cut()
    with pytest.raises(AmiLost):
        await waiting
    assert await link.lost()
    with pytest.raises(AmiLost):
        await link.ask("Ping")


async def test_list_without_an_end_is_lost_when_the_connection_is(
    server: Manager, link: Link
) -> None:
    server.answers["QueueStatus"] = deque(["Response: Success\r\nActionID: @\r\n"])
    waiting = asyncio.create_task(link.ask_list("QueueStatus"))
    await asyncio.sleep(0.1)
    server.cut()
    with pytest.raises(AmiLost):
        await waiting


async def test_refusal_says_what_asterisk_said(server: Manager, link: Link) -> None:
    server.answers["Hangup"] = deque(
        ["Response: Error\r\nActionID: @\r\nMessage: No such channel\r\n"]
    )
    with pytest.raises(AmiRefused, match="No such channel"):
        await link.ask("Hangup", Channel="x")
    assert await link.ask("Ping")


async def test_whoever_is_not_asterisk_is_not_spoken_to(server: Manager) -> None:
    server.greeting = "SSH-2.0-OpenSSH_9.2\r\n"
    made = Link(host="127.0.0.1", port=server.port, on_event=lambda packet: None)
    with pytest.raises(AmiLost, match="not a manager interface"):
        await made.open("hotline", manager.SECRET)
    await made.close()
    assert server.actions == []


async def test_nobody_there_is_said_with_the_address() -> None:
    async with Manager() as gone:
        port = gone.port
    made = Link(host="127.0.0.1", port=port, on_event=lambda packet: None)
    with pytest.raises(AmiLost, match=f"127.0.0.1:{port}"):
        await made.open("hotline", manager.SECRET)
    await made.close()


async def test_packet_without_an_end_and_a_flood_are_bounded(
    server: Manager, link: Link, told: list[Packet]
) -> None:
    await server.raw(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n" * 30_000)
    await _until(told, 30_000)
    assert (await link.ask("Ping"))["Ping"] == "Pong"
    with suppress(ConnectionError):
        await server.raw(b"Event: " + b"x" * (packets.MOST_PACKET_BYTES + 10))
    async with asyncio.timeout(5):
        assert await link.lost() == "a packet has no end"


async def test_reader_that_falls_behind_gives_up_the_connection(
    server: Manager, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami, "MOST_INBOX", 100)
    flood = b"Event: Hangup\r\nUniqueid: 1\r\n\r\n" * 200
    writing = asyncio.create_task(server.raw(flood))
    await asyncio.sleep(0)
    threading.Event().wait(0.3)  # the loop stands still, the reader reads
    await asyncio.gather(writing, return_exceptions=True)
    async with asyncio.timeout(5):
        assert await link.lost() == "events come faster than they are read"


async def test_listener_that_fails_costs_no_connection(server: Manager) -> None:
    def fails(packet: Packet) -> None:
        raise RuntimeError("listener")

    made = Link(host="127.0.0.1", port=server.port, on_event=fails)
    await made.open("hotline", manager.SECRET)
    with structlog.testing.capture_logs() as logs:
        await server.tell("Event: Hangup\r\nUniqueid: 1\r\n")
        assert await made.ask("Ping")
    assert [each["event"] for each in logs] == ["ami_event_failed"]
    await made.close()


async def test_no_thread_is_left_behind(server: Manager) -> None:
    for _ in range(5):
        made = Link(host="127.0.0.1", port=server.port, on_event=lambda packet: None)
        await made.open("hotline", manager.SECRET)
        await made.close()
    async with asyncio.timeout(3):
        while any(each.name.startswith("ami-") for each in threading.enumerate()):
            await asyncio.sleep(0.02)


@pytest.fixture
async def happened() -> list[Happening]:
    return []


@pytest.fixture
async def exchange(server: Manager, happened: list[Happening]) -> AsyncIterator[Exchange]:
    made = Exchange(_phone(server), runtime.system(), on_happening=happened.append)
    task = asyncio.create_task(made.run())
    async with asyncio.timeout(5):
        while not made.up:
            await asyncio.sleep(0.01)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_heartbeat_is_asterisks_own_time_and_stops_with_us(server: Manager) -> None:
    willing = [True]
    exchange = Exchange(_phone(server), runtime.system(), willing=lambda: willing[0])
    task = asyncio.create_task(exchange.run())
    beat = ("GLOBAL(HOTLINE_BEAT)", "1700000000")
    async with asyncio.timeout(5):
        while server.variables().count(beat) < 2:
            await asyncio.sleep(0.01)
    willing[0] = False
    await asyncio.sleep(0.05)
    count = len(server.variables())
    await asyncio.sleep(1.3)
    assert len(server.variables()) == count
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert server.variables()[-1] == ("GLOBAL(HOTLINE_BEAT)", "0")


async def test_connection_that_breaks_is_made_anew_within_the_heartbeats_age(
    server: Manager, exchange: Exchange, happened: list[Happening]
) -> None:
    await server.tell(ANNOUNCED)
    await _until(happened)
    server.cut()
    async with asyncio.timeout(2):
        while server.connections < 2 or not exchange.up:
            await asyncio.sleep(0.01)
    # Nobody rings any more, says the state that was read anew.
    await _until(happened, 2)
    assert happened[1] == Ended(call_id=CALL, cause=0)


async def test_frozen_asterisk_is_left_for_a_fresh_connection(
    server: Manager, exchange: Exchange
) -> None:
    server.frozen = True
    async with asyncio.timeout(6):
        while exchange.up:
            await asyncio.sleep(0.02)
    server.frozen = False
    async with asyncio.timeout(8):
        while not exchange.up:
            await asyncio.sleep(0.02)


async def test_who_waits_for_an_announcement_gets_it_when_it_comes(
    server: Manager, exchange: Exchange
) -> None:
    waiting = asyncio.create_task(exchange.wait_caller(CALL, 5))
    await asyncio.sleep(0.05)
    await server.tell(ANNOUNCED)
    who = await waiting
    assert who is not None
    assert (who.number, who.channel) == ("13912345678", "PJSIP/trunk-00000001")
    assert await exchange.wait_caller(str(uuid.uuid4()), 0.05) is None


async def test_next_is_set_on_the_calls_own_channel_commas_and_all(
    server: Manager, exchange: Exchange, happened: list[Happening]
) -> None:
    await server.tell(ANNOUNCED)
    await _until(happened)
    await server.tell(
        "Event: Rename\r\nChannel: PJSIP/trunk-00000001\r\nNewname: PJSIP/trunk-9\r\nUniqueid: 17.1\r\n"
    )
    await exchange.wait_caller(CALL, 1)
    await asyncio.sleep(0.05)
    assert await exchange.set_next(CALL, Next.BYE, "东韩村,路灯\r\nAction: Logoff")
    asked = [each for each in server.actions if each.get("Channel") == "PJSIP/trunk-9"]
    assert [(each["Variable"], each["Value"]) for each in asked] == [
        ("HOTLINE_HEARD", "东韩村,路灯  Action: Logoff"),
        ("HOTLINE_NEXT", "bye"),
    ]
    server.answers["Setvar"] = deque(["Response: Error\r\nActionID: @\r\nMessage: gone\r\n"] * 3)
    assert not await exchange.set_next(CALL, Next.BYE)
    assert not await exchange.set_next(str(uuid.uuid4()), Next.BYE)


@pytest.mark.parametrize(
    ("version", "ours"),
    [
        ("20.9.3", True),
        ("20.14.0", False),
        ("21.1.0", True),
        ("22.3.1", True),
        ("22.10.1~dfsg", False),
        ("23.0.0", False),
        ("GIT-master", True),
    ],
)
async def test_old_asterisk_tells_keys_by_the_manager_interface(
    server: Manager, version: str, ours: bool
) -> None:
    assert tells_digits(version) is not ours
    server.version = version
    happened: list[Happening] = []
    exchange = Exchange(_phone(server), runtime.system(), on_happening=happened.append)
    assert await exchange.step()
    await server.tell(ANNOUNCED)
    await server.tell("Event: DTMFEnd\r\nUniqueid: 17.1\r\nDigit: 0\r\nDirection: Received\r\n")
    await server.tell("Event: DTMFEnd\r\nUniqueid: 17.1\r\nDigit: 5\r\nDirection: Sent\r\n")
    await server.tell("Event: Hangup\r\nUniqueid: 17.1\r\nCause: 16\r\n")
    async with asyncio.timeout(5):
        while not any(isinstance(each, Ended) for each in happened):
            await asyncio.sleep(0.01)
    pressed = [Pressed(call_id=CALL, digit="0")] if ours else []
    assert isinstance(happened[0], Arrived)
    assert happened[1:-1] == pressed
    task = asyncio.create_task(exchange.run())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
