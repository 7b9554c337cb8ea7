"""The AudioSocket server over real sockets, with a peer written from the protocol."""

import asyncio
import time
import uuid

import pytest

from channels.phone.audio import server as serving_module
from channels.phone.audio.media import Ended, Media
from channels.phone.audio.pacing import Player
from tests.channels.phone.peer import SILENCE, Peer, Service, serving

CALL = "0190b0c1-7e4f-7a3b-8c2d-1234567890ab"
VOICE = bytes(range(1, 161)) * 2 * 25  # half a second, no frame of it silent


async def test_caller_is_heard_sample_by_sample_with_his_keys_and_his_end() -> None:
    service = Service()
    async with serving(service) as server:
        peer = await Peer.connect(server.port, CALL)
        await peer.speak(VOICE[:3200])
        peer.send(3, b"7")
        await peer.speak(VOICE[3200:])
        peer.hang_up()
        await service.finished()
    assert service.calls == [CALL]
    assert service.heard == VOICE
    assert service.digits == "7"
    assert service.end == Ended.HANGUP


async def test_first_byte_after_byte_is_understood_too() -> None:
    service = Service()
    async with serving(service) as server:
        peer = await Peer.connect(server.port)
        for byte in b"\x01\x00\x10" + uuid.UUID(CALL).bytes + b"\x03\x00\x01#":
            peer.write(bytes([byte]))
            await asyncio.sleep(0.001)
        peer.hang_up()
        await service.finished()
    assert service.digits == "#"


async def test_caller_hears_what_is_said_in_20_ms_frames_at_their_time() -> None:
    heard: list[bool] = []

    async def say(media: Media) -> None:
        await asyncio.sleep(0.1)
        heard.append(await media.play(VOICE))

    service = Service(say)
    async with serving(service) as server:
        peer = await Peer.connect(server.port, CALL)
        await service.finished()
        assert await peer.ended()
    assert heard == [True]
    assert peer.audio.strip(b"\0") == VOICE.strip(b"\0")
    sound = [(at, kind, data) for at, kind, data in peer.frames if kind]
    assert {(kind, len(data)) for _, kind, data in sound} == {(0x10, 320)}
    first, last = sound[0][0], sound[-1][0]
    assert abs((last - first) / (len(sound) - 1) - 0.02) < 0.002


async def test_barge_in_is_silent_within_100_ms() -> None:
    stopped: list[float] = []

    async def say(media: Media) -> None:
        saying = asyncio.create_task(_play(media, VOICE * 20))
        await asyncio.sleep(0.3)
        media.stop()
        stopped.append(time.monotonic())
        assert await saying is False
        await asyncio.sleep(0.3)

    service = Service(say)
    async with serving(service) as server:
        peer = await Peer.connect(server.port, CALL)
        await service.finished()
        assert await peer.ended()
    voiced = [at for at, kind, data in peer.frames if kind and data != SILENCE]
    assert voiced
    assert max(voiced) - stopped[0] < 0.1


async def _play(media: Media, pcm: bytes) -> bool:
    return await media.play(pcm)


async def test_beyond_the_most_calls_a_connection_ends_at_once_in_the_normal_way() -> None:
    async with serving(Service(), most_calls=2) as server:
        calls = [await Peer.connect(server.port, str(uuid.uuid4())) for _ in range(2)]
        await asyncio.sleep(0.1)
        third = await Peer.connect(server.port, str(uuid.uuid4()))
        assert await third.ended(within_s=0.5)
        calls[0].hang_up()
        await asyncio.sleep(0.1)
        fourth = await Peer.connect(server.port, str(uuid.uuid4()))
        await asyncio.sleep(0.2)
        assert server.calls.now == 2
        assert server.calls.refused == 1
        for peer in (calls[1], fourth):
            peer.hang_up()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x7e\x00\x01x",
        b"\x10\x00\x03abc",
        b"\x01\x00\x10" + bytes(16),
        b"\xff\x00\x01\x02",
        b"\x12\x00\x02ab",
    ],
    ids=["unknown kind", "half a sample", "second id", "Asterisk's error", "another rate"],
)
async def test_broken_frame_ends_the_call_as_lost_and_the_dialplan_goes_on(nonsense: bytes) -> None:
    service = Service()
    async with serving(service) as server:
        peer = await Peer.connect(server.port, CALL)
        await peer.speak(VOICE[:640])
        peer.write(nonsense)
        assert await peer.ended()
        await service.finished()
    assert service.end == Ended.LOST
    assert service.heard == VOICE[:640]


async def test_asterisks_own_end_is_a_hangup() -> None:
    service = Service()
    async with serving(service) as server:
        peer = await Peer.connect(server.port, CALL)
        peer.send(0)
        await service.finished()
    assert service.end == Ended.HANGUP


async def test_reset_is_a_hangup_with_our_words_unread() -> None:
    service = Service()
    async with serving(service) as server:
        peer = await Peer.connect(server.port, CALL)
        await peer.speak(VOICE[:640])
        peer.die()
        await service.finished()
    assert service.end == Ended.HANGUP


async def test_first_frame_that_is_no_id_is_refused() -> None:
    service = Service()
    async with serving(service) as server:
        peer = await Peer.connect(server.port)
        peer.send(0x10, SILENCE)
        assert await peer.ended()
    assert service.calls == []


async def test_connection_that_says_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_module, "IDENTITY_S", 0.1)
    service = Service()
    async with serving(service) as server:
        peer = await Peer.connect(server.port)
        assert await peer.ended(within_s=1)
    assert service.calls == []


async def test_second_connection_of_one_call_is_ended_and_the_first_goes_on() -> None:
    service = Service()
    async with serving(service) as server:
        first = await Peer.connect(server.port, CALL)
        await asyncio.sleep(0.05)
        second = await Peer.connect(server.port, CALL)
        assert await second.ended()
        first.send(3, b"1")
        first.hang_up()
        await service.finished()
    assert service.calls == [CALL]
    assert service.digits == "1"


async def test_peer_that_does_not_read_is_dropped() -> None:
    async def say(media: Media) -> None:
        for _ in range(30):
            await media.play(VOICE * 20)

    service = Service(say)
    async with serving(service, rate_hz=48_000) as server:  # six times as fast a test
        peer = await Peer.connect(server.port, CALL)
        peer.stop_reading()
        await service.finished(within_s=60)
        peer.read_on()
        assert not await peer.ended()
    assert service.end == Ended.LOST
    assert peer.reset  # a plain end is not noticed by older AudioSockets


async def test_fault_of_the_service_still_ends_the_call_in_the_normal_way() -> None:
    async def fail(media: Media) -> None:
        raise RuntimeError(media.call_id)

    async with serving(fail) as server:
        peer = await Peer.connect(server.port, CALL)
        assert await peer.ended()
        await asyncio.sleep(0.1)
        assert server.calls.now == 0


async def test_fault_in_a_calls_own_beat_leaves_nobody_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fault(player: Player) -> None:
        raise RuntimeError("in the test")

    async def say(media: Media) -> None:
        monkeypatch.setattr(Player, "step", fault)
        assert not await media.play(bytes(16_000))

    service = Service(say)
    async with serving(service) as server:
        peer = await Peer.connect(server.port, CALL)
        assert await peer.ended(within_s=2)
        await service.finished()
    assert service.end == Ended.LOST


async def test_stopping_ends_every_call_in_the_normal_way() -> None:
    service = Service()
    async with serving(service) as server:
        peers = [await Peer.connect(server.port, str(uuid.uuid4())) for _ in range(3)]
        waiting = await Peer.connect(server.port)
        await asyncio.sleep(0.1)
        await server.stop()
        assert [await peer.ended() for peer in (*peers, waiting)] == [True] * 4
        with pytest.raises(OSError):
            await Peer.connect(server.port)


async def test_service_that_never_ends_is_cut_short_when_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.phone.audio.calls.STOP_S", 0.2)
    cancelled = asyncio.Event()

    async def stubborn(media: Media) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with serving(stubborn) as server:
        peer = await Peer.connect(server.port, CALL)
        await asyncio.sleep(0.1)
        await server.stop()
        assert cancelled.is_set()
        assert await peer.ended()


async def test_sixteen_kilohertz_are_served_where_asked_for() -> None:
    async def say(media: Media) -> None:
        await media.play(bytes(range(1, 161)) * 4)

    service = Service(say)
    async with serving(service, rate_hz=16_000) as server:
        peer = await Peer.connect(server.port, CALL)
        assert await peer.ended()
    assert {(kind, len(data)) for _, kind, data in peer.frames if kind} == {(0x12, 640)}


async def test_garbage_from_anywhere_leaves_the_server_serving() -> None:
    service = Service()
    async with serving(service, most_calls=100) as server:
        for seed in range(60):
            peer = await Peer.connect(server.port)
            peer.write(bytes((seed * 31 + n * 17) % 256 for n in range(seed * 5)))
            peer.hang_up()
        peer = await Peer.connect(server.port, CALL)
        peer.send(3, b"9")
        peer.hang_up()
        await asyncio.sleep(0.3)
        assert CALL in service.calls
        assert server.calls.now == 0
