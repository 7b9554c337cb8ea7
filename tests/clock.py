"""A runtime that tests turn by hand: the clock stands still until it is moved, ids count up."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from config.runtime import Runtime

MONDAY_MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine o'clock in Nanhe


@dataclass(slots=True)
class Clock:
    """The time of a test, and what came by chance."""

    at: datetime = MONDAY_MORNING
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def forward(self, **step: float) -> None:
        """Move on, as `timedelta` counts."""
        self.at += timedelta(**step)

    def runtime(self) -> Runtime:
        """The runtime that follows this clock."""
        return Runtime(
            now=lambda: self.at, new_id=lambda: f"{next(self._ids):032x}", chance=lambda: 0.5
        )
