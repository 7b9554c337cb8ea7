"""Recordings of calls: kept once, small, for as long as the county keeps them, then purged.

After the purge the row with the hash and the transcript remain. What can't be opened is kept as it
is: somebody may yet get the voice out of it.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import soundfile
import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from config.runtime import Runtime
from intake.phone import packing, schema, transcripts
from intake.phone.packing import HEADER_BYTES, LEAST_S, UNREADABLE
from intake.phone.vault import Lost, Vault, VaultFault
from routing.database import Database

PURGED_AT_A_TIME = 50
REMEDY = "录音打不开，原样留在保存录音的地方（名字在 reference），请看 Asterisk 的磁盘和权限"
_TABLE = schema.recording
_log = structlog.get_logger(__name__)


class Kind(StrEnum):
    """What a recording is of."""

    CALL = "call"  # 通话
    CALLER = "caller"  # what he alone said to the program, until it is text
    MISSED = "missed"  # 留言


class Left(StrEnum):
    """What a recorder's file holds, as far as its first bytes tell."""

    NOTHING = "nothing"  # no file, or too short for a word
    SOUND = "sound"
    UNREADABLE = "unreadable"


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

    @property
    def readable(self) -> bool:
        """Can it be listened to?"""
        return self.media_type != UNREADABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Keeps and gives recordings; `days` is how long."""

    vault: Vault
    database: Database
    runtime: Runtime
    days: int

    async def keep(
        self, call_id: str, kind: Kind, path: Path, at: datetime, *, from_ms: int = 0
    ) -> Kept | None:
        """Keep a finished WAV file, from there on; the one there already where it was kept before.

        What residents alone say is in line to become text from then on. None for one that holds
        nothing. VaultFault, OSError: try again later.
        """
        known = await self.database.read(lambda c: _of(c, call_id, kind))
        if known is not None:
            await self.database.write(lambda c: self._in_line(c, known, from_ms))
            return known
        packed = await asyncio.to_thread(packing.pack, path, from_ms)
        if packed is None:
            _log.warning("phone.recording_empty", call=call_id, kind=kind.value)
            return None
        now = self.runtime.now()
        name = f"{at:%Y/%m/%d}/{call_id}-{kind.value}.{packed.suffix}"
        await self.vault.put(name, packed.content)
        row = {
            "id": id_of(call_id, kind),
            "call": call_id,
            "kind": kind.value,
            "reference": name,
            "media_type": packed.media_type,
            "seconds": round(packed.seconds, 2),
            "sha256": hashlib.sha256(packed.content).hexdigest(),
            "kept_at": now,
            "purge_at": at + timedelta(days=self.days),
        }

        def write(connection: Connection) -> None:
            connection.execute(sa.insert(_TABLE), row)
            self._in_line(connection, _of(connection, call_id, kind), from_ms)

        await self.database.write(write)
        if packed.media_type == UNREADABLE:
            _log.error("phone.recording_unreadable", call=call_id, reference=name, remedy=REMEDY)
        return await self.database.read(lambda c: _of(c, call_id, kind))

    def _in_line(self, connection: Connection, kept: Kept | None, from_ms: int) -> None:
        """An older program may have kept it, and not have made it text."""
        if kept and kept.kind is not Kind.CALL and kept.readable and not kept.purged:
            row = {"id": kept.id, "call": kept.call_id, "kind": kept.kind.value}
            transcripts.put_in_line(connection, row, self.runtime.now(), from_ms=from_ms)

    async def sound(self, recording_id: str) -> tuple[bytes, str] | None:
        """The sound and its media type; None where it is purged, or never was. Lost, VaultFault."""
        kept = await self.database.read(lambda c: by_id(c, recording_id))
        if kept is None or kept.purged:
            return None
        try:
            return await self.vault.get(kept.reference), kept.media_type
        except Lost as lost:
            _log.error("phone.recording_lost", recording=recording_id, reason=str(lost))
            raise

    async def step(self) -> bool:
        """Purge what has been kept long enough; True if there was any."""
        now = self.runtime.now()
        due = await self.database.read(lambda c: _due(c, now))
        return any([await self._purged(kept, now) for kept in due])

    async def _purged(self, kept: Kept, now: datetime) -> bool:
        """One that can't be deleted now keeps no other from it."""
        try:
            await self.vault.delete(kept.reference)
        except VaultFault as fault:
            _log.error("phone.recording_not_purged", recording=kept.id, reason=str(fault))
            return False
        mark = sa.update(_TABLE).where(_TABLE.c.id == kept.id).values(purged_at=now)
        await self.database.write(lambda c: c.execute(mark) and None)
        return True


def id_of(call_id: str, kind: Kind) -> str:
    """Which id a recording of this call has, or will have once it is kept."""
    return hashlib.sha256(f"{call_id}:{kind.value}".encode()).hexdigest()[:32]


def look(path: Path | None) -> Left:
    """What a finished WAV file holds; quick, for it reads no more than the beginning. OSError."""
    if path is None:
        return Left.NOTHING
    try:
        with soundfile.SoundFile(path) as file:
            return Left.SOUND if file.frames / file.samplerate >= LEAST_S else Left.NOTHING
    except soundfile.LibsndfileError:
        return Left.NOTHING if path.stat().st_size <= HEADER_BYTES else Left.UNREADABLE


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
