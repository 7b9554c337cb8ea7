"""Messages that the program could not work on however often it tried: a person registers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy import Connection

from channels.message import InboundMessage, Receipt
from intake import inbox, schema
from intake.services import SERVICES, Services
from intake.web import forms, pages, sessions
from nlp.understanding import RequestKind, Urgency
from routing import entails
from routing.ticket import Draft

MOST = 50
REASON = "程序没能处理这条消息，请看原话定类别、地点和紧急程度"
UNREADABLE = "（内容读不出来，请维护人员看日志）"
NO_WORDS = "（没有文字，看附件或来电记录）"
_INBOX = schema.inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """One of them; `message` is None where not even that can be read."""

    id: str
    channel: str
    sender: str
    received_at: datetime
    message: InboundMessage | None

    @property
    def said(self) -> str:
        """Its words."""
        if self.message is None:
            return UNREADABLE
        return self.message.text.strip() or NO_WORDS


def routes() -> Sequence[web.RouteDef]:
    """The list, and making a ticket of one."""
    return [
        web.get("/console/stuck", _page),
        web.post("/console/stuck/{inbox:[0-9a-f-]{1,64}}", _register),
    ]


async def _page(request: web.Request) -> web.StreamResponse:
    found = await request.app[SERVICES].database.read(_listing)
    session = sessions.required(request, sessions.EVERYBODY)
    values = {
        "messages": found,
        "may_write": session.account.role in sessions.MAY_WRITE,
    }
    return pages.show(request, "stuck.html", values)


async def _register(request: web.Request) -> web.StreamResponse:
    await forms.read(request)
    sessions.required(request, sessions.MAY_WRITE)
    services, inbox_id = request.app[SERVICES], request.match_info["inbox"]
    number = await services.database.write(lambda c: _registered(c, services, inbox_id))
    raise web.HTTPSeeOther(f"/console/tickets/{number}")


def _registered(connection: Connection, services: Services, inbox_id: str) -> str:
    """The number of the ticket that it became, now or by a colleague who was faster."""
    found = [each for each in _listing(connection) if each.id == inbox_id]
    if not found:
        number = _number(connection, inbox_id)
        if number:
            return number
        raise web.HTTPNotFound(text="没有这条消息，或者已经有人登记了")
    stuck = found[0]
    faster = inbox.hold(connection, inbox_id).receipt  # a colleague's, while we waited for the lock
    if faster is not None:
        return faster.ticket
    ticket = services.dispatcher.open(connection, _draft(stuck))
    receipt = services.replies.receipt(ticket, services.runtime.now())
    settled = Receipt(replies=(receipt,), ticket=ticket.number)
    inbox.settle(connection, inbox_id, settled, services.runtime.now())
    if stuck.message is not None:
        services.clerk.notify(connection, stuck.message.sender, (receipt,), ticket.number)
    return ticket.number


def _draft(stuck: Stuck) -> Draft:
    message = stuck.message
    by_phone = message is not None and message.sender.scheme == "tel"
    return Draft(
        text=stuck.said[: entails.LONGEST_TEXT],
        kind=RequestKind.HELP,
        urgency=Urgency.NORMAL,
        reporter=stuck.sender,
        reporter_phone=message.sender.path if message is not None and by_phone else "",
        channel=stuck.channel,
        messages=(stuck.id,),
        handover_reason=REASON,
    )


def _number(connection: Connection, inbox_id: str) -> str:
    query = sa.select(_INBOX.c.ticket).where(_INBOX.c.id == inbox_id)
    return connection.execute(query).scalar_one_or_none() or ""


def _listing(connection: Connection) -> list[Stuck]:
    """The longest waiting first."""
    rows = connection.execute(
        sa.select(_INBOX)
        .where(_INBOX.c.done_at.is_(None), _INBOX.c.attempts >= inbox.MOST_ATTEMPTS)
        .order_by(_INBOX.c.received_at)
        .limit(MOST)
    )
    return [
        Stuck(
            id=row.id,
            channel=row.channel,
            sender=row.sender,
            received_at=row.received_at,
            message=inbox.readable(row.body),
        )
        for row in rows
    ]
