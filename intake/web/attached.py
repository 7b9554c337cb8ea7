"""What residents sent along with a ticket: photos, voice notes, films, files, links."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import Attachment, InboundMessage
from intake import attachments, inbox, schema, wire
from intake.phone import transcripts
from intake.phone.transcripts import Transcription
from intake.web.looks import What

HEARD = ("audio/", "video/")  # names and numbers may be said aloud in it
_PLAYED = frozenset({"audio/mpeg", "audio/ogg", "audio/wav"})  # by every browser
_SEVERAL = (  # messages that told several matters, of a ticket that is the first or a further one
    sa.select(schema.inbox.c.body)
    .where(inbox.OF_TICKET, schema.inbox.c.id.in_(sa.select(schema.inbox_also.c.message)))
    .order_by(schema.inbox.c.received_at, schema.inbox.c.id)
    .limit(inbox.MOST_OF_TICKET)
)
_NAMES = {"image": "照片", "voice": "语音", "video": "视频", "link": "链接"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One thing; `address` is empty where we have not got it."""

    name: str
    caption: str
    address: str = ""
    is_picture: bool = False
    is_sound: bool = False  # that a browser plays
    is_heard: bool = False  # only by whoever may hear recordings
    comes: bool = False  # its platform has not given it to us yet
    lost: bool = False  # it did not give it to us at all
    id: str = ""  # of a file that we keep
    heard: Transcription | None = None  # what a machine made of a voice note

    @property
    def what(self) -> What:
        """As what it is looked at."""
        if self.is_picture:
            return What.PHOTO
        return What.SOUND if self.is_heard else What.FILE


def of_ticket(connection: Connection, ticket: str) -> list[Attached]:
    """Everything, the latest first."""
    return of_messages(connection, ticket, inbox.of_ticket(connection, ticket))


def of_messages(
    connection: Connection, ticket: str, messages: Sequence[InboundMessage]
) -> list[Attached]:
    """The same where the ticket's messages are known."""
    found = [
        (attachments.note_id(message, index), each)
        for message in sorted(messages, key=lambda m: m.received_at, reverse=True)
        for index, each in enumerate(message.attachments)
    ]
    types = _types(connection, [each for _, each in found])
    heard = transcripts.of_notes(connection, [note for note, each in found if each.kind == "voice"])
    return [
        replace(_attached(ticket, each, types.get(_held(each), "")), heard=heard.get(note))
        for note, each in found
    ]


def wholes(connection: Connection, ticket: str) -> list[str]:
    """The whole words of messages of which the ticket holds only its own part, the oldest first."""
    several = connection.execute(_SEVERAL, {"number": ticket}).scalars()
    return [wire.message_from_text(body).text for body in several]


def find(connection: Connection, ticket: str, media_id: str) -> Attached | None:
    """The file of that id, if it came along with this ticket."""
    return next((each for each in of_ticket(connection, ticket) if each.id == media_id), None)


def _types(connection: Connection, found: Sequence[Attachment]) -> dict[str, str]:
    ids = [held for each in found if (held := _held(each))]
    query = sa.select(schema.media.c.id, schema.media.c.media_type)
    rows = connection.execute(query.where(schema.media.c.id.in_(ids))) if ids else ()
    return {row.id: row.media_type for row in rows}


def _attached(ticket: str, attachment: Attachment, media_type: str) -> Attached:
    if attachment.reference.startswith(attachments.RECORDED):
        recording = attachment.reference.removeprefix(attachments.RECORDED)
        address = f"/console/recordings/{recording}"
        return Attached(name="留言", caption="", address=address, is_sound=True, is_heard=True)
    held, name = _held(attachment), _NAMES.get(attachment.kind, "文件")
    if not held or not media_type:
        link = attachment.reference if attachment.kind == "link" else ""
        caption = " ".join(part for part in (attachment.caption, link) if part)
        return Attached(
            name=name,
            caption=caption,
            comes=attachments.is_missing(attachment),
            lost=attachments.is_lost(attachment),
        )
    return Attached(
        name=name,
        caption=attachment.caption,
        address=f"/console/tickets/{ticket}/media/{held}",
        id=held,
        is_picture=media_type.startswith("image/"),
        is_sound=media_type in _PLAYED,
        is_heard=media_type.startswith(HEARD),
    )


def _held(attachment: Attachment) -> str:
    """Our id of it; empty where we have not got it."""
    reference = attachment.reference
    held = reference.startswith(attachments.HELD)
    return reference.removeprefix(attachments.HELD) if held else ""
