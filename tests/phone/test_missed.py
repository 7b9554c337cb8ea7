"""The folder of missed calls: what may be read, and when."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.phone.exchange import missed

CALL = "0b5a2f8e-6f1c-4a57-9a51-1d2f3a4b5c6d"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STEM = f"{CALL}_13912345678_{int(NOW.timestamp()) - 60}"


def _put(folder: Path, name: str, content: bytes = b"x", age_s: float = 0) -> Path:
    path = folder / name
    path.write_bytes(content)
    at = NOW.timestamp() - age_s
    os.utime(path, (at, at))
    return path


def test_recording_that_is_still_written_is_not_there_yet(tmp_path: Path) -> None:
    _put(tmp_path, f"{STEM}.wav")
    assert missed.finished(tmp_path, NOW) == []
    note = _put(tmp_path, f"{STEM}.done", b"missed\n")
    found = missed.finished(tmp_path, NOW)
    assert found == [
        missed.MissedCall(
            call_id=CALL,
            number="13912345678",
            at=NOW - timedelta(seconds=60),
            stage="missed",
            recording=tmp_path / f"{STEM}.wav",
            note=note,
        )
    ]
    missed.forget(found[0])
    assert list(tmp_path.iterdir()) == []
    missed.forget(found[0])


def test_recording_of_an_asterisk_that_died_is_read_after_a_while(tmp_path: Path) -> None:
    _put(tmp_path, f"{STEM}.wav", age_s=missed.STALE_S + 1)
    (found,) = missed.finished(tmp_path, NOW)
    assert found.recording is not None
    assert found.stage == "missed"
    missed.forget(found)
    assert list(tmp_path.iterdir()) == []


def test_note_without_a_recording_is_a_caller_to_ring_back(tmp_path: Path) -> None:
    _put(tmp_path, f"{CALL}_unknown_1700000000.done", b"operators")
    (found,) = missed.finished(tmp_path, NOW)
    assert (found.number, found.stage, found.recording) == ("", "operators", None)


@pytest.mark.parametrize(
    "name",
    [
        "x.done", ".done", "a_b_c.wav", f"{CALL}_139.done", f"{CALL}_139_1.done",
        f"{CALL}_../../x_1700000000.done".replace("/", "-"), f"{CALL}_139_1700000000.txt",
        f"{CALL.upper()}_139_1700000000.done",
    ],
)  # fmt: skip
def test_what_is_not_ours_is_left_alone(tmp_path: Path, name: str) -> None:
    _put(tmp_path, name, age_s=10_000)
    assert missed.finished(tmp_path, NOW) == []
    assert (tmp_path / name).exists()


def test_oldest_come_first_and_not_all_at_once(tmp_path: Path) -> None:
    for number in range(missed.MOST_AT_ONCE + 20):
        _put(tmp_path, f"{CALL}_139_{1_700_000_500 - number}.done", b"missed")
    found = missed.finished(tmp_path, NOW)
    assert len(found) == missed.MOST_AT_ONCE
    assert found[0].at < found[-1].at
    assert found[0].at.timestamp() == 1_700_000_500 - missed.MOST_AT_ONCE - 19
