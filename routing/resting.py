"""What can't be done now rests for a while, so that it keeps nothing else from being done.

Kept in memory: whoever starts anew tries anew. Bounded; what no longer fits is simply tried again.
"""

from datetime import datetime, timedelta

REST = timedelta(hours=1)
MOST = 500


class Resting:
    """Keys that failed, each until when it is left alone."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._until)

    def __contains__(self, key: str) -> bool:
        return key in self._until

    def wake(self, now: datetime) -> None:
        """Whose time is over is tried again."""
        self._until = {key: until for key, until in self._until.items() if until > now}

    def rest(self, key: str, now: datetime) -> None:
        """It failed just now."""
        if len(self._until) < MOST:
            self._until[key] = now + REST
