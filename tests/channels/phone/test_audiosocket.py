"""AudioSocket's frames: byte by byte, in any pieces, and against anything that is not AudioSocket."""

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.phone.audio import audiosocket
from channels.phone.audio.audiosocket import (
    Audio,
    Broken,
    Decoder,
    Failure,
    Frame,
    Hangup,
    Identity,
    Key,
)

CALL = "0190b0c1-7e4f-7a3b-8c2d-1234567890ab"
WIRE: dict[str, tuple[Frame, bytes]] = {
    "the end": (Hangup(), b"\x00\x00\x00"),
    "an id": (Identity(call_id=CALL), b"\x01\x00\x10" + uuid.UUID(CALL).bytes),
    "a key": (Key(digit="#"), b"\x03\x00\x01#"),
    "audio of 8 kHz": (
        Audio(rate_hz=8000, samples=b"\x01\x02" * 160),
        b"\x10\x01\x40" + b"\x01\x02" * 160,
    ),
    "audio of 16 kHz": (Audio(rate_hz=16000, samples=bytes(640)), b"\x12\x02\x80" + bytes(640)),
    "audio of 192 kHz": (Audio(rate_hz=192000, samples=bytes(4)), b"\x18\x00\x04" + bytes(4)),
    "an error": (Failure(code=b"\x02"), b"\xff\x00\x01\x02"),
    "an error without a code": (Failure(code=b""), b"\xff\x00\x00"),
}
NONSENSE = {
    "an unknown kind": b"\x7e\x00\x01x",
    "half a sample": b"\x10\x00\x03abc",
    "an id of 15 bytes": b"\x01\x00\x0f" + bytes(15),
    "two keys in one frame": b"\x03\x00\x0212",
    "a key that no telephone has": b"\x03\x00\x01\x07",
    "an end with a payload": b"\x00\x00\x01x",
    "an error of 17 bytes": b"\xff\x00\x11" + bytes(17),
    "a request of the web": b"GET / HTTP/1.1\r\n\r\n",
}

audio = st.builds(
    Audio,
    rate_hz=st.sampled_from(list(audiosocket.RATES_HZ.values())),
    samples=st.binary(min_size=1, max_size=400).map(lambda b: b * 2),
)
frames = st.lists(
    st.one_of(
        audio,
        st.builds(Identity, call_id=st.uuids().map(str)),
        st.builds(Key, digit=st.sampled_from("0123456789*#ABCD")),
        st.just(Hangup()),
        st.builds(Failure, code=st.binary(max_size=16)),
    ),
    max_size=12,
)


def fed(data: bytes, cuts: list[int]) -> list[Frame]:
    decoder, found, start = Decoder(), [], 0
    for cut in sorted(cuts):
        found += decoder.feed(data[start:cut])
        start = max(start, cut)
    return found + decoder.feed(data[start:])


@pytest.mark.parametrize("what", WIRE)
def test_frame_is_written_as_asterisk_writes_it_and_read_back(what: str) -> None:
    frame, wire = WIRE[what]
    assert audiosocket.encode(frame) == wire
    assert Decoder().feed(wire) == [frame]


@pytest.mark.parametrize("what", WIRE)
def test_frame_comes_with_its_last_byte_and_no_sooner(what: str) -> None:
    frame, wire = WIRE[what]
    decoder = Decoder()
    for byte in wire[:-1]:
        assert decoder.feed(bytes([byte])) == []
    assert decoder.feed(wire[-1:]) == [frame]
    assert decoder.buffered_bytes == 0


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_said_once_and_nothing_after_it_is_read(what: str) -> None:
    decoder = Decoder()
    [broken] = decoder.feed(NONSENSE[what] + WIRE["a key"][1])
    assert isinstance(broken, Broken)
    assert broken.problem
    assert decoder.feed(WIRE["a key"][1]) == []
    assert decoder.buffered_bytes == 0


def test_small_letters_of_keys_are_large_ones() -> None:
    assert Decoder().feed(b"\x03\x00\x01a") == [Key(digit="A")]


def test_what_comes_before_nonsense_counts() -> None:
    found = Decoder().feed(WIRE["a key"][1] + b"\x7e\x00\x00")
    assert found[0] == Key(digit="#")
    assert isinstance(found[1], Broken)


@pytest.mark.parametrize(
    "frame",
    [
        Audio(rate_hz=11025, samples=bytes(4)),
        Audio(rate_hz=8000, samples=bytes(3)),
        Audio(rate_hz=8000, samples=b""),
        Audio(rate_hz=8000, samples=bytes(65536)),
        Key(digit="x"),
        Key(digit="12"),
        Identity(call_id="not an id"),
        Broken(problem="anything"),
    ],
    ids=repr,
)
def test_what_the_protocol_cannot_carry_is_refused(frame: Frame) -> None:
    with pytest.raises(ValueError, match=r".+"):
        audiosocket.encode(frame)


@settings(deadline=None)
@given(frames, st.lists(st.integers(0, 6000), max_size=40))
def test_any_cutting_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    data = b"".join(audiosocket.encode(frame) for frame in sent)
    assert fed(data, cuts) == sent


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=30))
def test_anything_at_all_is_frames_or_broken_within_bounds(pieces: list[bytes]) -> None:
    decoder, found = Decoder(), []
    for piece in pieces:
        found += decoder.feed(piece)
        assert decoder.buffered_bytes <= audiosocket.MOST_BUFFERED_BYTES
    assert [type(frame) for frame in found[:-1]].count(Broken) == 0
    assert found == fed(b"".join(pieces), [])


@settings(deadline=None)
@given(frames, st.binary(min_size=1, max_size=60), st.integers(0, 3000))
def test_damage_anywhere_ends_in_broken_or_in_other_frames(
    sent: list[Frame], damage: bytes, at: int
) -> None:
    data = b"".join(audiosocket.encode(frame) for frame in sent)
    at = min(at, len(data))
    found = Decoder().feed(data[:at] + damage + data[at:])
    assert all(not isinstance(frame, Broken) for frame in found[:-1])
