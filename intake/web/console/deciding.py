"""What an operator decides on the ticket page: read, corrected, dispatched, and kept as an
example.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from config.county import County
from intake import schema
from intake.services import Services
from intake.web import options
from intake.web.options import Known
from nlp import redact
from nlp.understanding import Urgency
from routing import entails, store
from routing.errors import ActionRefused
from routing.order import Order
from routing.route import TERRITORY
from routing.ticket import Ticket

LONGEST_ADDRESS = 200  # characters
CHOSEN = "单位是工作人员定的，没有按派单目录；谁定的、为什么，见“办理经过”"
NO_RULE = "派单目录里没有这一类，按事情所在的地方派的"
GONE = "派单时用的那一条，现在的派单目录里没有了"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The dispatch form as it was typed."""

    category: str = ""
    place: str = ""
    address: str = ""
    urgency: str = ""
    confidential: str = ""  # not empty: the box is ticked
    unit: str = ""
    note: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Wish":
        """What was typed, so that nothing is lost when it has to be put right."""
        return cls(**{name: fields.get(name, "") for name in cls.__slots__})

    @classmethod
    def shown(cls, county: County, ticket: Ticket) -> "Wish":
        """What the form shows at first: the machine's guesses."""
        return cls(
            category=options.category(county, ticket.category),
            place=options.places(county).labels.get(ticket.place, ""),
            address=redact.mask(ticket.address),
            urgency=ticket.urgency.value,
            confidential="yes" if ticket.confidential else "",
        )


def understood(county: County, wish: Wish, *, dispatches: bool) -> Wish:
    """The wish with codes in place of what was typed; ActionRefused says everything that is not
    known. A ticket that `dispatches` needs a category; without one it can be corrected as well.
    """
    problems: list[str] = []

    def read(known: Known, typed: str, what: str) -> str:
        try:
            return chosen(known, typed, what)
        except ActionRefused as refusal:
            problems.append(str(refusal))
            return ""

    category = read(options.categories(county), wish.category, "类别")
    if dispatches and not wish.category:
        problems.append("请选一个类别：在“类别”里输入几个字，从下面的单子里选。")
    place = read(options.places(county), wish.place, "地点")
    unit = read(options.units(county), wish.unit, "单位")
    if len(wish.address) > LONGEST_ADDRESS:
        problems.append(f"具体位置最多 {LONGEST_ADDRESS} 字，别的写在说明里。")
    if wish.urgency not in set(Urgency):
        problems.append("请选紧急程度。")
    if problems:
        raise ActionRefused("".join(problems))
    return replace(wish, category=category, place=place, unit=unit)


def chosen(known: Known, typed: str, what: str) -> str:
    """The code of what was typed, empty for nothing; ActionRefused says which may be meant."""
    codes = known.codes(typed)
    if len(codes) > 1:
        several = known.named(codes)
        raise ActionRefused(f"叫“{typed}”的{what}不止一个：{several}。请从单子里选。")
    if typed and not codes:
        near = known.near(typed)
        meant = f"是不是：{near}？" if near else ""
        raise ActionRefused(f"没有“{typed}”这个{what}。{meant}请从单子里选，或者清空。")
    return codes[0] if codes else ""


def correct(connection: Connection, services: Services, wish: Wish, order: Order) -> Ticket:
    """Put right what was wrong, and keep each correction as an example; ActionRefused where all
    was right.
    """
    before = store.load(connection, order.number)
    changed = _changes(before, wish)
    if not changed:
        raise ActionRefused("没有改动：类别、地点、具体位置、紧急程度、保密和原来一样。")
    after = services.dispatcher.correct(connection, order, **changed)
    _teach(connection, services, before, after, by=order.by)
    return after


def dispatch(connection: Connection, services: Services, wish: Wish, order: Order) -> Ticket:
    """Correct the ticket where it was wrong, and dispatch it."""
    if _changes(store.load(connection, order.number), wish):
        corrected = correct(connection, services, wish, order)
        order = replace(order, version=corrected.version)
    return services.dispatcher.dispatch(connection, order, unit=wish.unit)


def reason(county: County, ticket: Ticket) -> str:
    """Why it is where it is: the dispatch rule's own words, or who has decided without one."""
    if ticket.rule == entails.BY_PERSON:
        return CHOSEN
    code = ticket.rule.partition(":")[2].partition("@")[0]
    rule = next((rule for rule in county.rules if rule.code == code), None)
    if rule is not None:
        return rule.reason
    if not ticket.rule:
        return "还没有派单"
    return NO_RULE if code == TERRITORY else GONE


def _changes(ticket: Ticket, wish: Wish) -> dict[str, Any]:
    """What the operator put right, by the ticket's field names."""
    wanted = {name: getattr(wish, name) for name in _TAUGHT}
    wanted["confidential"] = bool(wish.confidential)
    if wish.address != redact.mask(ticket.address):  # as it was shown
        wanted["address"] = wish.address
    return {name: value for name, value in wanted.items() if value != getattr(ticket, name)}


_TAUGHT = ("category", "place", "urgency")


def _teach(
    connection: Connection, services: Services, before: Ticket, after: Ticket, *, by: str
) -> None:
    """A labelled example for the next training: what was said, what we thought, what was right."""
    for name in _TAUGHT:
        if getattr(before, name) == getattr(after, name):
            continue
        connection.execute(
            sa.insert(schema.correction).values(
                id=services.runtime.new_id(),
                ticket=before.number,
                text=redact.mask(before.text),
                field=name,
                before=str(getattr(before, name)),
                after=str(getattr(after, name)),
                by=by,
                at=services.runtime.now(),
            )
        )
