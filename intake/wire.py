"""Messages, receipts and conversations as JSON text for the database, and back."""

import json
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from channels.message import Attachment, Contact, InboundMessage, Point, Receipt, Reply
from intake.talk.turn import Conversation, Stage


def message_to_text(message: InboundMessage) -> str:
    """The message as JSON; `message_from_text` gives an equal one back."""
    record = _shallow(message)
    record["sender"] = _shallow(message.sender)
    record["received_at"] = message.received_at.isoformat()
    record["attachments"] = [_shallow(each) for each in message.attachments]
    record["point"] = _shallow(message.point) if message.point else None
    return _dump(record)


def message_from_text(text: str) -> InboundMessage:
    """The message that `message_to_text` wrote."""
    record = json.loads(text)
    record["sender"] = Contact(**record["sender"])
    record["received_at"] = datetime.fromisoformat(record["received_at"])
    record["attachments"] = tuple(Attachment(**each) for each in record["attachments"])
    record["point"] = Point(**record["point"]) if record["point"] else None
    return InboundMessage(**record)


def reply_to_record(reply: Reply) -> dict[str, Any]:
    """The reply as the outbox keeps it: key, values, choices."""
    return {"key": reply.key, "values": dict(reply.values), "choices": list(reply.choices)}


def reply_from_record(record: dict[str, Any]) -> Reply:
    """The reply kept in the outbox or in a receipt."""
    return Reply(
        key=record["key"],
        values=dict(record.get("values", {})),
        choices=tuple(record.get("choices", ())),
    )


def receipt_to_text(receipt: Receipt) -> str:
    """The receipt as JSON, without the mark of a duplicate."""
    replies = [reply_to_record(reply) for reply in receipt.replies]
    record: dict[str, Any] = {"replies": replies, "ticket": receipt.ticket}
    if receipt.person:
        record |= {"person": True, "reason": receipt.reason}
    if receipt.posted:
        record["posted"] = receipt.posted
    record |= {name: True for name in ("asks", "danger") if getattr(receipt, name)}
    return _dump(record)


def receipt_from_text(text: str) -> Receipt:
    """The receipt kept with a message: by its nature the answer to a duplicate."""
    record = json.loads(text)
    replies = tuple(reply_from_record(each) for each in record["replies"])
    return Receipt(
        replies=replies,
        ticket=record["ticket"],
        duplicate=True,
        person=record.get("person", False),
        reason=record.get("reason", ""),
        posted=record.get("posted", 0),
        asks=record.get("asks", False),
        danger=record.get("danger", False),
    )


def conversation_to_text(conversation: Conversation) -> str:
    """The conversation as JSON; fields at their default are left out."""
    record = {
        name: value
        for name, blank in _BLANK.items()
        if (value := getattr(conversation, name)) != blank
    }
    for name in ("ticket_at", "due_at"):
        if name in record:
            record[name] = record[name].isoformat()
    return _dump(record)


def conversation_from_text(thread: str, text: str) -> Conversation:
    """The conversation that `conversation_to_text` wrote."""
    record = json.loads(text)
    for name in ("ticket_at", "due_at"):
        if name in record:
            record[name] = datetime.fromisoformat(record[name])
    for name in ("texts", "messages", "options", "pending"):
        record[name] = tuple(record.get(name, ()))
    for name in ("stage", "interrupted"):
        record[name] = Stage(record.get(name, Stage.OPEN))
    return Conversation(thread=thread, **record)


_BLANK = {each.name: each.default for each in fields(Conversation) if each.default is not MISSING}


def _shallow(record: Any) -> dict[str, Any]:
    """The fields of a dataclass by name. `asdict` would copy each value deeply, which costs more
    than all the JSON.
    """
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _dump(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
