"""Files that were sent along with no message: the program died in between, or somebody only fills
our disk. Functions of a connection.
"""

import itertools
import re
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from intake import attachments, schema

COMES_WITHIN = timedelta(days=1)  # a message, after its photo
LOOKED_BACK = timedelta(days=7)
_HELD = re.compile(rf"{attachments.HELD}([0-9a-f]{{32}})")
_INBOX, _MEDIA = schema.inbox, schema.media


def media(connection: Connection, now: datetime, limit: int) -> list[str]:
    """The ids of files kept in the last days that no message has, `limit` at most."""
    kept = sa.select(_MEDIA.c.id).where(
        _MEDIA.c.kept_at >= now - LOOKED_BACK, _MEDIA.c.kept_at < now - COMES_WITHIN
    )
    found = connection.execute(kept).scalars().all()
    if not found:
        return []
    lately = _bodies().where(_INBOX.c.received_at >= now - LOOKED_BACK - COMES_WITHIN)
    bodies = connection.execute(lately).scalars()
    used = {each for body in bodies for each in _HELD.findall(body)}
    unused = (each for each in found if each not in used and not _is_of_old(connection, each))
    return list(itertools.islice(unused, limit))


def _is_of_old(connection: Connection, media_id: str) -> bool:
    """Has an earlier message the same photo? What is kept again is the same file."""
    query = _bodies(media_id).limit(1)
    return connection.execute(query).first() is not None


def _bodies(media_id: str = "") -> sa.Select[Any]:
    query = sa.select(_INBOX.c.body)
    return query.where(_INBOX.c.body.like(f"%{attachments.HELD}{media_id}%"))
