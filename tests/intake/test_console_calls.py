"""The console's pages of calls: who sees what, what is heard, and what is kept of both."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from channels.message import Contact, InboundMessage
from channels.phone.book import (
    Began,
    Ended,
    Outcome,
    Purpose,
    SpokenLine,
    SpokenWord,
    Voice,
)
from config.sections import Exchange, Phone
from intake import schema
from intake.accounts import Role
from intake.phone import calls, recordings, transcripts
from intake.phone import schema as tables
from intake.phone.recordings import Kind
from intake.phone.transcripts import State
from intake.phone.vault import FolderVault, VaultFault
from intake.services import Services
from intake.web import sessions, spoken
from nlp.speech.contract import LONGEST_RECORDING_S
from routing import store
from routing.order import Order
from routing.ticket import Action
from tests.clock import Clock
from tests.intake.console import CALL, Desk, hire, looks, rung

NUMBER = "13912345678"
OTHER = "0190a1b2-0000-7000-8000-000000000002"
SOUND = bytes(range(256)) * 8
LAMP = "东韩村村口的路灯坏了三天了没人修"
SAID = SpokenLine(
    voice=Voice.CALLER,
    text="村口路灯坏了",
    start_ms=8000,
    end_ms=10_500,
    confidence=0.8,
    words=(
        SpokenWord(text="村口", start_ms=8000, confidence=0.9),
        SpokenWord(text="路灯", start_ms=8600, confidence=0.3),
        SpokenWord(text="坏了", start_ms=9500, confidence=0.9),
    ),
)
MY_NUMBER = SpokenLine(
    voice=Voice.CALLER, text=f"我电话是{NUMBER}", start_ms=12_000, end_ms=15_000, confidence=0.2
)


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    made = await Desk.opened(services)
    yield made
    await made.client.close()


async def enter(desk: Desk, services: Services, role: Role) -> str:
    await hire(services, role.value, role)
    assert await desk.log_in(role.value) == 303
    return await desk.token()


@pytest.fixture
async def ticket(services: Services, say: Callable[..., InboundMessage]) -> str:
    return (await services.desk.receive(say(LAMP))).ticket


@pytest.fixture
async def recording(services: Services, ticket: str) -> str:
    """The recording of a call with a transcript and a ticket that an operator took."""
    _, made = await rung(services, ticket=ticket, sound=SOUND)
    now = services.runtime.now()
    ended = Ended(call_id=CALL, at=now, outcome=Outcome.PERSON, reason="居民要求人工服务")
    for line in (SAID, MY_NUMBER):
        await services.database.write(lambda c, line=line: calls.spoken(c, CALL, line))
    await services.database.write(lambda c: calls.ended(c, ended))
    await services.database.write(lambda c: calls.queued(c, CALL, now))
    taken, over = now + timedelta(seconds=12), now + timedelta(seconds=65)
    await services.database.write(lambda c: calls.connected(c, CALL, "话务员8001", taken))
    await services.database.write(lambda c: calls.hung_up(c, CALL, over))
    return made


async def listens(services: Services) -> list[tuple[str, str]]:
    columns = tables.recording_listen.c
    query = sa.select(columns.recording, columns.operator)
    return [tuple(row) for row in await services.database.read(lambda c: c.execute(query).all())]


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_reads_calls_and_nobody_sees_numbers(
    desk: Desk, services: Services, recording: str, ticket: str, role: Role
) -> None:
    await enter(desk, services, role)
    for path in ("/console/calls", f"/console/calls/{CALL}", f"/console/tickets/{ticket}"):
        status, page = await desk.get(path)
        assert status == 200
        assert NUMBER not in page, path
        if path != f"/console/calls/{CALL}":
            assert f"/console/calls/{CALL}" in page, path
        if path != f"/console/tickets/{ticket}":
            assert "139****5678" in page, path
    _, page = await desk.get("/console/calls")
    assert (
        "话务员接了" in page and "话务员8001" in page and "12 秒" in page and "1 分 05 秒" in page
    )
    assert ticket in page


async def test_call_page_shows_talk_doubts_reason_and_ticket(
    desk: Desk, services: Services, recording: str, ticket: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/calls/{CALL}")
    assert "居民要求人工服务" in page and ticket in page
    assert f'href="/console/recordings/{recording}#t=6.0" data-at="6.0"' in page
    assert '<span class="doubt" data-at="6.6">路灯</span>' in page
    assert '<span  data-at="7.5">坏了</span>' in page or 'data-at="7.5">坏了' in page
    assert page.count("可能听错") == 1
    assert f'src="/console/recordings/{recording}"' in page and 'preload="none"' in page


async def test_number_is_shown_to_who_says_why_and_the_look_is_kept(
    desk: Desk, services: Services, recording: str, ticket: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    path = f"/console/calls/{CALL}/identity"
    status, page = await desk.post(path, {"csrf": token, "reason": " "})
    assert status == 409 and NUMBER not in page
    status, page = await desk.post(path, {"csrf": token, "reason": "回电核实"})
    assert status == 200 and page.count(NUMBER) == 2 and "回电核实" in page
    look = schema.identity_look.c
    query = sa.select(look.operator, look.ticket, look.reason)
    rows = await services.database.read(lambda c: c.execute(query).all())
    assert [tuple(row) for row in rows] == [("operator", ticket, "回电核实")]


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.LEADER])
async def test_who_only_reads_is_offered_no_number(
    desk: Desk, services: Services, recording: str, role: Role
) -> None:
    token = await enter(desk, services, role)
    _, page = await desk.get(f"/console/calls/{CALL}")
    assert "/identity" not in page
    fields = {"csrf": token, "reason": "看看"}
    assert (await desk.post(f"/console/calls/{CALL}/identity", fields))[0] == 403


async def test_look_at_a_call_without_a_ticket_is_kept_too(desk: Desk, services: Services) -> None:
    await rung(services)
    token = await enter(desk, services, Role.OPERATOR)
    path = f"/console/calls/{CALL}"
    await desk.post(path + "/identity", {"csrf": token, "reason": "骚扰电话"})
    _, page = await desk.get(path)
    assert "骚扰电话" in page and NUMBER not in page


FILTERS = (
    ("", True),
    ("day=", True),
    ("day=2026-11-23", True),
    ("day=2026-11-22", False),
    ("sort=taken", True),
    ("sort=missed", False),
    ("sort=nonsense", True),
    ("day=tomorrow", True),
    ("day=9999-12-31", True),
    ("day=0001-01-01", True),
    ("page=" + "9" * 5000, True),
    ("page=0", True),
    ("ticket=99999999-0001", False),
)


@pytest.mark.parametrize(("query", "found"), FILTERS)
async def test_list_is_narrowed(
    desk: Desk, services: Services, recording: str, query: str, found: bool
) -> None:
    await enter(desk, services, Role.OPERATOR)
    status, page = await desk.get(f"/console/calls?{query}")
    assert status == 200 and (CALL in page) is found


async def test_old_call_is_found_by_number_or_ticket_without_its_day(
    desk: Desk, services: Services, recording: str, ticket: str, clock: Clock
) -> None:
    clock.forward(days=30)
    await enter(desk, services, Role.OPERATOR)
    assert CALL not in (await desk.get("/console/calls"))[1]
    for query in (f"ticket={ticket}", f"ticket={ticket[-4:]}"):
        assert CALL in (await desk.get(f"/console/calls?{query}"))[1], query


RANGES = (
    ("bytes=0-", 206, SOUND, "bytes 0-2047/2048"),
    ("bytes=100-199", 206, SOUND[100:200], "bytes 100-199/2048"),
    ("bytes=2000-", 206, SOUND[2000:], "bytes 2000-2047/2048"),
    ("bytes=-48", 206, SOUND[-48:], "bytes 2000-2047/2048"),
    ("bytes=2040-9999", 206, SOUND[2040:], "bytes 2040-2047/2048"),
    ("bytes=2048-", 416, b"", "bytes */2048"),
    ("bytes=nonsense", 416, b"", "bytes */2048"),
)


@pytest.mark.parametrize(("asked", "status", "body", "told"), RANGES)
async def test_recording_is_heard_from_any_point(
    desk: Desk,
    services: Services,
    recording: str,
    asked: str,
    status: int,
    body: bytes,
    told: str,
) -> None:
    await enter(desk, services, Role.OPERATOR)
    path = f"/console/recordings/{recording}"
    answer = await desk.client.get(path, headers={"Range": asked})
    assert (answer.status, answer.headers["Content-Range"]) == (status, told)
    assert status == 416 or await answer.read() == body


async def test_whole_recording_says_that_parts_may_be_asked_for(
    desk: Desk, services: Services, recording: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    answer = await desk.client.get(f"/console/recordings/{recording}")
    assert (answer.status, answer.headers["Accept-Ranges"]) == (200, "bytes")
    assert answer.content_type == "audio/ogg" and await answer.read() == SOUND


async def test_who_listens_is_kept_once_in_ten_minutes_and_shown(
    desk: Desk, services: Services, recording: str, clock: Clock
) -> None:
    await enter(desk, services, Role.LEADER)
    path = f"/console/recordings/{recording}"
    for _ in range(3):  # a player asks for parts as one seeks
        await desk.client.get(path, headers={"Range": "bytes=0-99"})
    assert await listens(services) == [(recording, "leader")]
    clock.forward(minutes=11)
    await desk.client.get(path)
    assert len(await listens(services)) == 2
    _, page = await desk.get(f"/console/calls/{CALL}")
    assert "谁听过（2）" in page and "<b>leader</b>" in page


async def test_to_open_the_page_is_not_to_listen(
    desk: Desk, services: Services, recording: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    await desk.get(f"/console/calls/{CALL}")
    assert await listens(services) == []


async def test_stranger_hears_nothing(desk: Desk, services: Services, recording: str) -> None:
    assert await desk.get(f"/console/recordings/{recording}") == (303, "/console/login")
    assert await listens(services) == []


@pytest.mark.parametrize("role", list(Role))
async def test_who_neither_acts_nor_supervises_reads_and_is_told_why_he_hears_nothing(
    desk: Desk, services: Services, recording: str, role: Role
) -> None:
    await enter(desk, services, role)
    hears = role is not Role.INSPECTOR
    _, page = await desk.get(f"/console/calls/{CALL}")
    assert ("<audio" in page) is hears and (f"/console/recordings/{recording}" in page) is hears
    assert ("您的角色只看文字" in page) is not hears and "路灯" in page
    answer = await desk.client.get(f"/console/recordings/{recording}")
    assert answer.status == (200 if hears else 403)
    assert await listens(services) == ([(recording, role.value)] if hears else [])


async def test_purged_recording_is_said_to_be_gone(
    desk: Desk, services: Services, recording: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    purge = sa.update(tables.recording).values(purged_at=services.runtime.now())
    await services.database.write(lambda c: c.execute(purge) and None)
    status, page = await desk.get(f"/console/recordings/{recording}")
    assert status == 404 and "保存期限" in page
    _, page = await desk.get(f"/console/calls/{CALL}")
    assert "已经删除" in page and "<audio" not in page and "路灯" in page


async def test_call_that_is_not_there_is_said(desk: Desk, services: Services) -> None:
    await enter(desk, services, Role.OPERATOR)
    status, page = await desk.get(f"/console/calls/{OTHER}")
    assert status == 404 and "没有这个通话" in page


async def test_missed_call_stands_out_and_one_in_progress_is_no_failure(
    desk: Desk, services: Services
) -> None:
    await enter(desk, services, Role.OPERATOR)
    contact, now = Contact(scheme="call", path=OTHER), services.runtime.now()
    began = Began(call_id=OTHER, contact=contact, purpose=Purpose.INBOUND, at=now)
    await services.database.write(lambda c: calls.began(c, began))
    _, page = await desk.get("/console/calls")
    assert "没有显示号码" in page and 'class="wrong"' not in page
    await services.database.write(lambda c: calls.queued(c, OTHER, now))
    await services.database.write(lambda c: calls.hung_up(c, OTHER, now))
    _, page = await desk.get("/console/calls")
    assert 'class="wrong"' in page and "未接" in page


async def test_live_page_says_that_there_is_no_line(desk: Desk, services: Services) -> None:
    await enter(desk, services, Role.OPERATOR)
    for path in ("/console/live", "/console/live/board"):
        status, page = await desk.get(path)
        assert status == 200 and "没有启用电话线路" in page and "data-state=" in page
        assert 'role="alert"' not in page and "problem" not in page


async def _with_line(services: Services) -> Services:
    phone = Phone(exchange=Exchange(secret="x"))  # type: ignore[arg-type]
    return replace(services, settings=services.settings.model_copy(update={"phone": phone}))


@pytest.fixture
async def line_desk(services: Services) -> AsyncIterator[Desk]:
    """The console of a county that has the phone line."""
    made = await Desk.opened(await _with_line(services))
    yield made
    await made.client.close()


@pytest.fixture
async def told(services: Services, say: Callable[..., InboundMessage]) -> str:
    """A ticket of somebody with a telephone."""
    message = replace(say(LAMP), channel="phone", sender=Contact(scheme="tel", path=f"+86{NUMBER}"))
    return (await services.desk.receive(message)).ticket


async def errands(services: Services) -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(tables.errand)
    return list(await services.database.read(lambda c: c.execute(query).all()))


async def test_operator_has_an_answered_matter_followed_up_by_a_call(
    line_desk: Desk, services: Services, told: str
) -> None:
    token = await enter(line_desk, services, Role.OPERATOR)
    path = f"/console/tickets/{told}"
    assert "请系统回访" not in (await line_desk.get(path))[1]
    assert (await line_desk.post(path + "/ring", {"csrf": token}))[0] == 409
    ticket = await services.database.read(lambda c: store.load(c, told))
    await services.database.write(
        lambda c: services.dispatcher.answer(
            c, Order(number=told, version=ticket.version, by="operator:x"), text="灯修好了"
        )
    )
    assert "请系统回访" in (await line_desk.get(path))[1]
    assert (await line_desk.post(path + "/ring", {"csrf": token}))[0] == 303
    (errand,) = await errands(services)
    assert (errand.purpose, errand.ticket, errand.contact) == (
        "follow_up",
        told,
        f"tel:+86{NUMBER}",
    )
    reply = json.loads(errand.body)
    assert (reply["key"], reply["values"]["answer"]) == ("result", "灯修好了")
    _, page = await line_desk.get(path)
    assert "请系统回访</button>" not in page and "operator请系统电话回访" in page
    await line_desk.post(path + "/ring", {"csrf": token})
    assert len(await errands(services)) == 1


async def test_operator_has_somebody_rung_back_whose_matter_is_not_known(
    line_desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    sender = Contact(scheme="tel", path=f"+86{NUMBER}")
    missed = replace(say("", key="m"), channel="phone", sender=sender, event="missed", spoken=True)
    number = (await services.desk.receive(missed)).ticket
    token = await enter(line_desk, services, Role.OPERATOR)
    _, page = await line_desk.get(f"/console/tickets/{number}")
    assert "请系统回拨" in page and "139****5678" in page
    assert (await line_desk.post(f"/console/tickets/{number}/ring", {"csrf": token}))[0] == 303
    (errand,) = await errands(services)
    assert (errand.purpose, json.loads(errand.body)["key"]) == ("call_back", "call_again")
    events = await services.database.read(lambda c: store.events(c, number))
    assert (events[-1].action, events[-1].note) == (Action.SUPPLEMENT, "operator请系统回拨")


async def test_nobody_is_rung_who_left_no_number(
    line_desk: Desk, services: Services, ticket: str
) -> None:
    token = await enter(line_desk, services, Role.OPERATOR)
    path = f"/console/tickets/{ticket}"
    assert "请系统" not in (await line_desk.get(path))[1]
    assert (await line_desk.post(path + "/ring", {"csrf": token}))[0] == 409
    assert await errands(services) == []


async def test_who_only_reads_has_nobody_rung(
    line_desk: Desk, services: Services, told: str
) -> None:
    token = await enter(line_desk, services, Role.INSPECTOR)
    assert (await line_desk.post(f"/console/tickets/{told}/ring", {"csrf": token}))[0] == 403


async def test_who_finds_calls_by_a_number_leaves_a_trace_and_nobody_else_can(
    desk: Desk, services: Services, recording: str, clock: Clock
) -> None:
    clock.forward(days=30)
    asked = {"digits": "138 0000 5678", "reason": "记不得单号"}
    token = await enter(desk, services, Role.INSPECTOR)
    assert "号码后四位" not in (await desk.get("/console/calls"))[1]
    status, page = await desk.post("/console/calls", {"csrf": token, **asked})
    assert status == 403 and CALL not in page
    assert await looks(services) == []
    token = await enter(desk, services, Role.OPERATOR)
    for missing in ({"reason": ""}, {"digits": "78"}, {"digits": "%%"}):
        status, page = await desk.post("/console/calls", {"csrf": token, **asked, **missing})
        assert status == 409 and CALL not in page
    assert await looks(services) == []
    assert CALL in (await desk.post("/console/calls", {"csrf": token, **asked}))[1]
    asked["digits"] = "9999"
    assert CALL not in (await desk.post("/console/calls", {"csrf": token, **asked}))[1]
    told = [f"记不得单号（通话里查号码后四位 {digits}）" for digits in ("5678", "9999")]
    assert sorted(await looks(services)) == [("operator", "", each) for each in told]


async def test_no_number_stands_in_an_address(
    desk: Desk, services: Services, recording: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get("/console/calls?digits=9999")
    assert CALL in page and "9999" not in page, "not read from there, and not led on"


async def test_who_supervises_sees_every_look_and_who_only_works_does_not(
    desk: Desk, services: Services, recording: str, ticket: str
) -> None:
    token = await enter(desk, services, Role.OPERATOR)
    await desk.client.get(f"/console/recordings/{recording}")
    for path in (f"/console/calls/{CALL}", f"/console/tickets/{ticket}"):
        await desk.post(f"{path}/identity", {"csrf": token, "reason": "回电核实"})
    await desk.post("/console/search", {"csrf": token, "who": "13800001111", "reason": "核实"})
    assert (await desk.get("/console/traces"))[0] == 403
    assert "留痕" not in (await desk.get("/console"))[1]
    _, page = await desk.get(f"/console/tickets/{ticket}")
    assert "<b>operator</b> 听录音" in page and "来电号码：回电核实" in page
    await enter(desk, services, Role.INSPECTOR)
    status, page = await desk.get("/console/traces")
    assert status == 200 and page.count(">operator</td>") == 4
    for told in ("听录音", "来电号码", "姓名、电话、原话", "按人查找", "没有查到工单"):
        assert told in page, told
    assert page.count(f"/console/tickets/{ticket}") == 3 and "13800001111" not in page


HEARD_AGAIN = f"还有垃圾没人清理，我电话是{NUMBER}"


async def hear(
    services: Services, kind: Kind, state: State, text: str = "", problem: str = ""
) -> None:
    """A recording of the call that has come so far on its way to text."""
    now = services.runtime.now()
    row = {"id": recordings.id_of(CALL, kind), "call": CALL, "kind": kind.value}
    values = {"state": state.value, "text": text, "problem": problem}
    table = tables.transcription

    def write(connection: sa.Connection) -> None:
        transcripts.put_in_line(connection, row, now, from_ms=65_000)
        connection.execute(sa.update(table).where(table.c.recording == row["id"]).values(**values))

    await services.database.write(write)


@pytest.mark.parametrize("role", list(Role))
async def test_what_was_heard_after_the_call_is_read_beside_it_and_tells_no_number(
    desk: Desk, services: Services, recording: str, ticket: str, role: Role
) -> None:
    await hear(services, Kind.CALLER, State.DONE, HEARD_AGAIN)
    await enter(desk, services, role)
    for path in (f"/console/calls/{CALL}", f"/console/tickets/{ticket}"):
        _, page = await desk.get(path)
        assert "还有垃圾没人清理" in page and "从 1:05 起" in page, path
        assert NUMBER not in page, path


@pytest.mark.parametrize(
    ("kind", "state", "text", "problem", "shown"),
    [
        (Kind.CALLER, State.WAITING, "", "", spoken.WAITS),
        (Kind.CALLER, State.WAITING, "", "识别出错", "上次没有成：识别出错，还会再试"),
        (Kind.CALLER, State.DONE, "", "", spoken.NO_WORDS),
        (
            Kind.CALLER,
            State.GIVEN_UP,
            "",
            "识别出错",
            "没能把这段录音转成文字（识别出错），请听录音",
        ),
        (Kind.CALLER, State.GIVEN_UP, "垃圾", "系统处理时出错", "没能记进工单（系统处理时出错）"),
        (Kind.MISSED, State.DONE, "垃圾", "", "留言转成的文字"),
    ],
)
async def test_how_far_it_has_come_is_said_in_a_sentence(
    desk: Desk,
    services: Services,
    recording: str,
    ticket: str,
    kind: Kind,
    state: State,
    text: str,
    problem: str,
    shown: str,
) -> None:
    await hear(services, kind, state, text, problem)
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{ticket}")
    assert shown in page and text in page
    if kind is Kind.CALLER:
        _, page = await desk.get(f"/console/calls/{CALL}")
        assert shown in page and text in page


@pytest.mark.parametrize("role", list(Role))
async def test_only_who_may_hear_is_told_to_listen(
    desk: Desk, services: Services, recording: str, ticket: str, role: Role
) -> None:
    await hear(services, Kind.CALLER, State.GIVEN_UP, problem="识别出错")
    await enter(desk, services, role)
    for path in (f"/console/calls/{CALL}", f"/console/tickets/{ticket}"):
        _, page = await desk.get(path)
        assert "转成文字（识别出错）" in page
        assert ("请听录音" in page) is (role in sessions.MAY_HEAR), path


async def test_what_was_too_long_to_be_heard_whole_is_said_beside_the_text(
    desk: Desk, services: Services, recording: str, ticket: str
) -> None:
    await hear(services, Kind.CALL, State.DONE, HEARD_AGAIN)
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{ticket}")
    assert "机器只听了前" not in page
    longer = sa.update(tables.recording).values(
        id=recordings.id_of(CALL, Kind.CALL), seconds=LONGEST_RECORDING_S + 1.0
    )
    await services.database.write(lambda c: c.execute(longer) and None)
    _, page = await desk.get(f"/console/tickets/{ticket}")
    assert "机器只听了前 10 分钟，后面的没有转成文字，请听录音" in page


async def test_who_has_a_ticket_open_can_tell_that_it_has_changed(
    desk: Desk, services: Services, ticket: str
) -> None:
    assert (await desk.get(f"/console/tickets/{ticket}/version"))[0] == 303
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{ticket}")
    before = json.loads((await desk.get(f"/console/tickets/{ticket}/version"))[1])["version"]
    assert f'id="changed" href="/console/tickets/{ticket}" hidden' in page
    assert f'data-version="{before}"' in page
    found = await services.database.read(lambda c: store.load(c, ticket))
    await services.database.write(lambda c: services.dispatcher.remark(c, found, "x") and None)
    after = json.loads((await desk.get(f"/console/tickets/{ticket}/version"))[1])["version"]
    assert after > before
    assert (await desk.get("/console/tickets/20200101-0001/version"))[0] == 404


async def test_a_store_that_is_away_is_not_said_to_have_deleted_anything(
    desk: Desk, services: Services, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> bytes:
        raise VaultFault("no answer")

    monkeypatch.setattr(FolderVault, "get", away)
    await enter(desk, services, Role.OPERATOR)
    status, page = await desk.get(f"/console/recordings/{recording}")
    assert (status, "录音没有丢" in page, "已经删除" in page) == (503, True, False)
    assert await listens(services) == []
