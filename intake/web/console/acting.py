"""Whatever else can be done on a ticket's page, from its forms: read as typed, and carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from config.county import County
from config.runtime import LOCAL_ZONE
from intake.counter import writing
from intake.services import Services
from intake.web import options
from intake.web.console import deciding
from routing import permission, store
from routing.dispatch import Dispatcher
from routing.errors import ActionRefused
from routing.order import Order
from routing.ticket import Action, Ticket

SAID: Mapping[str, bool | None] = MappingProxyType({"yes": True, "no": False, "": None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One of 回访, and its answers; `open`: he was not asked or didn't say."""

    question: str
    yes: str
    no: str
    about: str  # what is open, where it stands among other answers
    open: str = "没问到"

    def said(self, value: bool | None) -> str:
        """An answer that stands alone."""
        return f"{self.about}{self.open}" if value is None else self.yes if value else self.no


QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "solved": Question(question="解决了吗", yes="解决了", no="没解决", about="解决没解决"),
        "satisfied": Question(question="满意吗", yes="满意", no="不满意", about="满意不满意"),
        "contacted": Question(
            question="有人联系过吗", yes="有人联系过", no="没人联系过", about="有没有人联系过"
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One of these forms as it was typed."""

    action: str = ""
    note: str = ""
    unit: str = ""
    due_at: str = ""
    solved: str = ""  # this and the next two: a key of SAID
    satisfied: str = ""
    contacted: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Typed":
        """What was typed, so that nothing is lost when it has to be put right."""
        return cls(**{name: fields.get(name, "") for name in cls.__slots__})


def act(
    connection: Connection, services: Services, action: Action, order: Order, typed: Typed
) -> Ticket:
    """Do it; ActionRefused says what is missing."""
    dispatcher = services.dispatcher
    match action:
        case Action.RULE:
            return dispatcher.rule(connection, order, unit=_ruled(services.county, typed.unit))
        case Action.EXTEND:
            return dispatcher.extend(connection, order, due_at=_moment(typed.due_at))
        case Action.ANSWER:
            return dispatcher.answer(connection, replace(order, note=""), text=order.note)
        case Action.TELL:
            return writing.write(connection, dispatcher, order)
        case Action.SIGN:
            return _signed(connection, dispatcher, order)
        case Action.EVALUATE:
            return _asked(connection, dispatcher, order, typed)
        case _:
            return dispatcher.act(connection, action, order)


def _signed(connection: Connection, dispatcher: Dispatcher, order: Order) -> Ticket:
    """For a unit that the program can't tell only by who says whom he told."""
    ticket = store.load(connection, order.number)
    if not order.note and not dispatcher.reaches(ticket.unit):
        raise ActionRefused("系统通知不到主办单位：先打电话告诉他们，再写上跟谁说的。")
    return dispatcher.act(connection, Action.SIGN, order)


def _asked(connection: Connection, dispatcher: Dispatcher, order: Order, typed: Typed) -> Ticket:
    """回访 by an operator who rang himself: the three judgements, and what follows from them as it
    does from a call of the system's: unsolved is taken up again, solved and not dissatisfied is
    closed.
    """
    solved, satisfied, contacted = map(_said, (typed.solved, typed.satisfied, typed.contacted))
    if solved is None and satisfied is None and contacted is None:
        raise ActionRefused("请至少选一项：解决、满意、联系过，居民怎么说就怎么选。")
    ticket = dispatcher.evaluate(
        connection, order, solved=solved, satisfied=satisfied, contacted=contacted
    )
    following = [Action.FOLLOW_UP]
    if solved is False:
        following.append(Action.REOPEN)
    elif solved and satisfied is not False:
        following.append(Action.CLOSE)
    for action in following:
        if action in permission.allowed(ticket, order.by):
            ticket = dispatcher.act(connection, action, replace(order, version=ticket.version))
    return ticket


def _said(typed: str) -> bool | None:
    if typed not in SAID:
        raise ActionRefused("请从单子里选：居民怎么说就怎么选，没问到就选“没问到”。")
    return SAID[typed]


def _ruled(county: County, typed: str) -> str:
    if not typed:
        raise ActionRefused("请选由谁办：输入几个字，从下面的单子里选。")
    return deciding.chosen(options.units(county), typed, "单位")


def _moment(typed: str) -> datetime:
    """What a browser's field for date and time gives, in the county's time."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=LOCAL_ZONE)
    except ValueError:
        raise ActionRefused("请选延到哪一天、几点。") from None
