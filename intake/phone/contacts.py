"""Calls of who handles a ticket to its resident, by a contact code: the codes that were keyed in,
counted against guessing, and what came of the calls. Functions of a connection.

Six digits of 1 to 9 are 531,441 codes. Where 500 live, one guess in 1,063 is right. A number has
six wrong ones an hour, all numbers together sixty: whoever shows ever other ones guesses for
eighteen hours to be put through once, in a call that is recorded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from channels.message import Contact
from channels.phone import number
from channels.phone.book import Purpose, Through
from channels.phone.exchange.recorded import Dialled
from config.county import County
from config.runtime import LOCAL_ZONE
from intake.phone import callbacks, calls, hours, schema
from nlp.understanding import Urgency
from routing import codes, permission, store
from routing.dispatch import Dispatcher
from routing.errors import TicketNotFound
from routing.order import BY_SYSTEM, Order
from routing.ticket import Action, Ticket

MOST_WRONG = 6  # codes of one caller in HOUR; of all who show no number together
MOST_WRONG_OF_ALL = 60  # in HOUR: somebody guesses, whatever numbers he shows
HOUR = timedelta(hours=1)
ANSWERED = "ANSWER"
TALKED = "{who}打电话联系过居民：{at} 接通，说了 {length}"
BRIEFLY = "{who}打电话联系居民：{at} 有人接了，没有记下说了话"
NOT_REACHED = "{who}打电话联系居民：{at}，{why}"
STRANGER = "办理的人（号码没有登记）"
NO_LINE = "电话没有打通，线路或号码不通"
WHY = MappingProxyType(
    {
        "BUSY": "占线",
        "NOANSWER": "没人接",
        "REFUSED": "拒接",
        "CANCEL": "没等接通就挂了",
        "CHANUNAVAIL": NO_LINE,
        "CONGESTION": NO_LINE,
    }
)
NOT_TOLD = "没有接通"  # and the exchange has not said why
_TRY, _CALL = schema.contact_try, schema.call
_log = structlog.get_logger(__name__)
_NOBODY = Contact(scheme=number.UNKNOWN_SCHEME, path="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A code, as somebody keyed it in."""

    id: str
    call_id: str
    caller: Contact
    code: str
    at: datetime


def keyed(
    connection: Connection, dispatcher: Dispatcher, what: Keyed, *, area_code: str
) -> Through:
    """Whom the code leads to. It is written down first: whatever becomes of us, it is counted, and
    the call's end finds its ticket.
    """
    caller = (what.caller if number.to_dial(what.caller) else _NOBODY).hashed
    if _is_guessed(connection, caller, what.at - HOUR):
        return Through(refused=True)
    ticket = _reached(connection, dispatcher, what.code)
    to = callbacks.reachable(ticket) if ticket else None
    unit = worker_of(dispatcher.county, ticket, what.caller, area_code) if ticket else ""
    row = {"id": what.id, "call": what.call_id, "caller": caller, "at": what.at}
    found = {"ticket": ticket.number if ticket and to else "", "unit": unit}
    connection.execute(sa.insert(_TRY), row | found)
    if ticket is None or to is None:
        return Through()
    if not (ticket.urgency is Urgency.DANGER or hours.is_day(what.at)):
        return Through(closed=True)
    return Through(ticket=ticket.number, to=number.to_dial(to))


def settle(connection: Connection, dispatcher: Dispatcher, call_id: str, came: Dialled) -> None:
    """The call has been made: it is no caller's, it belongs to the ticket, whose log tells of it.

    Once: the same again, or a call without a right code, changes nothing.
    """
    open_ = (_TRY.c.call == call_id, _TRY.c.ticket != "", _TRY.c.settled_at.is_(None))
    query = sa.select(_TRY).where(*open_).order_by(_TRY.c.at.desc(), _TRY.c.id).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        return
    now = dispatcher.runtime.now()
    connection.execute(sa.update(_TRY).where(*open_).values(settled_at=now))
    is_contact = sa.update(_CALL).where(_CALL.c.id == call_id)
    connection.execute(is_contact.values(purpose=Purpose.CONTACT.value))
    calls.link(connection, call_id, [row.ticket])
    ticket = _ticket(connection, row.ticket)
    if ticket is not None and Action.CONTACT in permission.allowed(ticket, BY_SYSTEM):
        note = words(dispatcher.county, row.unit, row.at, came)
        dispatcher.act(connection, Action.CONTACT, Order.on(ticket, by=BY_SYSTEM, note=note))


def words(county: County, unit: str, at: datetime, came: Dialled) -> str:
    """What the ticket's log says of it."""
    who = county.unit_name(unit) if unit else STRANGER
    local = at.astimezone(LOCAL_ZONE)
    when = f"{local.month}月{local.day}日 {local:%H:%M}"
    if came.status != ANSWERED:
        return NOT_REACHED.format(who=who, at=when, why=WHY.get(came.status, NOT_TOLD))
    if not came.talked_s:  # he hung up as he heard who it is, or the exchange has not told
        return BRIEFLY.format(who=who, at=when)
    minutes, seconds = divmod(came.talked_s, 60)
    length = f"{minutes} 分 {seconds:02} 秒" if minutes else f"{seconds} 秒"
    return TALKED.format(who=who, at=when, length=length)


def worker_of(county: County, ticket: Ticket, caller: Contact, area_code: str) -> str:
    """The unit whose telephone this is: one that has the ticket first; empty for nobody's."""
    if not number.to_dial(caller):
        return ""
    his = {code for code in county.units if _is_of(county, code, caller, area_code)}
    own = [code for code in (ticket.unit, *ticket.assisting) if code in his]
    return next(iter((*own, *sorted(his))), "")


def purge(connection: Connection, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` codes that were keyed in before then; how many."""
    old = sa.select(_TRY.c.id).where(_TRY.c.at < before).limit(limit)
    return connection.execute(sa.delete(_TRY).where(_TRY.c.id.in_(old))).rowcount


def _is_guessed(connection: Connection, caller: str, since: datetime) -> bool:
    """Have so many been wrong, of this caller or of all, that none counts now?"""
    his = sa.func.count().filter(_TRY.c.caller == caller)
    query = sa.select(his, sa.func.count()).where(_TRY.c.at > since, _TRY.c.ticket == "")
    of_him, of_all = connection.execute(query).one()
    if of_all >= MOST_WRONG_OF_ALL:
        _log.warning("phone.codes_guessed", wrong=of_all)
    return bool(of_him >= MOST_WRONG or of_all >= MOST_WRONG_OF_ALL)


def _reached(connection: Connection, dispatcher: Dispatcher, code: str) -> Ticket | None:
    """The ticket of a code that stands."""
    found = _ticket(connection, codes.ticket_of(connection, code))
    return found if found and dispatcher.way(connection, found) else None


def _ticket(connection: Connection, ticket: str) -> Ticket | None:
    try:
        return store.load(connection, ticket) if ticket else None
    except TicketNotFound:
        return None


def _is_of(county: County, code: str, caller: Contact, area_code: str) -> bool:
    if any(each.contact == str(caller) for each in county.workers.get(code, ())):
        return True
    phone = county.units[code].phone
    return bool(phone) and number.contact(phone, call_id="", area_code=area_code) == caller
