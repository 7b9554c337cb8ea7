"""What the page of a ticket says to whoever has to ring somebody, and that it signs nothing unsaid."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import MappingProxyType

import pytest

from channels.message import InboundMessage
from config.county import County, Worker
from intake.accounts import Role
from intake.services import Services
from intake.web import options
from intake.web.console import deciding, reporter, unreached
from routing import store
from routing.ticket import Status, Ticket
from tests.intake.console import Desk, enter

LAMP = "东韩村村口的路灯坏了三天了没人修"
STATION = "130506100225"


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


@pytest.fixture
async def ticket(services: Services, say: Callable[..., InboundMessage]) -> Ticket:
    """One that was dispatched to a station that nothing gets to."""
    number = (await services.desk.receive(say(LAMP))).ticket
    return await load(services, number)


async def load(services: Services, number: str) -> Ticket:
    return await services.database.read(lambda c: store.load(c, number))


async def act(desk: Desk, ticket: Ticket, form: str = "act", **fields: str) -> tuple[int, str]:
    fields |= {"csrf": await desk.token(), "version": str(ticket.version)}
    return await desk.post(f"/console/tickets/{ticket.number}/{form}", fields)


async def test_nobody_is_signed_for_without_a_word_of_who_was_told(
    desk: Desk, services: Services, ticket: Ticket
) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{ticket.number}")
    field = page.split("跟谁说的<input", 1)[1].split(">", 1)[0]
    assert 'value=""' in field and " required" in field and "placeholder=" in field
    status, page = await act(desk, ticket, action="sign", note="")
    assert status == 409 and "再写上跟谁说的" in page
    assert (await load(services, ticket.number)).status is Status.DISPATCHED
    assert (await act(desk, ticket, action="sign", note="值班的接了，说马上去"))[0] == 303
    assert (await load(services, ticket.number)).status is Status.SIGNED


async def test_page_says_where_a_telephone_that_is_not_known_is_written_in(
    desk: Desk, services: Services, ticket: Ticket
) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{ticket.number}")
    assert f"东韩村网格站：没有写电话，请告诉维护人员，写进 workers.csv（unit 是 {STATION} " in page
    assert "写进 departments.toml（code 是 water " in unreached.line(services.county, "water")
    assert "负责人（待定）" not in page


def staffed(county: County, *workers: Worker, phone: str = "") -> County:
    units = {**county.units, STATION: replace(county.units[STATION], phone=phone)}
    people = {**county.workers, STATION: workers}
    return replace(county, units=MappingProxyType(units), workers=MappingProxyType(people))


WANG = Worker(unit=STATION, name="王甲", contact="tel:+8613900000000")
LI = Worker(unit=STATION, name="李乙", contact="wechat:oAbc", deputy=True)
NOBODY = Worker(unit=STATION, name="负责人（待定）", placeholder=True)


@pytest.mark.parametrize(
    ("workers", "phone", "told"),
    [
        ((WANG, LI), "", "王甲，电话 13900000000；李乙（副手）"),
        ((NOBODY,), "0319-4560000", "单位电话 0319-4560000"),
        ((LI,), "", "李乙（副手）；没有写电话，请告诉维护人员，写进 workers.csv"),
    ],
)
def test_who_is_rung_is_named_with_his_telephone(
    county: County, workers: tuple[Worker, ...], phone: str, told: str
) -> None:
    line = unreached.line(staffed(county, *workers, phone=phone), STATION)
    assert line.startswith(f"东韩村网格站：{told}")


async def test_basis_of_a_dispatch_is_said_in_chinese(
    desk: Desk, services: Services, ticket: Ticket
) -> None:
    await enter(desk, services, Role.OPERATOR)
    path = f"/console/tickets/{ticket.number}"
    assert f'<span class="quiet">{ticket.rule}</span>' in (await desk.get(path))[1]
    wish = deciding.Wish.shown(services.county, ticket)
    fields = {name: getattr(wish, name) for name in wish.__slots__} | {"unit": "water"}
    assert (await act(desk, ticket, "dispatch", **fields))[0] == 303
    _, page = await desk.get(path)
    assert deciding.CHOSEN in page and "person" not in page.split("派单依据")[1].split("</dl>")[0]


def test_basis_is_said_where_no_line_of_the_catalogue_stands_behind_it(
    county: County, ticket: Ticket
) -> None:
    for rule, said in (
        ("dispatch:territory@0", deciding.NO_RULE),
        ("dispatch:gone@0", deciding.GONE),
        ("", "还没有派单"),
    ):
        assert deciding.reason(county, replace(ticket, rule=rule)) == said


async def test_answers_of_a_follow_up_are_answers_to_its_questions(
    desk: Desk, services: Services, ticket: Ticket
) -> None:
    await enter(desk, services, Role.OPERATOR)
    assert (await act(desk, ticket, action="answer", note="修好了"))[0] == 303
    _, page = await desk.get(f"/console/tickets/{ticket.number}")
    form = page.split("回访：居民怎么说", 1)[1].split("</form>", 1)[0]
    for answer in ("没问到", "解决了", "没解决", "满意", "不满意", "没人联系过"):
        assert f">{answer}</option>" in form, answer
    assert ">是</option>" not in form


async def test_correction_of_the_place_says_that_the_unit_stays(
    desk: Desk, services: Services, ticket: Ticket
) -> None:
    await enter(desk, services, Role.OPERATOR)
    wish = deciding.Wish.shown(services.county, ticket)
    fields = {name: getattr(wish, name) for name in wish.__slots__}
    elsewhere = options.places(services.county).labels["130506100226"]
    status, where = await act(desk, ticket, "correct", **fields | {"place": elsewhere})
    assert status == 303
    _, page = await desk.get(where)
    assert "改好了。主办还是东韩村网格站，没有换。要按新地点换单位，" in page
    after = await load(services, ticket.number)
    status, where = await act(
        desk, after, "correct", **fields | {"place": elsewhere, "address": "村口"}
    )
    assert status == 303 and "主办还是" not in (await desk.get(where))[1]


async def test_nothing_is_offered_to_be_seen_where_nothing_is_hidden(
    desk: Desk, services: Services, ticket: Ticket
) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{ticket.number}")
    assert reporter.NOBODY in page and "查看并留痕" not in page
    unnamed = replace(ticket, reporter="web:abc", reporter_name="", reporter_phone="")
    assert not reporter.is_hidden(unnamed, (LAMP, ""))
    assert reporter.masked(unnamed) == reporter.NOBODY
    assert reporter.is_hidden(unnamed, (LAMP, "我电话是13912345678"))
    for named in ({"reporter_phone": "13912345678"}, {"reporter_name": "张三"}):
        assert reporter.is_hidden(replace(unnamed, **named), ())
    assert reporter.is_hidden(replace(unnamed, reporter="wechat:oAbc"), ())
