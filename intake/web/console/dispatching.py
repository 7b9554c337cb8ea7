"""What an operator decides on the ticket page: read, corrected, dispatched, and kept as an
example.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from config.county import County
from config.runtime import LOCAL_ZONE
from intake import schema
from intake.services import Services
from intake.web import options
from nlp.understanding import Urgency
from routing import store
from routing.dispatch import Order
from routing.errors import ActionRefused
from routing.ticket import Action, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The dispatch form as it was typed."""

    category: str = ""
    place: str = ""
    urgency: str = ""
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
            place=options.place(county, ticket.place),
            urgency=ticket.urgency.value,
        )


def understood(county: County, wish: Wish) -> Wish:
    """The wish with codes in place of what was typed; ActionRefused says what is not known."""
    category, place = options.code_of(wish.category), options.code_of(wish.place)
    unit = options.code_of(wish.unit)
    if category not in county.categories:
        raise ActionRefused("请选一个类别：在“类别”里输入几个字，从下面的单子里选。")
    if place and place not in county.places_by_code:
        raise ActionRefused(f"没有“{wish.place}”这个地点，请从单子里选，或者清空。")
    if unit and unit not in county.units:
        raise ActionRefused(f"没有“{wish.unit}”这个单位，请从单子里选，或者清空。")
    if wish.urgency not in set(Urgency):
        raise ActionRefused("请选紧急程度。")
    return replace(wish, category=category, place=place, unit=unit)


def carry_out(connection: Connection, services: Services, wish: Wish, order: Order) -> Ticket:
    """Correct the ticket where it was wrong, keep each correction as an example, and dispatch
    it.
    """
    before = store.load(connection, order.number)
    changed = _changes(before, wish)
    if changed:
        corrected = services.dispatcher.correct(connection, order, **changed)
        _teach(connection, services, before, changed, by=order.by)
        order = replace(order, version=corrected.version)
    return services.dispatcher.dispatch(connection, order, unit=wish.unit)


def act(
    connection: Connection,
    services: Services,
    action: Action,
    order: Order,
    *,
    unit: str = "",
    due_at: str = "",
) -> Ticket:
    """Whatever else can be done; `unit` and `due_at` as they were typed. ActionRefused says what
    is missing.
    """
    dispatcher = services.dispatcher
    if action is Action.RULE:
        return dispatcher.rule(connection, order, unit=_unit(services.county, unit))
    if action is Action.EXTEND:
        return dispatcher.extend(connection, order, due_at=_moment(due_at))
    if action is Action.ANSWER:
        return dispatcher.answer(connection, replace(order, note=""), text=order.note)
    return dispatcher.act(connection, action, order)


def _unit(county: County, typed: str) -> str:
    code = options.code_of(typed)
    if code not in county.units:
        raise ActionRefused(f"没有“{typed}”这个单位，请从单子里选。")
    return code


def _moment(typed: str) -> datetime:
    """What a browser's field for date and time gives, in the county's time."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=LOCAL_ZONE)
    except ValueError:
        raise ActionRefused("请选延到哪一天、几点。") from None


def reason(county: County, ticket: Ticket) -> str:
    """Why it is where it is: the dispatch rule's own words."""
    code = ticket.rule.partition(":")[2].partition("@")[0]
    rule = next((rule for rule in county.rules if rule.code == code), None)
    if rule is not None:
        return rule.reason
    return "由人工决定" if ticket.rule else "还没有派单"


def _changes(ticket: Ticket, wish: Wish) -> dict[str, str]:
    """What the operator put right, by the ticket's field names."""
    wanted = {"category": wish.category, "place": wish.place, "urgency": wish.urgency}
    return {name: value for name, value in wanted.items() if value != getattr(ticket, name)}


def _teach(
    connection: Connection,
    services: Services,
    before: Ticket,
    changed: Mapping[str, str],
    *,
    by: str,
) -> None:
    """A labelled example for the next training: what was said, what we thought, what was right."""
    for name, value in changed.items():
        connection.execute(
            sa.insert(schema.correction).values(
                id=services.runtime.new_id(),
                ticket=before.number,
                text=before.text,
                field=name,
                before=str(getattr(before, name)),
                after=value,
                by=by,
                at=services.runtime.now(),
            )
        )
