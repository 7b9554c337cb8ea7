"""Recordings of calls: kept once, small, for as long as the county keeps them, then purged.

After the purge the row with the hash and the transcript remain.
"""

import asyncio
import hashlib
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import soundfile
import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from config.runtime import Runtime
from intake.phone import schema
from intake.phone.vault import Vault, VaultFault
from routing.database import Database

LEAST_S = 0.5  # a shorter one holds nothing
MOST_S = 3 * 3600  # the rest of a longer one is not kept
MEDIA_TYPE = "audio/ogg"
PURGED_AT_A_TIME = 50
_TABLE = schema.recording
_log = structlog.get_logger(__name__)


class Kind(StrEnum):
    """What a recording is of."""

    CALL = "call"  # 通话
    MISSED = "missed"  # 留言


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A recording that we have."""

    id: str
    call_id: str
    kind: Kind
    reference: str
    media_type: str
    seconds: float
    purged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Keeps and gives recordings; `days` is how long."""

    vault: Vault
    database: Database
    runtime: Runtime
    days: int

    async def keep(self, call_id: str, kind: Kind, path: Path, at: datetime) -> Kept | None:
        """Keep a finished WAV file; the one there already where it was kept before.

        None for one that holds nothing, or that is no sound at all. VaultFault: try again later.
        """
        known = await self.database.read(lambda c: _of(c, call_id, kind))
        if known is not None:
            return known
        packed = await asyncio.to_thread(_pack, path)
        if packed is None:
            _log.warning("phone.recording_empty", call=call_id, kind=kind.value)
            return None
        content, seconds = packed
        name = f"{at:%Y/%m/%d}/{call_id}-{kind.value}.ogg"
        await self.vault.put(name, content)
        row = {
            "id": self.runtime.new_id(),
            "call": call_id,
            "kind": kind.value,
            "reference": name,
            "media_type": MEDIA_TYPE,
            "seconds": round(seconds, 2),
            "sha256": hashlib.sha256(content).hexdigest(),
            "kept_at": self.runtime.now(),
            "purge_at": at + timedelta(days=self.days),
        }
        await self.database.write(lambda c: c.execute(sa.insert(_TABLE), row) and None)
        return await self.database.read(lambda c: _of(c, call_id, kind))

    async def sound(self, recording_id: str) -> tuple[bytes, str] | None:
        """The sound and its media type; None where there is none (any more)."""
        kept = await self.database.read(lambda c: by_id(c, recording_id))
        if kept is None or kept.purged:
            return None
        try:
            return await self.vault.get(kept.reference), kept.media_type
        except VaultFault as fault:
            _log.error("phone.recording_lost", recording=recording_id, reason=str(fault))
            return None

    async def step(self) -> bool:
        """Purge what has been kept long enough; True if there was any."""
        now = self.runtime.now()
        due = await self.database.read(lambda c: _due(c, now))
        for kept in due:
            await self.vault.delete(kept.reference)
            mark = sa.update(_TABLE).where(_TABLE.c.id == kept.id).values(purged_at=now)
            await self.database.write(lambda c, mark=mark: c.execute(mark) and None)  # type: ignore[misc]
        return bool(due)


def by_id(connection: Connection, recording_id: str) -> Kept | None:
    """A recording by its id."""
    row = connection.execute(sa.select(_TABLE).where(_TABLE.c.id == recording_id)).one_or_none()
    return _kept(row) if row else None


def of_call(connection: Connection, call_id: str) -> list[Kept]:
    """All of a call, the conversation first."""
    rows = connection.execute(
        sa.select(_TABLE).where(_TABLE.c.call == call_id).order_by(_TABLE.c.kind)
    )
    return [_kept(row) for row in rows]


def _of(connection: Connection, call_id: str, kind: Kind) -> Kept | None:
    return next((kept for kept in of_call(connection, call_id) if kept.kind is kind), None)


def _due(connection: Connection, now: datetime) -> list[Kept]:
    rows = connection.execute(
        sa.select(_TABLE)
        .where(_TABLE.c.purge_at <= now, _TABLE.c.purged_at.is_(None))
        .order_by(_TABLE.c.purge_at)
        .limit(PURGED_AT_A_TIME)
    )
    return [_kept(row) for row in rows]


def _kept(row: sa.Row[tuple[object, ...]]) -> Kept:
    return Kept(
        id=row.id,
        call_id=row.call,
        kind=Kind(row.kind),
        reference=row.reference,
        media_type=row.media_type,
        seconds=row.seconds,
        purged=row.purged_at is not None,
    )


def _pack(path: Path) -> tuple[bytes, float] | None:
    """A WAV as Ogg Opus: two kilobytes a second; None for what is empty or no sound."""
    try:
        with soundfile.SoundFile(path) as file:
            seconds = file.frames / file.samplerate
            if seconds < LEAST_S:
                return None
            packed = io.BytesIO()
            with soundfile.SoundFile(
                packed,
                "w",
                samplerate=file.samplerate,
                channels=file.channels,
                format="OGG",
                subtype="OPUS",
            ) as target:
                most = MOST_S * file.samplerate
                blocks = file.blocks(file.samplerate * 10, frames=most, dtype="float32")
                for block in blocks:
                    target.write(block)
    except soundfile.LibsndfileError:
        return None
    return packed.getvalue(), min(seconds, float(MOST_S))
