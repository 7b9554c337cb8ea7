"""Attachments that a platform has not given us yet: which they are, who is asked for them. Pure."""

import hashlib
from dataclasses import replace

from channels.message import Attachment, InboundMessage
from routing.envelope import Envelope

SCHEME = "media"
KIND = "media.fetch"
HELD = "store:"
LOST = "lost:"  # its platform did not give it to us; how it called it follows
RECORDED = "recording:"  # on the telephone: it lies with the recordings of calls


def is_missing(attachment: Attachment) -> bool:
    """Does the platform still have it, and we not? A link is only a link."""
    reference = attachment.reference
    settled = reference.startswith((HELD, RECORDED, LOST))
    return attachment.kind != "link" and bool(reference) and not settled


def is_lost(attachment: Attachment) -> bool:
    """Have we given it up?"""
    return attachment.reference.startswith(LOST)


def sought(attachment: Attachment) -> Attachment:
    """What its platform is asked for, also once we had given it up."""
    return replace(attachment, reference=attachment.reference.removeprefix(LOST))


def unheard(message: InboundMessage) -> list[int]:
    """Which of them are voice notes that we hold and whose words nobody has told us."""
    if message.confidence is not None or message.spoken or message.event:
        return []  # what was said is its text already
    return [
        index
        for index, each in enumerate(message.attachments)
        if each.kind == "voice" and each.reference.startswith(HELD)
    ]


def note_id(message: InboundMessage, index: int) -> str:
    """The id of a voice note: the attachment at `index`."""
    key = f"{message.channel}:{message.external_id}:{index}"
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def errands(inbox_id: str, message: InboundMessage) -> list[Envelope]:
    """An envelope for each that is missing, each its own destination: none waits for another."""
    return [
        Envelope(
            id=f"{SCHEME}-{inbox_id}-{index}",
            destination=f"{SCHEME}:{message.channel}/{inbox_id}/{index}",
            ticket="",
            kind=KIND,
            body={"message": inbox_id, "attachment": index},
        )
        for index, attachment in enumerate(message.attachments)
        if is_missing(attachment)
    ]


def replaced(message: InboundMessage, index: int, reference: str) -> InboundMessage:
    """The message with the attachment at `index` held by us or lost, where it was missing."""
    kept = list(message.attachments)
    if is_missing(kept[index]) or is_lost(kept[index]):
        kept[index] = replace(kept[index], reference=reference)
    return replace(message, attachments=tuple(kept))
