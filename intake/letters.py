"""What could not be delivered, as operators and maintainers read it: to whom, what, when, why not.

Nobody's address is shown whole, and words are masked.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from channels import registry
from config.county import County
from intake import attachments, wire
from intake.replies import Replies
from nlp import redact
from routing import notices
from routing.envelope import DeadLetter, Envelope
from routing.ticket import ACTION_NAMES, Action

WEBHOOK, RUNG = "webhook", "tel"
LONGEST = 200  # characters of what it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One that was given up."""

    id: str
    to: str
    kind: str
    says: str
    ticket: str
    attempts: int
    posted_at: datetime
    given_up_at: datetime
    last_error: str


def shown(county: County, replies: Replies, dead: DeadLetter) -> Letter:
    """The letter as people read it."""
    envelope = dead.envelope
    return Letter(
        id=envelope.id,
        to=_addressee(county, envelope.destination),
        kind=_kind(envelope),
        says=redact.mask(_says(county, replies, envelope))[:LONGEST],
        ticket=envelope.ticket,
        attempts=envelope.attempts,
        posted_at=dead.created_at,
        given_up_at=dead.finished_at,
        last_error=redact.mask(dead.last_error),
    )


def _addressee(county: County, destination: str) -> str:
    """A department by its name; a person only by how he writes and the ends of his address."""
    scheme, _, path = destination.partition(":")
    if scheme == WEBHOOK:
        return county.unit_name(path)
    if scheme == attachments.SCHEME:
        return registry.NAMES.get(path.partition("/")[0], path)
    named = registry.NAMES.get(scheme, "电话" if scheme == RUNG else scheme)
    return f"{named} {redact.mask_phone(path)}"


def _kind(envelope: Envelope) -> str:
    if envelope.scheme == WEBHOOK:
        return f"推送：{_EVENTS.get(envelope.kind, envelope.kind)}"
    if envelope.scheme == attachments.SCHEME:
        return "补取居民发来的照片、语音或文件"
    return "消息"


_EVENTS = {kind: ACTION_NAMES[action] for action, kind in notices.EVENT_TYPES.items()} | {
    notices.EVENT_TYPES[Action.DISPATCH]: ACTION_NAMES[Action.DISPATCH],  # of several that send it
    notices.RELEASED: "转给了别的单位",
}


_UNSHOWN = {"contact": ""}  # a code is for who handles the ticket


def _says(county: County, replies: Replies, envelope: Envelope) -> str:
    """What would have been read at the other end; empty where that is no text."""
    if envelope.scheme == WEBHOOK:
        data = envelope.body.get("data", {})
        return str(data.get("note") or data.get("text", ""))
    if envelope.body.get("key") not in county.replies:  # a file; or the county dropped these words
        return ""
    reply = wire.reply_from_record(dict(envelope.body))
    return replies.render(replace(reply, values={**reply.values, **_UNSHOWN}))
