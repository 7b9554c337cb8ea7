"""Speech that was made once: in memory, and in a folder where it was recorded; both bounded."""

import contextlib
import hashlib
import os
from collections import OrderedDict
from pathlib import Path

MEMORY_BYTES = 64 * 1024 * 1024
DISK_BYTES = 256 * 1024 * 1024
_ENDING = ".pcm"


class Cache:
    """The oldest goes first. `keep` touches the disk, so call it in a thread."""

    def __init__(
        self,
        folder: Path | None,
        *,
        memory_bytes: int = MEMORY_BYTES,
        disk_bytes: int = DISK_BYTES,
    ) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._held_bytes = 0
        self._filed_bytes: int | None = None  # counted at the first write

    @property
    def held_bytes(self) -> int:
        """What lies in memory."""
        return self._held_bytes

    def held(self, key: str) -> bytes | None:
        """From memory."""
        pcm = self._held.get(key)
        if pcm is not None:
            self._held.move_to_end(key)
        return pcm

    def hold(self, key: str, pcm: bytes) -> None:
        """Into memory."""
        self._held_bytes += len(pcm) - len(self._held.pop(key, b""))
        self._held[key] = pcm
        while self._held_bytes > self._memory_bytes:
            _, oldest = self._held.popitem(last=False)
            self._held_bytes -= len(oldest)

    def filed(self, key: str) -> bytes | None:
        """From the folder; None also where it can't be read."""
        path = self._path(key)
        if path is None:
            return None
        try:
            pcm = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return pcm if pcm and len(pcm) % 2 == 0 else None

    def file(self, key: str, pcm: bytes) -> None:
        """Into the folder; a full disk or a lost folder is no reason not to speak."""
        path = self._path(key)
        if path is None:
            return
        part = path.with_suffix(f".{os.getpid()}.part")
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(pcm)
            part.replace(path)
            self._tidy(len(pcm))

    def _tidy(self, added: int) -> None:
        assert self._folder is not None
        if self._filed_bytes is not None and self._filed_bytes + added <= self._disk_bytes:
            self._filed_bytes += added
            return
        found = [(path.stat(), path) for path in self._folder.glob(f"*{_ENDING}")]
        total = sum(status.st_size for status, _ in found)
        for status, path in sorted(found, key=lambda each: each[0].st_mtime_ns):
            if total <= self._disk_bytes:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size
        self._filed_bytes = total

    def _path(self, key: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / (hashlib.sha256(key.encode()).hexdigest() + _ENDING)
