"""What residents and grid workers say of a result: on both databases, by whichever channel."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from channels.message import Contact, InboundMessage, Receipt
from config.county import County, Worker
from config.settings import Settings
from intake import app, migrate
from intake.services import Services
from intake.talk.steps import Judge
from intake.talk.turn import Told
from nlp.understanding import RequestKind
from routing import store
from routing.order import Order
from routing.ticket import Action, Status, Ticket, TicketEvent
from tests.clock import MONDAY_MORNING, Clock
from tests.intake.talk import LAMP, WATER, Talk, keys

Say = Callable[..., InboundMessage]
LAMP_HERE = "东韩村村口的路灯坏了三天了没人修"
WORKER = Contact(scheme="wechat", path="oWorker")


@pytest.fixture
async def services(
    settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    """The program, where somebody answers for every office by the same chat."""
    load = app.load.load_county

    def with_workers(folder: object) -> County:
        county = load(folder)  # type: ignore[arg-type]
        workers = {
            code: (Worker(unit=code, name="网格员", contact=str(WORKER)),) for code in county.units
        }
        return replace(county, workers=MappingProxyType(workers))

    monkeypatch.setattr(app.load, "load_county", with_workers)
    migrate.upgrade(settings.database)
    async with app.build(settings, clock.runtime()) as built:
        yield built


async def ticket_of(services: Services, number: str) -> Ticket:
    return await services.database.read(lambda c: store.load(c, number))


async def events_of(services: Services, number: str) -> list[TicketEvent]:
    return await services.database.read(lambda c: store.events(c, number))


def replied(receipt: Receipt) -> list[str]:
    return [reply.key for reply in receipt.replies]


async def answered(services: Services, say: Say, clock: Clock) -> str:
    """A ticket with an answer that the resident has been told."""
    number = (await services.desk.receive(say(LAMP_HERE))).ticket
    clock.forward(hours=5)
    await services.database.write(
        lambda c: services.dispatcher.answer(
            c, Order(number=number, version=1, by="operator:a"), text="换了灯"
        )
    )
    clock.forward(hours=1)
    return number


@pytest.mark.parametrize(
    ("words", "reply", "status", "judged"),
    [
        ("解决了", "evaluate_ask", Status.CLOSED, (True, None)),
        ("解决了，很满意", "evaluated", Status.CLOSED, (True, True)),
        ("解决了，就是不太满意", "dissatisfied", Status.CLOSED, (True, False)),
        ("满意", "evaluated", Status.CLOSED, (None, True)),
        ("基本满意", "evaluated", Status.CLOSED, (None, True)),
        ("没意见", "evaluated", Status.CLOSED, (None, True)),
        ("没有不满意", "evaluated", Status.CLOSED, (None, True)),
        ("不差", "evaluated", Status.CLOSED, (None, True)),
        ("不满意", "dissatisfied", Status.ANSWERED, (None, False)),
        ("没解决", "notice_reopened", Status.DISPATCHED, (None, None)),
        ("没修", "notice_reopened", Status.DISPATCHED, (None, None)),
        ("还是不亮，根本没人来修", "notice_reopened", Status.DISPATCHED, (None, None)),
    ],
)
async def test_answer_to_a_result_is_a_judgement(
    services: Services,
    say: Say,
    clock: Clock,
    words: str,
    reply: str,
    status: Status,
    judged: tuple[bool | None, bool | None],
) -> None:
    number = await answered(services, say, clock)
    receipt = await services.desk.receive(say(words, key="2"))
    assert replied(receipt) == [reply]
    assert receipt.ticket == number
    ticket = await ticket_of(services, number)
    assert ticket.status is status
    assert (ticket.solved, ticket.satisfied, ticket.contacted) == (*judged, None)
    recorded = [e for e in await events_of(services, number) if e.action is Action.EVALUATE]
    assert [(event.by, event.note) for event in recorded] == [("resident", words)]


async def test_reopening_keeps_number_and_history(
    services: Services, say: Say, clock: Clock
) -> None:
    number = await answered(services, say, clock)
    await services.desk.receive(say("没修", key="2"))
    actions = [event.action for event in await events_of(services, number)]
    assert actions == [Action.OPEN, Action.ANSWER, Action.EVALUATE, Action.REOPEN]
    ticket = await ticket_of(services, number)
    assert ticket.reopened == 1
    assert LAMP_HERE in ticket.text


async def test_solved_then_graded_in_the_next_word(
    services: Services, say: Say, clock: Clock
) -> None:
    number = await answered(services, say, clock)
    await services.desk.receive(say("解决了", key="2"))
    clock.forward(minutes=1)
    assert replied(await services.desk.receive(say("基本满意", key="3"))) == ["evaluated"]
    ticket = await ticket_of(services, number)
    assert (ticket.solved, ticket.satisfied) == (True, True)


async def test_unsolved_said_twice_is_kept_beside_the_work(
    services: Services, say: Say, clock: Clock
) -> None:
    number = await answered(services, say, clock)
    await services.desk.receive(say("没修", key="2"))
    clock.forward(minutes=10)
    assert replied(await services.desk.receive(say("还是没修", key="3"))) == ["supplemented"]
    assert (await ticket_of(services, number)).reopened == 1


@pytest.mark.parametrize(("days", "reply"), [(14, "notice_reopened"), (16, "reopen_late")])
async def test_reopening_has_its_time(
    services: Services, say: Say, clock: Clock, days: int, reply: str
) -> None:
    number = await answered(services, say, clock)
    await services.desk.receive(say("解决了", key="2"))
    clock.forward(hours=24 * days)
    receipt = await services.desk.receive(say(f"{number} 又不亮了，没修好", key="3"))
    assert replied(receipt) == [reply]
    assert [e.note for e in await events_of(services, number) if e.action is Action.EVALUATE][-1]


async def test_who_is_known_by_his_telephone_reopens_by_ringing(
    services: Services, say: Say, clock: Clock
) -> None:
    told = replace(say(f"{LAMP_HERE}，我电话13900001234"), external_id="with-phone")
    number = (await services.desk.receive(told)).ticket
    await services.database.write(
        lambda c: services.dispatcher.answer(
            c, Order(number=number, version=1, by="operator:a"), text="换了灯"
        )
    )
    ringing = replace(
        say(f"{number}没修好", key="2"),
        channel="phone",
        sender=Contact(scheme="tel", path="+8613900001234"),
        thread="call:1",
        spoken=True,
    )
    assert replied(await services.desk.receive(ringing)) == ["notice_reopened"]


async def test_stranger_judges_nothing(services: Services, say: Say, clock: Clock) -> None:
    number = await answered(services, say, clock)
    receipt = await services.desk.receive(say(f"{number} 没解决", key="1", sender="b"))
    assert replied(receipt) == ["progress_unknown"]
    assert (await ticket_of(services, number)).status is Status.ANSWERED


@pytest.mark.parametrize("words", ["记不清了", "我也不知道解决没有", "没注意"])
async def test_who_does_not_know_has_judged_nothing(
    services: Services, say: Say, clock: Clock, words: str
) -> None:
    number = await answered(services, say, clock)
    await services.desk.receive(say(words, key="2"))
    ticket = await ticket_of(services, number)
    assert (ticket.status, ticket.solved, ticket.satisfied) == (Status.ANSWERED, None, None)


@pytest.mark.parametrize("words", ["没解决", "没修", "满意", "不满意", "解决了"])
async def test_without_a_result_nothing_is_judged(
    services: Services, say: Say, clock: Clock, words: str
) -> None:
    number = (await services.desk.receive(say(LAMP_HERE))).ticket
    clock.forward(hours=3)
    await services.desk.receive(say(words, key="2"))
    actions = {event.action for event in await events_of(services, number)}
    assert not actions & {Action.EVALUATE, Action.REOPEN, Action.CLOSE}


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("不实", "网格员核实：不实。不实"),
        ("没修，灯还黑着", "网格员核实：不实。没修，灯还黑着"),
        ("属实", "网格员核实：属实。属实"),
    ],
)
async def test_grid_worker_judges_beside_the_resident(
    services: Services, say: Say, clock: Clock, words: str, note: str
) -> None:
    number = await answered(services, say, clock)
    await services.desk.receive(say("解决了", key="2"))
    from_worker = replace(say(words, key="w"), channel="wechat", sender=WORKER, thread=str(WORKER))
    receipt = await services.desk.receive(from_worker)
    assert replied(receipt) == ["worker_evaluated"]
    last = (await events_of(services, number))[-1]
    ticket = await ticket_of(services, number)
    assert (last.action, last.note) == (Action.EVALUATE, note)
    assert last.by == f"village:{ticket.unit}"
    assert (ticket.solved, ticket.status) == (True, Status.CLOSED)


def told(category: str = LAMP.code) -> Told:
    return Told(ticket="20261120-0001", at=MONDAY_MORNING, category=category)


@pytest.mark.parametrize(
    ("before", "words", "judges"),
    [
        ((), "没解决", True),
        ((), "满意", True),
        (("路灯坏了",), "没解决", False),  # it answers the question where
        (("东韩村路灯坏了",), "没解决", False),  # a newer matter stands between
        ((), "东韩村停水", False),
        ((), "转人工", False),
        ((), "查询", False),
    ],
)
def test_verdict_is_heard_only_where_it_answers_the_result(
    before: tuple[str, ...], words: str, judges: bool
) -> None:
    talk = Talk()
    for saying in before:
        talk.say(saying)
    turn = talk.say(words, after_s=3600, told=told())
    assert any(isinstance(step, Judge) for step in turn.steps) == judges


def test_number_named_needs_no_notice() -> None:
    (step,) = Talk().say("20261120-0001没解决").steps
    assert isinstance(step, Judge)
    assert step.ticket == "20261120-0001"
    assert keys(Talk().say("没解决")) == ["progress_none"]


def test_other_matter_after_a_result_is_told_not_judged() -> None:
    turn = Talk().say("东韩村停水", told=told(WATER.code))
    assert not any(isinstance(step, Judge) for step in turn.steps)


def test_judgement_carries_the_words_and_both_halves() -> None:
    (step,) = Talk().say("解决了，不太满意", told=told()).steps
    assert step == Judge(
        ticket="20261120-0001",
        verdicts=(RequestKind.SOLVED, RequestKind.UNSATISFIED),
        words="解决了，不太满意",
    )
