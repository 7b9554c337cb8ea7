"""Nobody's words are read by nobody: each open ticket is in a list of somebody who must act, and
every new word of a resident reaches one of them.
"""

import json
from dataclasses import dataclass, replace

import pytest

from config.county import County
from routing import finding, heard_back, jurisdiction, lifecycle, report, store
from routing.database import Database
from routing.deadline import Light
from routing.dispatch import Dispatcher
from routing.finding import Wanted
from routing.order import BY_RESIDENT, BY_SYSTEM, Order
from routing.ticket import FINAL_STATUSES, Action, Status, Ticket
from tests.clock import Clock
from tests.routing import county as counties
from tests.routing import parts

DESK, LEADER, INSPECTOR = "operator:李", "leader:王", "inspector:赵"
WORDS = "水已经漫到院子里了"
OPEN = [status for status in Status if status not in FINAL_STATUSES]
# How a ticket gets where it is: by whom, what, and what comes along.
ROADS: dict[Status, tuple[Action, ...]] = {
    Status.DECIDING: (),
    Status.DISPATCHED: (Action.DISPATCH,),
    Status.SIGNED: (Action.DISPATCH, Action.SIGN),
    Status.RETURNED: (Action.DISPATCH, Action.RETURN),
    Status.ANSWERED: (Action.DISPATCH, Action.SIGN, Action.ANSWER),
    Status.FOLLOWED_UP: (Action.DISPATCH, Action.SIGN, Action.ANSWER, Action.FOLLOW_UP),
}
# The figures of the console's first page that are lists of one status.
FIGURES = frozenset({Status.ANSWERED, Status.FOLLOWED_UP})


@dataclass(frozen=True)
class Owner:
    """To whom the ticket goes, and whether anything of ours gets there."""

    unit: str
    contact: str = ""
    reached: bool = True
    confidential: bool = False


OWNERS = [
    Owner(counties.HAMLET_GRID, contact="wechat:oWorker"),
    Owner(counties.HAMLET_GRID, reached=False),
    Owner(counties.HAMLET_GRID, contact="wechat:oWorker", confidential=True),
    Owner("water"),
    Owner("water", reached=False),
    Owner("water", confidential=True),
    Owner(counties.COUNTY),
]


@pytest.fixture
def clock() -> Clock:
    return Clock(at=parts.START)


def dispatcher(clock: Clock, owner: Owner) -> Dispatcher:
    county: County = parts.county({owner.unit: owner.contact} if owner.contact else {})
    made = parts.dispatcher(clock, county)
    return replace(made, unreached=frozenset() if owner.reached else frozenset({owner.unit}))


async def brought(database: Database, act: Dispatcher, status: Status, owner: Owner) -> Ticket:
    """A ticket in that status, on a road that people take."""
    draft = parts.draft(handover_reason="拿不准", confidential=owner.confidential)
    ticket = await database.write(lambda c: act.open(c, draft))
    for action in ROADS[status]:
        order = Order.on(ticket, by=DESK, note="不归我们")
        match action:
            case Action.DISPATCH:
                work = _work(act.dispatch, order, unit=owner.unit)
            case Action.ANSWER:
                work = _work(act.answer, order, text="修好了")
            case _:
                work = _work(act.act, action, order)
        ticket = await database.write(work)
    assert ticket.status is status
    return ticket


def _work(method, *given, **named):  # type: ignore[no-untyped-def]
    return lambda c: method(c, *given, **named)


async def is_listed(database: Database, act: Dispatcher, ticket: Ticket) -> bool:
    """Is it in 待办, among those to ring about, or behind a figure of the first page?"""
    centre = jurisdiction.centre(act.county).code

    def look(connection):  # type: ignore[no-untyped-def]
        units = report.to_ring(connection, act.unreached)
        ring = report.count_to_ring(connection, units) > 0
        return ring, [each.number for each in report.waiting(connection, centre, limit=10)]

    ring, waiting = await database.read(look)
    return ticket.number in waiting or ring or ticket.status in FIGURES


async def is_in_the_queue(database: Database, act: Dispatcher, ticket: Ticket) -> bool:
    centre = jurisdiction.centre(act.county).code
    found = await database.read(lambda c: report.waiting(c, centre, limit=10))
    return ticket.number in [each.number for each in found]


async def read_by_owner(database: Database, owner: Owner) -> bool:
    """Do the words stand in an envelope that gets to the owner?"""
    to = owner.contact or f"webhook:{owner.unit}"
    return owner.reached and any(
        row.destination == to and WORDS in json.dumps(json.loads(row.body), ensure_ascii=False)
        for row in await parts.posted(database)
    )


@pytest.mark.parametrize("owner", OWNERS, ids=str)
@pytest.mark.parametrize("status", OPEN)
async def test_every_open_ticket_is_somebodys_to_see(
    database: Database, clock: Clock, status: Status, owner: Owner
) -> None:
    act = dispatcher(clock, owner)
    ticket = await brought(database, act, status, owner)
    told = {row.destination for row in await parts.posted(database)}
    in_hand = status in (Status.DISPATCHED, Status.SIGNED)
    by_phone = status is Status.SIGNED and not owner.reached  # whoever signed for them told them
    to = owner.contact or f"webhook:{owner.unit}"
    knows = in_hand and (by_phone or (owner.reached and to in told))
    assert knows or await is_listed(database, act, ticket)


@pytest.mark.parametrize("owner", OWNERS, ids=str)
@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("news", ["supplement", "remind", "dissatisfied"])
async def test_every_new_word_on_an_open_ticket_is_seen(
    database: Database, clock: Clock, status: Status, owner: Owner, news: str
) -> None:
    act = dispatcher(clock, owner)
    ticket = await brought(database, act, status, owner)
    clock.forward(hours=3)
    order = Order.on(ticket, by=BY_RESIDENT, note=WORDS)
    work = {
        "supplement": _work(act.supplement, order),
        "remind": _work(act.act, Action.REMIND, order),
        "dissatisfied": _work(act.evaluate, order, satisfied=False),
    }[news]
    try:
        after = await database.write(work)
    except lifecycle.ActionRefused:
        assert news != "supplement", "whatever he says of an open ticket is taken"
        return
    read = await read_by_owner(database, owner)
    assert read or await is_listed(database, act, after)
    if news == "remind" or status in FIGURES:  # and not as one of many that wait anyway
        assert read or WORDS in heard_back.words(after.handover_reason)
        assert read or await is_in_the_queue(database, act, after)


@pytest.mark.parametrize("by", [LEADER, INSPECTOR])
@pytest.mark.parametrize("owner", [each for each in OWNERS if not each.reached], ids=str)
async def test_who_urges_an_office_that_nothing_gets_to_has_the_hotline_ring_it(
    database: Database, clock: Clock, owner: Owner, by: str
) -> None:
    act = dispatcher(clock, owner)
    ticket = await brought(database, act, Status.SIGNED, owner)
    action = Action.SUPERVISE if by == INSPECTOR else Action.REMIND
    order = Order.on(ticket, by=by, note="请抓紧")
    after = await database.write(lambda c: act.act(c, action, order))
    assert after.handover_reason == heard_back.NOT_REACHED
    assert await is_in_the_queue(database, act, after)
    order = Order.on(after, by=DESK, note="打过电话了")
    after = await database.write(lambda c: act.act(c, Action.PROGRESS, order))
    assert not await is_in_the_queue(database, act, after)
    assert lifecycle.replay(await database.read(lambda c: store.events(c, after.number))) == after


@pytest.mark.parametrize(
    ("status", "news", "shown"),
    [(Status.ANSWERED, "dissatisfied", "不满意"), (Status.DECIDING, "remind", "催办")],
)
async def test_who_judges_or_presses_by_a_key_is_shown_with_what_he_means(
    database: Database, clock: Clock, status: Status, news: str, shown: str
) -> None:
    owner = OWNERS[0]
    act = dispatcher(clock, owner)
    ticket = await brought(database, act, status, owner)
    order = Order.on(ticket, by=BY_RESIDENT)
    work = {
        "remind": _work(act.act, Action.REMIND, order),
        "dissatisfied": _work(act.evaluate, order, satisfied=False),
    }[news]
    after = await database.write(work)
    assert heard_back.words(after.handover_reason) == shown


async def test_what_is_late_has_its_own_list_and_buries_no_other(
    database: Database, clock: Clock
) -> None:
    owner = OWNERS[1]
    act = dispatcher(clock, owner)
    ticket = await brought(database, act, Status.SIGNED, owner)
    clock.forward(days=60)
    order = Order.on(ticket, by=BY_SYSTEM, note="已超过办理时限")
    ticket = await database.write(lambda c: act.remind_overdue(c, order))
    assert not await is_in_the_queue(database, act, ticket)
    late = Wanted(light=Light.RED)
    found = await database.read(lambda c: finding.search(c, late, now=clock.at, limit=10))
    assert [each.number for each in found] == [ticket.number]


async def test_judgement_that_opens_the_ticket_again_is_its_owners_to_see(
    database: Database, clock: Clock
) -> None:
    owner = OWNERS[0]
    act = dispatcher(clock, owner)
    ticket = await brought(database, act, Status.ANSWERED, owner)
    order = Order.on(ticket, by=BY_RESIDENT, note=WORDS)
    ticket = await database.write(lambda c: act.evaluate(c, order, solved=False, satisfied=False))
    assert not await is_in_the_queue(database, act, ticket)
