"""How the line stands is known in every process, cheaply, and without a resident's number."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from channels.message import Contact
from channels.phone.book import Began, Ended, Outcome, Purpose
from channels.phone.channel import PhoneChannel
from channels.phone.exchange.happenings import Caller, Operator, OperatorState, Waiting
from channels.phone.exchange.situation import Situation
from config.sections import Exchange, Phone
from intake.accounts import Role
from intake.phone import calls, noticeboard, schema
from intake.phone.noticeboard import Poster, Standing
from intake.purge import Purge
from intake.services import Services
from tests.clock import Clock
from tests.intake.console import Desk, hire

NUMBER = "13912345678"
CALL = "0190a1b2-0000-7000-8000-000000000001"
OTHER = "0190a1b2-0000-7000-8000-000000000002"
WANG = Operator(interface="PJSIP/8001", name="王芳", state=OperatorState.RINGING, calls_taken=3)
BUSY = Situation(
    up=True,
    here=True,
    calls=(Caller(call_id=CALL, number=NUMBER), Caller(call_id=OTHER, number="")),
    waiting=(Waiting(call_id=CALL, position=1),),
    operators=(WANG,),
    with_us=frozenset({OTHER}),
    version="22.10.1",
    recogniser="vosk cn",
)
QUIET = Situation(up=True, here=True, operators=(WANG,))


class StandIn(PhoneChannel):
    """The line as a test wants it to stand."""

    def __init__(self, stands: Situation) -> None:
        self.stands = stands

    def situation(self) -> Situation:
        return self.stands


@pytest.fixture
def line() -> StandIn:
    return StandIn(BUSY)


@pytest.fixture
def having(services: Services, line: StandIn, clock: Clock) -> Services:
    """The process that has the line; what it waits for is the test's clock."""
    began = clock.at
    runtime = replace(services.runtime, elapsed=lambda: (clock.at - began).total_seconds())
    return _with(replace(services, runtime=runtime), line)


@pytest.fixture
def lacking(services: Services) -> Services:
    """Another process on the same database: it stands by."""
    return _with(services, StandIn(Situation(up=False)))


@pytest.fixture
def poster(having: Services) -> Poster:
    return Poster(having)


@pytest.fixture
async def desk(lacking: Services) -> AsyncIterator[Desk]:
    """Somebody at the process that lacks the line."""
    await hire(lacking, "zhang", Role.OPERATOR)
    made = await Desk.opened(lacking)
    await made.log_in("zhang")
    yield made
    await made.client.close()


def _with(services: Services, line: StandIn) -> Services:
    phone = Phone(exchange=Exchange(secret="x"))  # type: ignore[arg-type]
    settings = services.settings.model_copy(update={"phone": phone})
    return replace(services, settings=settings, channels={"phone": line})


async def _rung(services: Services, call_id: str, contact: Contact) -> None:
    now = services.runtime.now()
    began = Began(call_id=call_id, contact=contact, purpose=Purpose.INBOUND, at=now)
    await services.database.write(lambda c: calls.began(c, began))


async def _posted_at(services: Services) -> datetime | None:
    posted = await services.database.read(noticeboard.read)
    return posted.at if posted else None


async def _body(services: Services) -> str:
    query = sa.select(schema.line_notice.c.body)
    return str(await services.database.read(lambda c: c.execute(query).scalar_one()))


async def test_what_one_process_has_every_other_knows(
    having: Services, lacking: Services, poster: Poster
) -> None:
    assert (await noticeboard.standing(lacking)).notice is None
    await poster.step()
    here, there = await noticeboard.standing(having), await noticeboard.standing(lacking)
    assert here == there and here.notice is not None
    assert (here.notice.calls, here.notice.waiting) == ((CALL, OTHER), (CALL,))
    assert [each.name for each in here.notice.operators] == ["王芳"]


async def test_health_page_of_a_process_that_stands_by_says_how_the_line_stands(
    poster: Poster, desk: Desk, line: StandIn
) -> None:
    async def stands() -> object:
        answer = await desk.client.get("/healthz")
        return (await answer.json())["channels"]["phone"]

    assert await stands() == {"here": False, "asterisk": "unknown", "recogniser": "unknown"}
    await poster.step()
    assert await stands() == {
        "here": False, "asterisk": "22.10.1", "calls": 1, "recogniser": "vosk cn",
        "operators": 1, "waiting": 1,
    }  # fmt: skip
    line.stands = replace(BUSY, up=False)
    await poster.step()
    assert "'asterisk': 'away'" in str(await stands())


async def test_health_page_of_the_process_that_has_the_line_does_not_wait_for_the_row(
    having: Services,
) -> None:
    desk = await Desk.opened(having)
    answer = await desk.client.get("/healthz")
    stands = (await answer.json())["channels"]["phone"]
    await desk.client.close()
    assert (stands["here"], stands["asterisk"], stands["calls"]) == (True, "22.10.1", 1)


async def test_notice_of_an_older_version_is_read(services: Services) -> None:
    older = '{"up": true, "calls": [], "waiting": [], "operators": []}'
    row = {"name": "phone", "at": services.runtime.now(), "body": older}
    await services.database.write(lambda c: c.execute(schema.line_notice.insert(), row))
    notice = (await noticeboard.standing(services)).notice
    assert notice is not None and noticeboard.health(Standing(notice=notice))["asterisk"] == "up"


async def test_its_own_process_does_not_wait_for_the_row(
    having: Services, poster: Poster, line: StandIn
) -> None:
    await poster.step()
    line.stands = QUIET
    notice = (await noticeboard.standing(having)).notice
    assert notice is not None and notice.calls == ()


async def test_process_without_the_line_writes_nothing(lacking: Services) -> None:
    await Poster(lacking).step()
    assert await _posted_at(lacking) is None


async def test_county_without_a_line_has_no_notice(services: Services) -> None:
    await Poster(services).step()
    assert await noticeboard.standing(services) == noticeboard.Standing()


async def test_nothing_is_written_while_nothing_changes_but_the_heartbeat(
    having: Services, poster: Poster, clock: Clock, line: StandIn
) -> None:
    await poster.step()
    written = [await _posted_at(having)]
    for _ in range(12):  # seconds
        clock.forward(seconds=1)
        assert not await poster.step()
        written.append(await _posted_at(having))
    assert len(set(written)) == 3
    line.stands = QUIET
    await poster.step()
    assert await _posted_at(having) == clock.at


async def test_no_number_and_no_operators_line_is_written(having: Services, poster: Poster) -> None:
    await poster.step()
    body = await _body(having)
    assert CALL in body and NUMBER not in body and NUMBER[-4:] not in body and "8001" not in body


async def test_row_stays_small_whatever_the_exchange_says(
    having: Services, poster: Poster, line: StandIn
) -> None:
    ids = [f"{number:040}" for number in range(1000)]
    line.stands = Situation(
        up=True,
        here=True,
        calls=tuple(Caller(call_id=each * 9, number=NUMBER) for each in ids),
        waiting=tuple(Waiting(call_id=each * 9, position=1) for each in ids),
        operators=(replace(WANG, name="\x00\ud800芳" * 9000),) * 1000,
    )
    await poster.step()
    assert len(await _body(having)) < 64 * 1024
    count = sa.select(sa.func.count()).select_from(schema.line_notice)
    line.stands = QUIET
    await poster.step()
    assert await having.database.read(lambda c: c.execute(count).scalar_one()) == 1


async def test_notice_that_is_old_is_not_believed(
    having: Services, lacking: Services, poster: Poster, clock: Clock
) -> None:
    await poster.step()
    since = clock.at
    clock.forward(seconds=15)
    assert (await noticeboard.standing(lacking)).notice is not None
    clock.forward(seconds=1)
    assert await noticeboard.standing(lacking) == noticeboard.Standing(silent_since=since)
    await poster.step()
    assert (await noticeboard.standing(lacking)).notice is not None


async def test_notice_from_a_clock_that_is_far_ahead_is_not_believed_for_ever(
    having: Services, lacking: Services, poster: Poster, clock: Clock
) -> None:
    await poster.step()
    clock.at -= timedelta(hours=1)
    assert await noticeboard.standing(lacking) == noticeboard.Standing(silent_since=clock.at)


async def test_process_that_takes_the_line_over_writes_at_once(
    having: Services, poster: Poster, lacking: Services, line: StandIn, clock: Clock
) -> None:
    await poster.step()
    line.stands = Situation(up=False)
    taken_over = Poster(_with(lacking, StandIn(QUIET)))
    await taken_over.step()
    await poster.step()
    notice = (await noticeboard.standing(lacking)).notice
    assert notice is not None and notice.calls == ()


async def test_notice_of_a_line_that_nobody_has_any_more_is_forgotten(
    having: Services, poster: Poster, clock: Clock
) -> None:
    purge = Purge(database=having.database, runtime=having.runtime)
    await poster.step()
    clock.forward(days=30)
    await purge.step()
    assert await _posted_at(having) is not None
    clock.forward(seconds=1)
    await purge.step()
    assert await _posted_at(having) is None


async def test_page_of_a_process_without_the_line_shows_it(
    desk: Desk, lacking: Services, poster: Poster
) -> None:
    await _rung(lacking, CALL, Contact(scheme="tel", path=f"+86{NUMBER}"))
    await poster.step()
    _, page = await desk.get("/console/live/board")
    assert "排队等话务员的 <b>1</b>" in page and "139****5678" in page and "王芳" in page
    assert NUMBER not in page and "正在振铃" in page and "role=" not in page
    assert "正在通话" in (await desk.get("/console/calls"))[1]
    assert "正在通话" in (await desk.get(f"/console/calls/{CALL}"))[1]


async def test_pages_of_all_processes_are_the_same(
    desk: Desk, having: Services, lacking: Services, poster: Poster
) -> None:
    await _rung(lacking, CALL, Contact(scheme="call", path=CALL))
    await poster.step()
    with_line = await Desk.opened(having)
    await with_line.log_in("zhang")
    assert await desk.get("/console/live/board") == await with_line.get("/console/live/board")
    await with_line.client.close()


async def test_whom_no_operator_took_is_shown_with_the_recorder(
    desk: Desk, having: Services, poster: Poster, line: StandIn
) -> None:
    line.stands = replace(BUSY, waiting=())
    await _rung(having, CALL, Contact(scheme="tel", path=f"+86{NUMBER}"))
    await poster.step()
    assert "来电，热线自己在接" in (await desk.get("/console/live/board"))[1]
    left = Ended(call_id=CALL, at=having.runtime.now(), outcome=Outcome.PERSON)
    await having.database.write(lambda c: calls.ended(c, left))
    _, page = await desk.get("/console/live/board")
    assert "来电，没有话务员接，录音机在接" in page and "热线自己" not in page


PROBLEMS = (
    (Situation(up=False, here=True), 0, "没有连上电话交换机"),
    (BUSY, 60, "不知道线路现在怎样：从 09:00:00 起没有线路的消息"),
    (BUSY, 86_400, "不知道线路现在怎样：从 11月23日 09:00:00 起没有线路的消息"),
    (None, 0, "还没有线路的消息"),
)


@pytest.mark.parametrize(("stood", "later_s", "said"), PROBLEMS)
async def test_page_says_why_the_line_is_not_seen_and_does_not_claim_that_it_is_quiet(
    desk: Desk,
    lacking: Services,
    poster: Poster,
    line: StandIn,
    clock: Clock,
    stood: Situation | None,
    later_s: int,
    said: str,
) -> None:
    _, before = await desk.get("/console/live/board")
    if stood is not None:
        line.stands = stood
        await poster.step()
    clock.forward(seconds=later_s)
    await desk.log_in("zhang")  # a night has passed
    for path in ("/console/live", "/console/live/board"):
        status, page = await desk.get(path)
        assert status == 200 and said in page
        assert "没有人在等" not in page and "没有通话" not in page and "王芳" not in page
    assert (page.splitlines()[0] == before.splitlines()[0]) is (stood is None)
