"""Is there room on the disks? Said before one is full: then no message and no call is kept."""

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from config.settings import Settings

SHORT_BYTES = 5 * 1024**3  # some days of a busy line, with everything that lies there for a moment
SHORT_SHARE = 0.1  # of a small disk
AGAIN = timedelta(hours=1)
REMEDY = (
    "磁盘快满了：请腾出地方或者换大盘。看 Asterisk 的录音是不是没有被收走，"
    "旧备份是不是还在这块盘上，也可以把 phone.recordings_days、kept.media_days 改短"
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """On the disk that `name` lies on: the state folder, or one of those that Asterisk fills."""

    name: str
    free_bytes: int
    total_bytes: int

    @property
    def short(self) -> bool:
        """Is it time to do something?"""
        return self.free_bytes < min(SHORT_BYTES, SHORT_SHARE * self.total_bytes)


def look(settings: Settings) -> list[Room]:
    """Each disk once, under the first of its names; one that can't be asked is passed over."""
    folders: dict[str, Path | None] = {"state": settings.state}
    if settings.phone is not None:
        folders |= {"missed": settings.phone.missed, "recordings": settings.phone.recordings}
    found: dict[int, Room] = {}
    for name, folder in folders.items():
        if folder is not None and folder.is_dir():
            usage = shutil.disk_usage(folder)
            room = Room(name=name, free_bytes=usage.free, total_bytes=usage.total)
            found.setdefault(os.stat(folder).st_dev, room)
    return list(found.values())


class RoomWatch:
    """`step` tells the maintainer, in the log; each disk once an hour while it is short."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._said: dict[str, datetime] = {}

    async def step(self) -> bool:
        """Look once; there is never more to do."""
        for room in await asyncio.to_thread(look, self._settings):
            last, now = self._said.get(room.name), self._now()
            if room.short and (last is None or now - last >= AGAIN):
                self._said[room.name] = now
                free_mb = room.free_bytes // 1024**2
                _log.error("disk_short", folder=room.name, free_mb=free_mb, remedy=REMEDY)
        return False
