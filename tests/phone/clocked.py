"""A program whose clock a test sets, so that its hours are those of the story and not of the run."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from config.runtime import LOCAL_ZONE
from tests.phone.hotline import Hotline
from tests.phone.line import Line

# Behind the machine's clock whatever the story does: what Asterisk writes is never an old file.
_DAYS_BACK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocked:
    """`hotline` is not started yet; it begins at ten in the morning of the story's first day."""

    hotline: Hotline
    shift: Path

    @classmethod
    def of(cls, line: Line, folder: Path) -> "Clocked":
        """A program in `folder` with its clock beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        shift = folder / "clock"
        hotline = Hotline.of(line, folder, CLOCK_SHIFT=str(shift))
        hotline.program.module = "tests.phone.clocked_program"
        made = cls(hotline=hotline, shift=shift)
        made.set(0, "10:00")
        return made

    def set(self, day: int, clock: str) -> None:
        """To a time of the story's day, in Nanhe; the clock goes on from there."""
        now = datetime.now(UTC)
        date = now.astimezone(LOCAL_ZONE).date() + timedelta(days=day - _DAYS_BACK)
        at = datetime.combine(date, time.fromisoformat(clock), LOCAL_ZONE)
        self._write((at - now).total_seconds())

    def catch_up(self) -> None:
        """To the machine's own time: the story is over, and what Asterisk wrote is as old as it is."""
        self._write(0.0)

    def _write(self, ahead_s: float) -> None:
        beside = self.shift.with_suffix(".new")
        beside.write_text(str(ahead_s))
        beside.rename(self.shift)
