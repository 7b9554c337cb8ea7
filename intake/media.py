"""Photos and voice notes on disk: written and synced before anybody is told that they are kept.

A file's id is made from what it holds, so the same one kept again, after a lost answer or a form
sent twice, is one file.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.channel import MediaRefused
from config.runtime import Runtime
from intake import durable, schema
from routing.database import Database
from routing.schema import insert_new

KEPT_TYPES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
}
_PREFIX = "store:"
_INSERT = insert_new(schema.media)


class MediaStore:
    """A folder of files named by their ids, with a row each in the database."""

    def __init__(
        self, *, folder: Path, database: Database, runtime: Runtime, limit_bytes: int
    ) -> None:
        self._folder = folder
        self._database = database
        self._runtime = runtime
        self._limit_bytes = limit_bytes

    async def __call__(self, content: bytes, media_type: str) -> str:
        """Keep the bytes and return `store:ID`; MediaRefused says why not."""
        kind = media_type.partition(";")[0].strip().lower()
        if kind not in KEPT_TYPES:
            raise MediaRefused("这种文件暂时收不了，请发照片（JPG、PNG、WEBP）或语音")
        if len(content) > self._limit_bytes:
            limit = self._limit_bytes // 2**20
            raise MediaRefused(f"文件太大，超过了 {limit} 兆，请压缩后再发")
        held = await asyncio.to_thread(_id_of, content, kind)
        await asyncio.to_thread(durable.write, self._path(held, kind), content)
        row = {
            "id": held,
            "media_type": kind,
            "size_bytes": len(content),
            "kept_at": self._runtime.now(),
        }
        await self._database.write(lambda c: _note(c, row))
        return _PREFIX + held

    async def find(self, reference: str) -> tuple[Path, str] | None:
        """The file and its media type for `store:ID` or the bare id; None where there is none."""
        wanted = reference.removeprefix(_PREFIX)
        kind = await self._database.read(
            lambda c: c.execute(
                sa.select(schema.media.c.media_type).where(schema.media.c.id == wanted)
            ).scalar_one_or_none()
        )
        return (self._path(wanted, kind), kind) if kind else None

    async def read(self, path: Path) -> bytes | None:
        """What a file holds; None where it is gone. OSError."""
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return None

    def _path(self, media_id: str, media_type: str) -> Path:
        return self._folder / media_id[-2:] / f"{media_id}{KEPT_TYPES[media_type]}"


def _note(connection: Connection, row: Mapping[str, Any]) -> None:
    """Kept again, it is kept from now on."""
    connection.execute(_INSERT[connection.dialect.name], row)
    again = sa.update(schema.media).where(schema.media.c.id == row["id"])
    connection.execute(again.values(kept_at=row["kept_at"]))


def _id_of(content: bytes, kind: str) -> str:
    return hashlib.sha256(kind.encode() + b"\0" + content).hexdigest()[:32]
