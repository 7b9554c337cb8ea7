"""Forgets what is over and done with, a little at a time: nothing finished is kept for ever.

Dead letters, tickets, their events, the messages themselves and the looks at identities stay.
"""

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from config.runtime import Runtime
from intake import accounts, keys
from intake.phone import noticeboard
from routing import outbox
from routing.database import Database

OUTBOX_KEPT = timedelta(days=90)  # a department asks within a quarter whether it was told
KEYS_KEPT = timedelta(days=30)  # far longer than any client repeats a request
NOTICE_KEPT = timedelta(days=30)  # how the line stood, once nobody has it any more
BATCH = 500  # rows in one unit of work, so that messages never wait for it

_log = structlog.get_logger(__name__)


class Purge:
    """Deletes delivered envelopes, answers to API calls, ended sessions and an old notice of the
    line past their time.
    """

    def __init__(self, *, database: Database, runtime: Runtime) -> None:
        self._database = database
        self._runtime = runtime

    async def step(self) -> bool:
        """Delete one batch of each; True if there may be more."""
        gone = await self._database.write(self._one_batch)
        if any(gone.values()):
            _log.info("purged", **gone)
        return max(gone.values()) >= BATCH

    def _one_batch(self, connection: Connection) -> dict[str, int]:
        now = self._runtime.now()
        return {
            "envelopes": outbox.purge(connection, before=now - OUTBOX_KEPT, limit=BATCH),
            "keys": keys.purge(connection, before=now - KEYS_KEPT, limit=BATCH),
            "sessions": accounts.purge(connection, before=now, limit=BATCH),
            "notices": noticeboard.purge(connection, before=now - NOTICE_KEPT),
        }
