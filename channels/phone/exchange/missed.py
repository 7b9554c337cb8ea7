"""The folder of missed calls: what the dialplan leaves there, and when it may be read.

The dialplan records to `CALLID_CALLER_EPOCH.wav` and, once the caller has hung up and nobody writes
any more, puts `CALLID_CALLER_EPOCH.done` beside it. A note without a recording is a caller who hung
up in the queue, or whom the program never answered. The program takes both away with `forget` when
it has kept what they say; until then it finds them again at each start.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

NOTE, RECORDING = ".done", ".wav"
STALE_S = 600  # a recording so old without a note: Asterisk died before it could write one
MOST_AT_ONCE = 200
MOST_NOTE_BYTES = 64
_NAME = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([0-9+]{1,24}|unknown)_(\d{9,11})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedCall:
    """Somebody who was not served; `recording` is a finished WAV file, or None.

    `stage` says where he hung up: `talk` (with the program, which may well have served him: look
    the call up first), `operators` (in the queue) or `missed` (at the recorder).
    """

    call_id: str
    number: str
    at: datetime
    stage: str
    recording: Path | None
    note: Path


def finished(
    folder: Path, now: datetime, *, tried: Mapping[str, int] | None = None
) -> list[MissedCall]:
    """What may be read now, the oldest first; MOST_AT_ONCE at most. OSError: no such folder.

    `tried`: see `ordered`.
    """
    found = (_read(folder, *each, now) for each in ordered(folder, tried))
    return [each for each in _first(found) if each is not None]


def forget(missed: MissedCall) -> None:
    """Take it away; the recording first, so that a broken-off forgetting is found again."""
    if missed.recording is not None:
        missed.recording.unlink(missing_ok=True)
    missed.note.unlink(missing_ok=True)


def _first(found: Iterator[MissedCall | None]) -> Iterator[MissedCall | None]:
    count = 0
    for each in found:
        count += each is not None
        yield each
        if count >= MOST_AT_ONCE:
            return


def ordered(folder: Path, tried: Mapping[str, int] | None = None) -> list[tuple[str, str, int]]:
    """The calls that have files in a folder, as `parts`: the oldest first, but behind all others
    those that failed, by how often; so a few that always fail never keep the rest waiting.
    """
    names = {each.stem for each in folder.iterdir() if each.suffix in (NOTE, RECORDING)}
    failed = tried or {}
    found = (each for each in map(parts, names) if each)
    return sorted(found, key=lambda each: (failed.get(each[0], 0), each[2], each[0]))


def parts(name: str) -> tuple[str, str, int] | None:
    """Call, caller ("unknown" where no number was shown) and epoch; None: no name of ours."""
    found = _NAME.fullmatch(name)
    return (found[1], found[2], int(found[3])) if found else None


def _read(folder: Path, call_id: str, number: str, epoch: int, now: datetime) -> MissedCall | None:
    stem = f"{call_id}_{number}_{epoch}"
    note, recording = folder / f"{stem}{NOTE}", folder / f"{stem}{RECORDING}"
    stage = ""
    with suppress(OSError):
        stage = note.read_bytes()[:MOST_NOTE_BYTES].decode("ascii", errors="replace").strip()
    if not note.exists() and not is_stale(recording, now):
        return None
    return MissedCall(
        call_id=call_id,
        number="" if number == "unknown" else number,
        at=datetime.fromtimestamp(epoch, UTC),
        stage=stage or "missed",
        recording=recording if recording.exists() else None,
        note=note,
    )


def is_stale(recording: Path, now: datetime) -> bool:
    """Has nobody written on it for so long that nobody will any more?"""
    with suppress(OSError):
        return now.timestamp() - recording.stat().st_mtime > STALE_S
    return False
