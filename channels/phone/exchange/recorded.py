"""The folder of recorded calls: what the dialplan leaves there of every call, and when it is whole.

MixMonitor writes both sides to `CALLID_CALLER_EPOCH.wav`, and what the caller alone says for as
long as he is with the program to `CALLID_CALLER_EPOCH-caller.wav`. After the call the hang-up
handler closes them and puts `CALLID_CALLER_EPOCH.done` beside them, which says how the call ended.
The program takes all away with `forget` when they are kept; until then it finds them again at each
start.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from channels.phone.exchange import missed
from channels.phone.exchange.missed import NOTE, RECORDING

MOST_AT_ONCE = 20  # packing takes time, and missed calls must not wait for it
MOST_NOTE_BYTES = 256
CALLER = "-caller.wav"
BYE, OPERATORS, MISSED = "bye", "operators", "missed"  # stages; others: talk, callback
RELAY = "relay"  # likewise: put through to a resident


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """A resident who was rung for a caller: Asterisk's DIALSTATUS, or REFUSED, and how long both
    talked.
    """

    status: str
    talked_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A call that is over; `recording` is a finished WAV file, or None.

    `caller`: the same of what he said to the program. `kind` is as the dialplan announced it,
    `stage` where the call ended (empty: Asterisk died), `operator` who took it; times that nobody
    told are None. Where he came to the queue more than once, `queued_at` and `waited_s` are of the
    last time, `first_queued_at` and `first_taken_at` of the first.
    """

    call_id: str
    number: str
    at: datetime
    recording: Path | None
    note: Path
    caller: Path | None = None
    kind: str = "incoming"
    stage: str = ""
    ended_at: datetime | None = None
    queued_at: datetime | None = None
    waited_s: int = 0
    first_queued_at: datetime | None = None
    first_taken_at: datetime | None = None
    operator: str = ""
    dialled: Dialled | None = None  # put through to a resident, what came of it


def finished(
    folder: Path, now: datetime, *, tried: Mapping[str, int] | None = None
) -> list[RecordedCall]:
    """What may be taken now, the oldest first; MOST_AT_ONCE at most. OSError: no such folder.

    `tried`: see `missed.ordered`.
    """
    found: list[RecordedCall] = []
    for parts in missed.ordered(folder, tried):
        call = _read(folder, parts, now)
        if call is not None:
            found.append(call)
        if len(found) >= MOST_AT_ONCE:
            break
    return found


def forget(call: RecordedCall) -> None:
    """Take it away; the note last, so that a broken-off forgetting is found again."""
    for sound in (call.recording, call.caller):
        if sound is not None:
            sound.unlink(missing_ok=True)
    call.note.unlink(missing_ok=True)


def _read(folder: Path, parts: tuple[str, str, int], now: datetime) -> RecordedCall | None:
    call_id, number, epoch = parts
    stem = f"{call_id}_{number}_{epoch}"
    note, recording = folder / f"{stem}{NOTE}", folder / f"{stem}{RECORDING}"
    caller = folder / f"{stem}{CALLER}"
    words: list[str] = []
    with suppress(OSError):
        words = note.read_bytes()[:MOST_NOTE_BYTES].decode("utf-8", errors="replace").split()
    if not note.exists() and not missed.is_stale(recording, now):
        return None
    kind, stage, ended, queued, waiting, *operator = [*words, *[""] * 5][: max(5, len(words))]
    waited, first_queued, first_taken, *_ = [*waiting.split("/"), "", ""]
    return RecordedCall(
        call_id=call_id,
        number="" if number == "unknown" else number,
        at=datetime.fromtimestamp(epoch, UTC),
        recording=recording if recording.exists() else None,
        note=note,
        caller=caller if caller.exists() else None,
        kind=kind or "incoming",
        stage=stage,
        ended_at=_moment(ended),
        queued_at=_moment(queued),
        waited_s=min(_number(waited), 86_400),
        first_queued_at=_moment(first_queued),
        first_taken_at=_moment(first_taken),
        operator="" if stage == RELAY else " ".join(operator),
        dialled=_dialled(operator) if stage == RELAY else None,
    )


def _dialled(words: list[str]) -> Dialled:
    """From where others have their operator."""
    status, talked, *_ = [*words, "", ""]
    return Dialled(status=status, talked_s=min(_number(talked), 86_400))


def _moment(epoch: str) -> datetime | None:
    seconds = _number(epoch)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else 0
