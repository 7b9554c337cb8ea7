"""The console over HTTP, on the real application: who may do what, address by address."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.message import Attachment, InboundMessage
from intake.accounts import Role
from intake.services import Services
from intake.web import sessions
from routing import store
from routing.order import Order
from routing.steps import TABLE, Actor
from routing.ticket import ACTION_NAMES, Action, Status
from tests.intake.console import Desk, enter, everything, looks, rung

LAMP = "我叫张三，电话13912345678，东韩村村口的路灯坏了三天了没人修"
PHOTO = b"\xff\xd8 a photo"
OWN = ("/console/login", "/console/logout", "/console/password")  # everybody's own affairs
FORM = {
    "name": "x",
    "password": "x",
    "version": "1",
    "action": "remind",
    "note": "催一下",
    "reason": "回访",
    "urgency": "normal",
}


@pytest.fixture
async def number(services: Services, say: Callable[..., InboundMessage]) -> str:
    """A ticket."""
    return (await services.desk.receive(say(LAMP))).ticket


@pytest.fixture
async def names(
    services: Services, number: str, say: Callable[..., InboundMessage]
) -> dict[str, str]:
    """What stands in the addresses: a ticket, the id of a photo, a call and its recording."""
    photo = await services.media(PHOTO, "image/jpeg")
    sent = (Attachment(kind="image", reference=photo),)
    later = replace(say("", key="2"), attachments=sent)
    assert (await services.desk.receive(later)).ticket == number
    call, recording = await rung(services)
    return {
        "number": number,
        "inbox": "0" * 32,
        "id": photo.removeprefix("store:"),
        "call": call,
        "recording": recording,
    }


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def test_strangers_see_nothing_and_change_nothing(
    desk: Desk, services: Services, names: dict[str, str]
) -> None:
    before = await everything(services)
    for path in desk.paths("GET", names):
        if path != "/console/login" and not path.startswith("/console/static"):
            assert await desk.get(path) == (303, "/console/login"), path
    for path in desk.paths("POST", names):
        if path != "/console/login":
            status, page = await desk.post(path, FORM)
            asked = (status, page) == (303, "/console/login")
            kept = status == 401 and "您刚才写的还在，登录以后接着提交" in page
            assert asked or kept, path
    assert await everything(services) == before


async def test_inspector_reads_everything_and_does_nothing_but_supervise(
    desk: Desk, services: Services, names: dict[str, str]
) -> None:
    token = await enter(desk, services, Role.INSPECTOR)
    photos = f"/console/tickets/{names['number']}/photos"
    assert (await desk.post(photos, {"csrf": token}))[0] == 200
    before = await everything(services)
    sounds = "/console/recordings"  # in a recording names and numbers are said aloud
    others = ("/static", sounds, "/console/accounts")  # accounts are the administrator's
    reads = [p for p in desk.paths("GET", names) if not any(each in p for each in others)]
    assert len(reads) >= 8
    assert (await desk.get(f"{sounds}/{names['recording']}"))[0] == 403
    for path in reads:
        assert (await desk.get(path))[0] == 200, path
    act = f"/console/tickets/{names['number']}/act"
    undo = f"/console/blocked/{names['id']}/end"  # whoever sees that a block was wrong
    may = (*OWN, act, photos, undo)
    writes = [path for path in desk.paths("POST", names) if path not in may]
    assert len(writes) >= 6
    for path in writes:
        assert (await desk.post(path, {**FORM, "csrf": token}))[0] == 403, path
    for action in set(Action) - {Action.SUPERVISE}:
        fields = {**FORM, "csrf": token, "action": action.value}
        assert (await desk.post(act, fields))[0] == 409, action
    assert await everything(services) == before
    ticket = await services.database.read(lambda c: store.load(c, names["number"]))
    letter = {**FORM, "csrf": token, "action": "supervise", "note": "拖了三天"}
    letter["version"] = str(ticket.version)
    assert (await desk.post(act, letter))[0] == 303
    events = await services.database.read(lambda c: store.events(c, names["number"]))
    assert (events[-1].action, events[-1].by) == (Action.SUPERVISE, "inspector:inspector")


async def test_inspector_is_offered_nothing_that_he_may_not_do(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.INSPECTOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert page.count('method="post"') == 2  # logging out, and the letter of supervision
    assert re.findall(r'<option value="([a-z_]+)"', page) == ["supervise"]


async def test_no_form_is_taken_without_its_token(
    desk: Desk, services: Services, names: dict[str, str]
) -> None:
    other = await Desk.opened(services)
    anothers = await enter(other, services, Role.LEADER)
    await other.client.close()
    await enter(desk, services, Role.ADMIN)
    before = await everything(services)
    paths = [path for path in desk.paths("POST", names) if path != "/console/login"]
    for more in ({}, {"csrf": ""}, {"csrf": "wrong"}, {"csrf": "é"}, {"csrf": anothers}):
        for path in paths:
            assert (await desk.post(path, FORM | more))[0] == 403, (path, more)
    assert await everything(services) == before
    assert (await desk.get("/console"))[0] == 200


async def test_no_form_is_taken_from_another_site(
    desk: Desk, services: Services, names: dict[str, str]
) -> None:
    fields = {**FORM, "csrf": await enter(desk, services, Role.ADMIN)}
    before = await everything(services)
    for header, value in (
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
    ):
        for path in desk.paths("POST", names):
            answer = await desk.client.post(
                path, data=fields, headers={header: value}, allow_redirects=False
            )
            assert answer.status == 403, (path, value)
    assert await everything(services) == before


async def test_leader_supervises_and_does_nothing_else(
    desk: Desk, services: Services, number: str
) -> None:
    token = await enter(desk, services, Role.LEADER)
    base = f"/console/tickets/{number}"
    for path in (base + "/dispatch", base + "/identity"):
        assert (await desk.post(path, {**FORM, "csrf": token}))[0] == 403
    for action in ("close", "withdraw", "answer", "dispatch"):
        status, _ = await desk.post(base + "/act", {**FORM, "csrf": token, "action": action})
        assert status == 409, action
    supervised = {**FORM, "csrf": token, "action": "supervise"}
    assert (await desk.post(base + "/act", supervised))[0] == 303
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert (ticket.version, ticket.status) == (2, Status.DISPATCHED)


async def test_identity_is_hidden_until_somebody_says_why(
    desk: Desk, services: Services, number: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    for path in ("/console", "/console/search", f"/console/tickets/{number}"):
        _, page = await desk.get(path)
        assert "13912345678" not in page and "张三" not in page, path
    assert await looks(services) == []

    base = f"/console/tickets/{number}/identity"
    for reason in ("", "  "):
        status, page = await desk.post(base, {"csrf": token, "reason": reason})
        assert status == 409 and "13912345678" not in page
    assert await looks(services) == []


async def test_each_look_at_an_identity_leaves_a_row_that_inspectors_see(
    desk: Desk, services: Services, number: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    base = f"/console/tickets/{number}"
    for reason in ("回访核实", "回访核实", "补问地址"):
        status, page = await desk.post(base + "/identity", {"csrf": token, "reason": reason})
        assert status == 200 and "13912345678" in page and "张三" in page
    expected = [("operator", number, reason) for reason in ("回访核实", "回访核实", "补问地址")]
    assert sorted(await looks(services)) == sorted(expected)
    await desk.post("/console/logout", {"csrf": token})
    await enter(desk, services, Role.INSPECTOR)
    _, page = await desk.get(base)
    assert page.count("回访核实") == 2 and "补问地址" in page
    assert "13912345678" not in page


async def test_look_at_a_ticket_that_is_not_there_leaves_no_row(
    desk: Desk, services: Services
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    fields = {"csrf": token, "reason": "回访"}
    assert (await desk.post("/console/tickets/20991231-0001/identity", fields))[0] == 404
    assert await looks(services) == []


async def test_who_came_second_is_told_and_overwrites_nothing(
    desk: Desk, services: Services, number: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    path, fields = f"/console/tickets/{number}/act", {**FORM, "csrf": token}
    assert (await desk.post(path, fields))[0] == 303
    status, page = await desk.post(path, fields)
    assert status == 409 and "刚才有别人改动了这张工单" in page


async def act(desk: Desk, number: str, **fields: str) -> tuple[int, str]:
    """Send one of the forms of a ticket's page, with the version that the page shows."""
    path = f"/console/tickets/{number}"
    _, page = await desk.get(path)
    version = page.split('name="version" value="', 1)[1].split('"', 1)[0]
    return await desk.post(
        path + "/act", {"csrf": await desk.token(), "version": version, **fields}
    )


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER])
async def test_returned_ticket_is_ruled_on_at_its_page(
    desk: Desk, services: Services, number: str, role: Role
) -> None:
    await services.database.write(
        lambda c: services.dispatcher.act(
            c, Action.RETURN, Order(number=number, version=1, by="operator:a", note="不归我们管")
        )
    )
    await enter(desk, services, role)
    status, page = await act(desk, number, action="rule", unit="没有这个", note="归城管")
    assert status == 409 and "没有“没有这个”这个单位" in page
    ruled = {"action": "rule", "unit": "city-management 城管", "note": "路灯归城管"}
    assert (await act(desk, number, **ruled))[0] == 303
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert (ticket.status, ticket.unit) == (Status.DISPATCHED, "city-management")


async def test_operator_acts_for_units_that_only_have_a_telephone(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    assert (await act(desk, number, action="sign", note="值班的接了"))[0] == 303
    status, page = await act(desk, number, action="extend", due_at="", note="等配件")
    assert status == 409 and "请选延到哪一天" in page
    later = {"action": "extend", "due_at": "2026-12-04T17:30", "note": "等配件"}
    assert (await act(desk, number, **later))[0] == 303
    ticket = await services.database.read(lambda c: store.load(c, number))
    assert ticket.due_at == datetime(2026, 12, 4, 9, 30, tzinfo=UTC)
    assert (await act(desk, number, action="report_up", note="本级办不了"))[0] == 303
    assert (await act(desk, number, action="return", note="不归我们管"))[0] == 303


async def test_every_action_that_is_offered_can_be_done_there(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    offered = re.findall(r'<option value="([a-z_]+)"', page.split('name="action">', 1)[1])
    assert {"sign", "return", "supervise", "remind"} <= set(offered)
    for action in offered:
        _, page = await act(desk, number, action=action, note="试一试")
        assert "请用它自己的表单" not in page, action


NOT_THERE = (
    "/console/tickets/nothing",
    "/console/tickets/20991231-0001",
    "/console/tickets/%00",
    "/console/tickets/20991231-0001/media/" + "0" * 32,
    "/console/tickets/20991231-0001/media/..%2f..%2fhotline.db",
    "/console/nothing",
)


async def test_what_is_not_there_is_said_in_words_that_people_read(
    desk: Desk, services: Services
) -> None:
    await enter(desk, services, Role.OPERATOR)
    for path in NOT_THERE:
        status, page = await desk.get(path)
        assert status == 404, path
        assert "没有" in page and "Not Found" not in page and "回到待办" in page, path


QUERIES = (
    *("q=%00", "q=%ff%fe", "q=%ed%a0%80", "q=" + "路" * 300, "q=%25_%27%22"),
    *("page=-1", "page=9e9", "page=%d9%a3", "page=99999999999999999999", "status=x&light=y"),
)


async def test_any_search_has_an_answer(desk: Desk, services: Services) -> None:
    await enter(desk, services, Role.OPERATOR)
    for query in QUERIES:
        assert (await desk.get(f"/console/search?{query}"))[0] == 200, query
        assert (await desk.get(f"/console?{query}"))[0] == 200, query


# Content type, body, and the status of the refusal.
HOSTILE = (
    ("multipart/form-data", b"a", 400),
    ("multipart/form-data; boundary=a", b"a", 400),
    ("multipart/form-data; boundary=a", b"--a\r\ngarbage\r\n\r\n", 400),
    ("application/x-www-form-urlencoded; charset=nothing", b"a=1", 400),
    ("application/x-www-form-urlencoded", b"\xff\xfe", 400),
    ("application/x-www-form-urlencoded", b"note=" + b"a" * 70_000, 413),
    ("application/json", b"{}", 403),
)


async def test_hostile_forms_are_refused(
    desk: Desk, services: Services, names: dict[str, str]
) -> None:
    await enter(desk, services, Role.ADMIN)
    before = await everything(services)
    for path in desk.paths("POST", names):
        for kind, body, status in HOSTILE:
            headers = {"Content-Type": kind}
            answer = await desk.client.post(path, data=body, headers=headers, allow_redirects=False)
            expected = {status, 401} if path == "/console/login" else {status}
            assert answer.status in expected, (path, kind, body[:9])
    assert await everything(services) == before


LACKING: tuple[tuple[dict[str, str], str], ...] = (
    ({"action": "nothing"}, "没有这个操作"),
    ({"version": ""}, "请刷新后再试"),
    ({"version": "1.5"}, "请刷新后再试"),
    ({"note": "路" * 4001}, "太长"),
)


async def test_forms_that_lack_something_say_what(
    desk: Desk, services: Services, number: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    for fields, told in LACKING:
        path = f"/console/tickets/{number}/act"
        status, page = await desk.post(path, {**FORM, **fields, "csrf": token})
        assert status == 400 and told in page, told


async def test_control_characters_in_a_note_reach_no_database(
    desk: Desk, services: Services, number: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    path = f"/console/tickets/{number}/act"
    fields = {**FORM, "csrf": token, "note": "催\x00一\x0b下"}
    assert (await desk.post(path, fields))[0] == 303
    events = await services.database.read(lambda c: store.events(c, number))
    assert events[-1].note == "催一下"


async def test_what_was_typed_stays_when_the_dispatch_is_refused(
    desk: Desk, services: Services, number: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    fields = {"csrf": token, "version": "1", "category": "不知道", "note": "请看“<照片>”"}
    status, page = await desk.post(f"/console/tickets/{number}/dispatch", fields)
    assert status == 409
    assert "没有“不知道”这个类别" in page
    assert 'value="不知道"' in page and "请看“&lt;照片&gt;”" in page


def test_handbook_promises_each_role_what_the_console_gives_it() -> None:
    handbook = Path(__file__).parents[2] / "docs" / "operators.zh-CN.md"
    promised = re.findall(r"^\| (\w+) \w+ \|(.*)\|$", handbook.read_text(encoding="utf-8"), re.M)
    assert {role for role, _ in promised} == set(Role)
    for name, cells in promised:
        role = Role(name)
        does, identity, photos, sounds, person = (cell.strip() for cell in cells.split("|"))
        writes = role in sessions.MAY_WRITE
        assert (identity == "写明理由再看") is (person == "写明理由") is writes, role
        assert (photos == "直接看，留痕") is writes and photos.endswith("留痕"), role
        assert (sounds == "能听，留痕") is (role in sessions.MAY_HEAR), role
        actor = Actor(role.value) if not writes else Actor.OPERATOR
        may = {ACTION_NAMES[step.action] for step in TABLE if actor in step.who}
        told = set(re.findall("|".join(ACTION_NAMES.values()), does))
        assert writes or told == may, role
