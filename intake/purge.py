"""Forgets what is over and done with, a little at a time: nothing finished is kept for ever.

Dead letters, tickets, their events, the messages themselves and the looks at identities stay.
"""

import asyncio
from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from config.runtime import Runtime
from config.sections import Kept
from intake import accounts, keys, schema, unowned
from intake.media import MediaStore
from intake.phone import blocks, contacts, noticeboard, straight
from routing import outbox
from routing.codes import Codes
from routing.database import Database

OUTBOX_KEPT = timedelta(days=90)  # a department asks within a quarter whether it was told
KEYS_KEPT = timedelta(days=30)  # far longer than any client repeats a request
NOTICE_KEPT = timedelta(days=30)  # how the line stood, once nobody has it any more
MARKS_KEPT = timedelta(days=180)  # of callers whom a person takes at once, once they are over
CODES_KEPT = timedelta(days=90)  # that were keyed in: who guessed, and whose calls were put through
BATCH = 500  # rows in one unit of work, so that messages never wait for it

_log = structlog.get_logger(__name__)


class Purge:
    """Deletes past their time: delivered envelopes, answers to API calls, ended sessions, an old
    notice of the line, past blocks of numbers, contact codes, what finished conversations remember,
    examples, and the files of `media`: the old ones, and those that no message came with.
    """

    def __init__(
        self,
        *,
        database: Database,
        runtime: Runtime,
        kept: Kept | None = None,
        media: MediaStore | None = None,
        codes: Codes | None = None,
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._kept = kept or Kept()
        self._media = media
        self._codes = codes

    async def step(self) -> bool:
        """Delete one batch of each; True if there may be more."""
        gone = await self._database.write(self._one_batch)
        gone["media"] = await self._old_media(self._media) if self._media else 0
        if any(gone.values()):
            _log.info("purged", **gone)
        return max(gone.values()) >= BATCH

    def _one_batch(self, connection: Connection) -> dict[str, int]:
        now, kept = self._runtime.now(), self._kept
        return {
            "envelopes": outbox.purge(connection, before=now - OUTBOX_KEPT, limit=BATCH),
            "keys": keys.purge(connection, before=now - KEYS_KEPT, limit=BATCH),
            "sessions": accounts.purge(connection, before=now, limit=BATCH),
            "notices": noticeboard.purge(connection, before=now - NOTICE_KEPT),
            "blocks": blocks.purge(
                connection, before=now - timedelta(days=kept.blocks_days), limit=BATCH
            ),
            "codes": self._codes.purge(connection, now, BATCH) if self._codes else 0,
            "keyed_codes": contacts.purge(connection, before=now - CODES_KEPT, limit=BATCH),
            "marks": straight.purge(connection, before=now - MARKS_KEPT, limit=BATCH),
            "conversations": _delete(
                connection,
                schema.conversation,
                schema.conversation.c.due_at.is_(None),
                schema.conversation.c.updated_at < now - timedelta(days=kept.conversation_days),
            ),
            "examples": _delete(
                connection,
                schema.correction,
                schema.correction.c.at < now - timedelta(days=kept.examples_days),
            ),
        }

    async def _old_media(self, media: MediaStore) -> int:
        """The file goes before its row: what a broken-off step leaves is found again."""
        table = schema.media
        before = self._runtime.now() - timedelta(days=self._kept.media_days)
        query = sa.select(table.c.id).where(table.c.kept_at < before).limit(BATCH)
        now = self._runtime.now()
        old = await self._database.read(
            lambda c: (*c.execute(query).scalars(), *unowned.media(c, now, BATCH))
        )
        for each in old:
            found = await media.find(each)
            if found is not None:
                await asyncio.to_thread(found[0].unlink, missing_ok=True)
        if old:
            gone = sa.delete(table).where(table.c.id.in_(old))
            await self._database.write(lambda c: c.execute(gone) and None)
        return len(old)


def _delete(connection: Connection, table: sa.Table, *over: sa.ColumnElement[bool]) -> int:
    (key,) = table.primary_key
    some = sa.select(key).where(*over).limit(BATCH)
    return connection.execute(sa.delete(table).where(key.in_(some))).rowcount
