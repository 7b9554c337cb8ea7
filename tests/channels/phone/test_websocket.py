"""The media WebSocket over real sockets, with Asterisk's side played from its own source."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import (
    ClientSession,
    ClientWebSocketResponse,
    WSMsgType,
    WSServerHandshakeError,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.phone.audio import signals, websocket, webwire
from channels.phone.audio.media import FRAME_MS, Ended, Media, OnCall
from channels.phone.audio.signals import Dialect, Key, Start, Wait
from channels.phone.audio.websocket import WebSocketServer
from tests.channels.phone.peer import Service

CALL = "0190b0c1-7e4f-7a3b-8c2d-1234567890ab"
TOKEN = "a token of this test"
PLAIN_START = (
    "MEDIA_START connection_id:hotline channel:WebSocket/hotline/0x51400 channel_id:1761245643.1"
    " format:slin16 optimal_frame_size:640 ptime:20"
)
JSON_START = json.dumps(
    {
        "event": "MEDIA_START",
        "channel": "WebSocket/hotline/0x1",
        "format": "slin16",
        "optimal_frame_size": 640,
    }
)
VOICE = bytes(range(1, 161)) * 4 * 25  # half a second at 16 kHz


@asynccontextmanager
async def serving(on_call: OnCall, *, most_calls: int = 4) -> AsyncIterator[WebSocketServer]:
    server = WebSocketServer(
        host="127.0.0.1",
        port=0,
        token=TOKEN,
        on_call=on_call,
        most_calls=most_calls,
        elapsed=time.monotonic,
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Asterisk:
    """One channel of chan_websocket; what it was sent lies in `messages` with its time."""

    def __init__(self, session: ClientSession, socket: ClientWebSocketResponse) -> None:
        self._session = session
        self.socket = socket
        self.messages: list[tuple[float, str | bytes]] = []
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def connect(
        cls, port: int, *, call_id: str = CALL, start: str = PLAIN_START, token: str = TOKEN
    ) -> "Asterisk":
        password = base64.b64encode(b"hotline:" + token.encode()).decode()
        session = ClientSession(headers={"Authorization": f"Basic {password}"})
        address = f"http://127.0.0.1:{port}{websocket.PATH}?uuid={call_id}"
        try:
            socket = await session.ws_connect(address, protocols=("media",))
        except WSServerHandshakeError:
            await session.close()
            raise
        asterisk = cls(session, socket)
        if start:
            await socket.send_str(start)
        return asterisk

    async def ended(self, within_s: float = 5.0) -> bool:
        """Whether the other side said HANGUP and closed."""
        async with asyncio.timeout(within_s):
            await asyncio.wait((self._listening,))
        await self._session.close()
        return any(message in ("HANGUP", '{"command": "HANGUP"}') for _, message in self.messages)

    async def hang_up(self) -> None:
        await self.socket.close()
        await self._session.close()

    @property
    def audio(self) -> bytes:
        return b"".join(data for _, data in self.messages if isinstance(data, bytes))

    async def _listen(self) -> None:
        async for message in self.socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.messages.append((time.monotonic(), message.data))


@pytest.mark.parametrize("start", [PLAIN_START, JSON_START], ids=["plain", "json"])
async def test_caller_is_heard_at_16_khz_with_his_keys_and_his_end(start: str) -> None:
    service = Service()
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port, start=start)
        assert asterisk.socket.protocol == "media"
        for at in range(0, len(VOICE), 640):
            await asterisk.socket.send_bytes(VOICE[at : at + 640])
        await asterisk.socket.send_str("DTMF_END digit:5 channel_id:1761245643.1")
        await asterisk.socket.send_str('{"event":"DTMF_END","channel_id":"1","digit":"#"}')
        await asterisk.hang_up()
        await service.finished()
    assert service.calls == [CALL]
    assert service.heard == VOICE
    assert service.digits == "5#"
    assert service.end == Ended.HANGUP


async def test_speech_is_sent_ahead_in_whole_frames_and_nothing_in_silence() -> None:
    times: list[float] = []

    async def say(media: Media) -> None:
        await asyncio.sleep(0.2)
        times.append(time.monotonic())
        assert await media.play(VOICE * 2)
        times.append(time.monotonic())
        await asyncio.sleep(0.2)

    service = Service(say)
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port)
        await service.finished()
        assert await asterisk.ended()
    assert asterisk.audio == VOICE * 2
    sent = [(at, data) for at, data in asterisk.messages if isinstance(data, bytes)]
    assert all(len(data) % 640 == 0 for _, data in sent)
    assert len(sent) <= 15  # five frames to a message
    assert sent[0][0] - times[0] < 0.1
    assert abs(times[1] - times[0] - 1.0) < 0.15
    ahead = [
        sum(len(d) for _, d in sent[: n + 1]) / 32_000 - (at - sent[0][0])
        for n, (at, _) in enumerate(sent[:-1])
    ]
    assert min(ahead) > 0.05  # Asterisk never runs dry
    assert max(ahead) < 0.35


async def test_barge_in_takes_back_what_was_sent_ahead() -> None:
    async def say(media: Media) -> None:
        saying = asyncio.create_task(_play(media, VOICE * 10))
        await asyncio.sleep(0.3)
        media.stop()
        assert await saying is False
        await asyncio.sleep(0.2)

    service = Service(say)
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port)
        await service.finished()
        assert await asterisk.ended()
    said = [message for _, message in asterisk.messages]
    flush = said.index("FLUSH_MEDIA")
    assert flush > 0
    assert not any(isinstance(message, bytes) for message in said[flush:])


async def _play(media: Media, pcm: bytes) -> bool:
    return await media.play(pcm)


async def test_asterisk_that_has_enough_is_waited_for() -> None:
    async def say(media: Media) -> None:
        await asyncio.sleep(0.2)
        assert await media.play(VOICE)

    service = Service(say)
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port)
        await asterisk.socket.send_str("MEDIA_XOFF")
        await asyncio.sleep(0.6)
        assert asterisk.audio == b""
        await asterisk.socket.send_str("MEDIA_XON")
        assert await asterisk.ended()
    assert asterisk.audio == VOICE


@pytest.mark.parametrize("token", ["", "another", TOKEN + "x", "南和"])
async def test_whoever_has_not_the_token_is_refused(token: str) -> None:
    service = Service()
    async with serving(service) as server:
        with pytest.raises(WSServerHandshakeError) as refused:
            await Asterisk.connect(server.port, token=token)
    assert refused.value.status == 401
    assert service.calls == []


async def test_token_may_stand_in_the_address() -> None:
    async with serving(Service()) as server, ClientSession() as session:
        address = f"http://127.0.0.1:{server.port}/media"
        socket = await session.ws_connect(address, params={"uuid": CALL, "token": TOKEN})
        await socket.close()


async def test_damaged_authorization_is_refused() -> None:
    async with serving(Service()) as server, ClientSession() as session:
        address = f"http://127.0.0.1:{server.port}/media?uuid={CALL}"
        answer = await session.get(address, headers={"Authorization": "Basic ***"})
        assert answer.status == 401


async def test_server_without_a_token_is_not_made() -> None:
    with pytest.raises(ValueError, match="token"):
        WebSocketServer(
            host="127.0.0.1",
            port=0,
            token="",
            on_call=Service(),
            most_calls=1,
            elapsed=time.monotonic,
        )


async def test_call_without_an_id_is_refused() -> None:
    async with serving(Service()) as server:
        with pytest.raises(WSServerHandshakeError) as refused:
            await Asterisk.connect(server.port, call_id="nobody")
    assert refused.value.status == 400


async def test_beyond_the_most_calls_the_dial_fails_at_once() -> None:
    async with serving(Service(), most_calls=1) as server:
        first = await Asterisk.connect(server.port)
        with pytest.raises(WSServerHandshakeError) as refused:
            await Asterisk.connect(server.port, call_id="0190b0c1-7e4f-7a3b-8c2d-1234567890ac")
        await first.hang_up()
    assert refused.value.status == 503


@pytest.mark.parametrize("start", ["", "HELLO", JSON_START.replace("slin16", "opus"), "{", "[]"])
async def test_connection_that_does_not_start_as_asterisk_does_is_closed(
    start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "START_S", 0.2)
    service = Service()
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port, start=start)
        assert not await asterisk.ended()
    assert service.calls == []


async def test_half_a_sample_ends_the_call_as_lost() -> None:
    service = Service()
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port)
        await asterisk.socket.send_bytes(b"abc")
        assert await asterisk.ended()
        await service.finished()
    assert service.end == Ended.LOST


async def test_stopping_ends_every_call_in_the_normal_way() -> None:
    service = Service()
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port, start=JSON_START)
        await asyncio.sleep(0.1)
        await server.stop()
        assert await asterisk.ended()
    assert service.end == Ended.LOST


async def test_second_connection_of_one_call_is_ended() -> None:
    service = Service()
    async with serving(service) as server:
        first = await Asterisk.connect(server.port)
        await asyncio.sleep(0.1)
        second = await Asterisk.connect(server.port)
        assert await second.ended()
        await first.hang_up()
        await service.finished()
    assert service.calls == [CALL]


STARTS = {
    PLAIN_START: Start(dialect=Dialect.PLAIN, rate_hz=16_000, frame_bytes=640),
    JSON_START: Start(dialect=Dialect.JSON, rate_hz=16_000, frame_bytes=640),
    "MEDIA_START connection_id:a channel:b optimal_frame_size:320": Start(
        dialect=Dialect.PLAIN, rate_hz=8_000, frame_bytes=320
    ),
    "MEDIA_START connection_id:a format:ulaw optimal_frame_size:160": None,
    "MEDIA_XON": None,
    "": None,
}
EVENTS = {
    "MEDIA_XOFF": Wait(waiting=True),
    '{"event":"MEDIA_XON","channel_id":"1"}': Wait(waiting=False),
    "DTMF_END digit:* channel_id:1": Key(digit="*"),
    '{"event":"DTMF_END","digit":"a"}': Key(digit="A"),
    "DTMF_END digit:xx": None,
    "STATUS channel_id:1 queue_length:4": None,
    "{": None,
}


@pytest.mark.parametrize("text", STARTS)
def test_start_is_read_in_both_dialects(text: str) -> None:
    assert signals.start(text) == STARTS[text]


@pytest.mark.parametrize("text", EVENTS)
def test_event_is_read_in_both_dialects(text: str) -> None:
    assert signals.read(text) == EVENTS[text]


@settings(deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"\{\"event\":.*", fullmatch=True)))
def test_any_text_is_an_event_or_nothing(text: str) -> None:
    signals.start(text)
    signals.read(text)


def test_batch_is_shorter_than_the_lead() -> None:
    assert websocket.LEAD_MS >= 2 * (webwire.BATCH_FRAMES - 1) * FRAME_MS


async def test_message_beyond_bounds_ends_the_call_as_lost() -> None:
    service = Service()
    async with serving(service) as server:
        asterisk = await Asterisk.connect(server.port)
        await asterisk.socket.send_bytes(bytes(websocket.MOST_MESSAGE_BYTES + 2))
        await asterisk.ended()
        await service.finished()
    assert service.end == Ended.LOST


async def test_address_that_is_taken_is_said_and_can_be_tried_again() -> None:
    async with serving(Service()) as server:
        second = WebSocketServer(
            host="127.0.0.1",
            port=server.port,
            token=TOKEN,
            on_call=Service(),
            most_calls=1,
            elapsed=time.monotonic,
        )
        for _ in range(2):
            with pytest.raises(OSError):
                await second.start()
    await second.start()
    await second.stop()
