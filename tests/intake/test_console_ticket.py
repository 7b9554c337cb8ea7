"""The page of a ticket over HTTP: what it shows, what it hides, what it keeps when it refuses."""

import html
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from channels.message import Attachment, InboundMessage
from intake import schema
from intake.accounts import Role
from intake.services import Services
from routing import schema as tickets
from routing import store
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock
from tests.intake.console import PASSWORD, Desk, enter, hire, looks

LAMP = "我叫张三，电话13912345678，东韩村村口的路灯坏了三天了没人修"
LONG = "已派电工到现场，更换了灯头和线路，今晚亮灯。“<有问题>”请再打热线。"
SOUND = b"OggS" + b"\0" * 100


@pytest.fixture
async def desk(services: Services) -> AsyncIterator[Desk]:
    """A window that nobody has logged in by."""
    made = await Desk.opened(services)
    yield made
    await made.client.close()


@pytest.fixture
async def number(services: Services, say: Callable[..., InboundMessage]) -> str:
    """A ticket that was dispatched by itself."""
    return (await services.desk.receive(say(LAMP))).ticket


async def act(desk: Desk, number: str, *, form: str = "act", **fields: str) -> tuple[int, str]:
    """Send one of the forms of a ticket's page, with the version that the page shows."""
    path = f"/console/tickets/{number}"
    _, page = await desk.get(path)
    version = page.split('name="version" value="', 1)[1].split('"', 1)[0]
    fields = {"csrf": await desk.token(), "version": version, **fields}
    return await desk.post(f"{path}/{form}", fields)


async def load(services: Services, number: str) -> Ticket:
    return await services.database.read(lambda c: store.load(c, number))


async def answer(services: Services, number: str, text: str = "修好了") -> None:
    ticket = await load(services, number)
    order = Order.on(ticket, by="operator:a")
    await services.database.write(lambda c: services.dispatcher.answer(c, order, text=text))


async def test_everything_that_a_resident_sent_along_is_there(
    desk: Desk, services: Services, say: Callable[..., InboundMessage], clock: Clock
) -> None:
    photo, voice = (
        await services.media(b"\xff\xd8", "image/jpeg"),
        await services.media(SOUND, "audio/ogg"),
    )
    note = await services.media(b"#!AMR", "audio/amr")
    sent = (
        Attachment(kind="image", reference=photo),
        Attachment(kind="voice", reference=voice),
        Attachment(kind="voice", reference=note),
        Attachment(kind="video", reference="wechat:later"),
        Attachment(kind="image", reference=""),
        Attachment(kind="link", reference="https://example.com/", caption="微博"),
    )
    number = (await services.desk.receive(replace(say(LAMP), attachments=sent))).ticket
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    at = f"/console/tickets/{number}/media/"
    photo, voice, note = (each.removeprefix("store:") for each in (photo, voice, note))
    for told in (
        f'<img class="photo" src="{at}{photo}"',
        f'<audio controls preload="none" src="{at}{voice}"',
        f'<a href="{at}{note}" download>下载语音',
        "有一个视频还没有取到",
        "居民还发过一个照片，没有收下",
        "链接：微博 https://example.com/",
    ):
        assert told in page, told
    for each in (photo, voice, note):
        assert (await desk.get(at + each))[0] == 200


async def test_voice_notes_are_heard_by_those_who_hear_recordings(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    voice = await services.media(SOUND, "audio/ogg")
    sent = (Attachment(kind="voice", reference=voice),)
    number = (await services.desk.receive(replace(say(LAMP), attachments=sent))).ticket
    path = f"/console/tickets/{number}/media/" + voice.removeprefix("store:")
    await enter(desk, services, Role.INSPECTOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "有一段语音" in page and path not in page
    assert (await desk.get(path))[0] == 403
    assert await looks(services) == []
    await enter(desk, services, Role.LEADER)
    for _ in range(2):  # from another point, it is still one look
        assert (await desk.get(path))[0] == 200
    assert await looks(services) == [("leader", number, "")]
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "<b>leader</b> 语音、视频" in page


@pytest.fixture
async def photos(
    services: Services, say: Callable[..., InboundMessage]
) -> tuple[str, tuple[str, ...]]:
    """A ticket with two photos, and where they are."""
    kept = [await services.media(b"\xff\xd8" + each, "image/jpeg") for each in (b"1", b"2")]
    sent = tuple(Attachment(kind="image", reference=each) for each in kept)
    number = (await services.desk.receive(replace(say(LAMP), attachments=sent))).ticket
    ids = [each.removeprefix("store:") for each in kept]
    return number, tuple(f"/console/tickets/{number}/media/{each}" for each in ids)


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.LEADER])
async def test_who_does_not_work_with_photos_sees_them_once_he_asks_and_is_written_down(
    desk: Desk, services: Services, photos: tuple[str, tuple[str, ...]], role: Role, clock: Clock
) -> None:
    number, paths = photos
    token = await enter(desk, services, role)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "居民发来 2 张照片" in page and "<img" not in page
    assert not any(path in page for path in paths)
    assert [(await desk.get(path))[0] for path in paths] == [403, 403]
    assert await looks(services) == []
    status, page = await desk.post(f"/console/tickets/{number}/photos", {"csrf": token})
    assert status == 200 and all(path in page for path in paths)
    assert [(await desk.get(path))[0] for path in paths] == [200, 200]
    assert await looks(services) == [(role.value, number, "")] * 2
    assert page.count(f"<b>{role.value}</b> 照片") == 1
    clock.forward(minutes=11)
    assert (await desk.get(paths[0]))[0] == 403


async def test_who_works_with_photos_has_them_before_him_and_is_written_down_once(
    desk: Desk, services: Services, photos: tuple[str, tuple[str, ...]], clock: Clock
) -> None:
    number, paths = photos
    await enter(desk, services, Role.OPERATOR)
    assert "看照片" not in (await desk.get(f"/console/tickets/{number}"))[1]
    for _ in range(2):
        assert [(await desk.get(path))[0] for path in paths] == [200, 200]
    assert await looks(services) == [("operator", number, "")] * 2
    clock.forward(minutes=11)
    await desk.get(paths[0])
    assert len(await looks(services)) == 3


async def test_photo_is_had_by_its_own_ticket_alone(
    desk: Desk,
    services: Services,
    photos: tuple[str, tuple[str, ...]],
    say: Callable[..., InboundMessage],
) -> None:
    other = (await services.desk.receive(say("西韩村停水了", sender="z"))).ticket
    await enter(desk, services, Role.OPERATOR)
    path = photos[1][0].replace(photos[0], other)
    assert (await desk.get(path))[0] == 404 and await looks(services) == []


async def test_page_says_what_its_form_has_done_and_no_more_than_that(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    before = await load(services, number)
    form = {"category": before.category, "place": before.place, "urgency": "normal"}
    status, where = await act(desk, number, form="dispatch", **form, unit="医保局")
    assert (status, where) == (303, f"/console/tickets/{number}?done=dispatch")
    assert "派好了，由南和区医疗保障局办。" in (await desk.get(where))[1]
    for done in ("answer", "nothing", "<script>"):
        _, page = await desk.get(f"/console/tickets/{number}?done={done}")
        assert 'class="done"' not in page, done


FORMS = (
    ("answer", "act", {}),
    ("progress", "act", {}),
    ("extend", "act", {"due_at": "2026-12-24T17:30"}),
    ("dispatch", "dispatch", {"unit": "water 水务局", "category": "010203", "confidential": "yes"}),
    ("correct", "correct", {"place": "130506100225"}),
)


@pytest.mark.parametrize(("action", "form", "more"), FORMS)
async def test_nothing_that_was_typed_is_lost_where_somebody_was_faster(
    desk: Desk, services: Services, number: str, action: str, form: str, more: dict[str, str]
) -> None:
    await enter(desk, services, Role.OPERATOR)
    await act(desk, number, action="sign", note="值班的接了")
    order = Order.on(await load(services, number), by="resident", note="今天更暗了")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.SUPPLEMENT, order))
    fields = {"action": action, "note": LONG, "urgency": "urgent", **more}
    status, page = await act(desk, number, form=form, **fields | {"version": "2"})
    assert status == 409 and "刚才有别人改动了这张工单" in page and "您填的还在" in page
    assert page.count("&lt;有问题&gt;") == 1
    for value in more.values():
        assert f'value="{value}"' in page, value
    if form == "act" and action not in ("answer", "extend"):
        assert f'<option value="{action}" selected>' in page
    assert ("checked" in page) is ("confidential" in more)


async def test_words_whose_form_is_gone_are_shown_to_be_copied(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    await answer(services, number)
    status, page = await act(desk, number, action="answer", note=LONG, version="1")
    assert status == 409 and "需要的话请抄走" in page and page.count("&lt;有问题&gt;") == 1


HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page)}


async def test_words_outlive_a_session_that_ends_while_they_are_typed(
    desk: Desk, services: Services, number: str, clock: Clock
) -> None:
    await enter(desk, services, Role.OPERATOR)
    clock.forward(hours=11)
    path = f"/console/tickets/{number}/act"
    fields = {"csrf": "old", "version": "1", "action": "answer", "note": LONG}
    status, page = await desk.post(path, fields)
    assert status == 401 and "登录过期了" in page and "您刚才写的还在" in page
    login = {**hidden(page), "name": "operator"}
    status, page = await desk.post("/console/login", {**login, "password": "wrong"})
    assert status == 401
    login = {**hidden(page), "name": "operator", "password": PASSWORD}
    status, page = await desk.post("/console/login", login)
    assert status == 200 and "<dd>答复</dd>" in page and html.escape(LONG, quote=False) in page
    assert (await load(services, number)).version == 1
    assert (await desk.post(path, hidden(page) | {"note": LONG}))[0] == 303
    assert (await load(services, number)).answer == LONG


async def test_words_on_a_page_of_an_earlier_login_are_offered_again(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    path = f"/console/tickets/{number}/dispatch"
    fields = {"csrf": "old", "version": "1", "category": "010203", "unit": "water", "note": LONG}
    status, page = await desk.post(path, {**fields, "urgency": "normal"})
    assert status == 403 and "<dd>water</dd>" in page
    again = hidden(page)
    assert again["csrf"] != "old" and (await desk.post(path, again | {"note": LONG}))[0] == 303
    assert (await load(services, number)).unit == "water"


async def test_login_form_carries_words_to_a_ticket_and_nowhere_else(
    desk: Desk, services: Services
) -> None:
    await hire(services, "ma", Role.OPERATOR)
    for path in ("https://evil.example/", "/console/letters/all", "/console/tickets/1/identity"):
        fields = {"name": "ma", "password": PASSWORD, "kept_path": path, "kept_note": "x"}
        assert await desk.post("/console/login", fields) == (303, "/console"), path


async def test_answer_and_address_are_masked_until_somebody_says_why_he_looks(
    desk: Desk, services: Services, number: str
) -> None:
    await answer(services, number, text="请找王师傅13987654321")
    moved = sa.update(tickets.ticket).values(address="13987654321家门口")
    await services.database.write(lambda c: c.execute(moved) and None)
    token = await enter(desk, services, Role.OPERATOR)
    for path in (f"/console/tickets/{number}", "/console/search?status=answered"):
        assert "13987654321" not in (await desk.get(path))[1], path
    fields = {"csrf": token, "reason": "回访核实"}
    _, page = await desk.post(f"/console/tickets/{number}/identity", fields)
    assert page.count("13987654321") == 3  # the answer, its line in the log, the address


async def test_reason_for_a_person_is_shown_only_while_a_person_decides(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("我要找人工"))).ticket
    assert (await load(services, number)).status is Status.DECIDING
    await enter(desk, services, Role.OPERATOR)
    assert "需要人工：" in (await desk.get(f"/console/tickets/{number}"))[1]
    await answer(services, number)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "需要人工：" not in page


# What the operator heard, and what it makes of an answered ticket.
HEARD = (
    (
        {"solved": "yes", "satisfied": "yes"},
        Status.CLOSED,
        "解决了；满意；有没有人联系过没问到",
    ),
    ({"solved": "yes", "satisfied": "no"}, Status.FOLLOWED_UP, "解决了；不满意；"),
    ({"contacted": "no"}, Status.FOLLOWED_UP, "解决没解决没问到；满意不满意没问到；没人联系过"),
    ({"solved": "no"}, Status.DISPATCHED, ""),
)


@pytest.mark.parametrize(("said", "status", "shown"), HEARD)
async def test_operator_who_rang_himself_records_what_he_heard(
    desk: Desk, services: Services, number: str, said: dict[str, str], status: Status, shown: str
) -> None:
    await answer(services, number)
    await enter(desk, services, Role.OPERATOR)
    assert "回访：居民怎么说" in (await desk.get(f"/console/tickets/{number}"))[1]
    assert (await act(desk, number, action="evaluate", note="灯亮了", **said))[0] == 303
    assert (await load(services, number)).status is status
    assert shown in (await desk.get(f"/console/tickets/{number}"))[1]
    events = await services.database.read(lambda c: store.events(c, number))
    judged = [event for event in events if event.action is Action.EVALUATE]
    assert [(event.by, event.note) for event in judged] == [("operator:operator", "灯亮了")]


async def test_follow_up_without_a_judgement_keeps_the_words(
    desk: Desk, services: Services, number: str
) -> None:
    await answer(services, number)
    await enter(desk, services, Role.OPERATOR)
    status, page = await act(desk, number, action="evaluate", note=LONG, solved="")
    assert status == 409 and "请至少选一项" in page and page.count("&lt;有问题&gt;") == 1
    assert (await act(desk, number, action="evaluate", solved="perhaps"))[0] == 409


async def test_follow_up_has_one_form_which_asks_what_he_said(
    desk: Desk, services: Services, number: str
) -> None:
    """Among the other actions it would end 待回访 though nobody was asked."""
    await answer(services, number)
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "记下回访" in page and '<option value="follow_up"' not in page


async def test_answered_ticket_can_be_put_right(
    desk: Desk, services: Services, number: str
) -> None:
    await answer(services, number)
    await enter(desk, services, Role.OPERATOR)
    before = await load(services, number)
    same = {"category": before.category, "place": before.place, "urgency": before.urgency.value}
    status, page = await act(desk, number, form="correct", **same)
    assert status == 409 and "没有改动" in page
    assert (await act(desk, number, form="correct", **same | {"urgency": "urgent"}))[0] == 303
    after = await load(services, number)
    assert (after.status, after.urgency, after.unit) == (Status.ANSWERED, "urgent", before.unit)
    kept = sa.select(schema.correction.c.field, schema.correction.c.text)
    (row,) = await services.database.read(lambda c: c.execute(kept).all())
    assert row.field == "urgency" and "13912345678" not in row.text


async def test_ticket_of_unknown_category_can_be_made_confidential(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("我要找人工"))).ticket
    before = await load(services, number)
    await enter(desk, services, Role.OPERATOR)
    form = {"urgency": before.urgency.value, "place": before.place, "category": before.category}
    assert (await act(desk, number, form="correct", **form, confidential="yes"))[0] == 303
    assert (await load(services, number)).confidential
    _, page = await desk.get(f"/console/tickets/{number}")
    assert re.search("■</span> 保密", page) and 'value="yes" checked' in page
    assert (await act(desk, number, form="correct", **form))[0] == 303
    assert not (await load(services, number)).confidential


async def test_log_keeps_a_disputed_answer_and_says_what_was_corrected_and_by_whom(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    name = sa.update(schema.operator).values(display_name="王小红")
    await services.database.write(lambda c: c.execute(name) and None)
    before = await load(services, number)
    right = {"category": before.category, "place": "130506100225", "urgency": "urgent"}
    place = next(p.code for p in services.county.places if p.code != before.place)
    assert (await act(desk, number, form="correct", **right | {"place": place}))[0] == 303
    await answer(services, number, text="换了灯头，电话13987654321")
    order = Order.on(await load(services, number), by="resident", note="还是不亮")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.REOPEN, order))
    _, page = await desk.get(f"/console/tickets/{number}")
    log = page[page.index("办理经过") :]
    names = [services.county.place_name(code) for code in (before.place, place)]
    assert f"地点：{names[0]} 改成 {names[1]}" in log and "紧急程度：一般 改成 紧急" in log
    assert "换了灯头" in log and "13987654321" not in log
    assert "<b>更正</b> 王小红" in log and "<b>重新办理</b> 居民" in log


async def test_what_was_not_known_before_was_added_and_not_changed(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("我要找人工"))).ticket
    await enter(desk, services, Role.OPERATOR)
    lamp = next(
        code for code, each in services.county.categories.items() if each.name == "路灯照明"
    )
    filled = {"category": lamp, "place": "130506100225", "urgency": "normal"}
    assert (await act(desk, number, form="dispatch", **filled, note="问清了"))[0] == 303
    _, page = await desk.get(f"/console/tickets/{number}")
    log = page[page.index("办理经过") :]
    assert "补上类别：城乡建设" in log
    assert "补上地点：和阳镇东韩村" in log
    assert "空 改成" not in log


TYPED = (
    ("place", "西韩村", "130506100", ""),
    ("place", "和阳镇东韩村", "130506100225", ""),
    ("place", "东韩村（和阳镇）", "130506100225", ""),
    ("place", "130506100225 东韩村", "130506100225", ""),
    ("unit", "南和区医疗保障局", "medical-insurance", ""),
    ("unit", "医保局", "medical-insurance", ""),
    ("unit", "东韩村", "130506100225", ""),
    ("unit", "和阳镇", "130506100", ""),
    ("place", "火星村", "", "没有“火星村”这个地点"),
    ("unit", "火星局", "", "没有“火星局”这个单位"),
    ("unit", "水利局", "", "没有“水利局”这个单位。是不是：南和区水务局"),
    ("category", "机井", "", "没有“机井”这个类别。是不是：101108 "),
    ("place", "东汉村", "", "东韩村（和阳镇）"),
)


@pytest.mark.parametrize(("field", "typed", "code", "refused"), TYPED)
async def test_unique_name_is_taken_as_people_write_it(
    desk: Desk, services: Services, number: str, field: str, typed: str, code: str, refused: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    before = await load(services, number)
    form = {"category": before.category, "place": before.place, "urgency": "normal"}
    status, page = await act(desk, number, form="dispatch", **form | {field: typed})
    assert status == (409 if refused else 303), page
    assert refused in page
    after = await load(services, number)
    assert refused or getattr(after, field).startswith(code)


async def test_two_wrong_fields_are_both_told(desk: Desk, services: Services, number: str) -> None:
    await enter(desk, services, Role.OPERATOR)
    wrong = {"category": "火星", "place": "火星村", "unit": "火星局", "urgency": "normal"}
    status, page = await act(desk, number, form="dispatch", **wrong)
    assert status == 409
    for told in ("没有“火星”这个类别", "没有“火星村”这个地点", "没有“火星局”这个单位"):
        assert told in page


async def test_name_that_several_have_is_answered_with_which_there_are(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    form = {"category": "010203", "place": "李召", "urgency": "normal"}
    status, page = await act(desk, number, form="correct", **form)
    told = "叫“李召”的地点不止一个："
    assert status == 409 and told in page
    assert page.split(told, 1)[1].split("。", 1)[0].count("李召村（和阳镇）") == 3


async def test_exact_spot_travels_with_the_ticket(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    ticket = await load(services, number)
    form = {"category": ticket.category, "place": ticket.place, "urgency": "normal"}
    spot = {"unit": "医保局", "address": "西街小卖部对面"}
    assert (await act(desk, number, form="dispatch", **form, **spot))[0] == 303
    assert (await load(services, number)).address == "西街小卖部对面"
    body = sa.select(tickets.outbox.c.body).where(
        tickets.outbox.c.destination == "webhook:medical-insurance"
    )
    bodies = await services.database.read(lambda c: c.execute(body).scalars().all())
    assert bodies and all("西街小卖部对面" in each for each in bodies)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "和阳镇东韩村（西街小卖部对面）" in page and "具体位置：" in page


async def test_part_of_a_message_is_shown_with_the_whole_as_it_came(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    words = "那个……东韩村路灯坏了哈，电话13912345678。还有东韩村停水两天了！！"
    first = (await services.desk.receive(say(words))).ticket
    await enter(desk, services, Role.OPERATOR)
    for number in (first, f"{first[:-1]}{int(first[-1]) + 1}"):
        _, page = await desk.get(f"/console/tickets/{number}")
        assert "原话：那个……东韩村路灯坏了哈" in page and "停水两天了！！" in page
        assert "13912345678" not in page


async def test_ticket_of_one_matter_shows_no_whole_beside_it(
    desk: Desk, services: Services, number: str
) -> None:
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    assert "原话" not in page


async def test_who_rules_on_a_return_reads_its_reason_beside_the_form(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("医保卡刷不了，咋回事"))).ticket
    order = Order(number=number, version=1, by="department:medical-insurance", note="归卫健管")
    await services.database.write(lambda c: services.dispatcher.act(c, Action.RETURN, order))
    await enter(desk, services, Role.OPERATOR)
    _, page = await desk.get(f"/console/tickets/{number}")
    card = page[page.index("裁定退单") : page.index("裁定的理由")]
    assert "医疗保障局退单：归卫健管" in card


async def test_no_credential_of_a_resident_is_shown(
    desk: Desk, services: Services, say: Callable[..., InboundMessage]
) -> None:
    number = (await services.desk.receive(say("东韩村村口的路灯坏了三天了没人修"))).ticket
    token = await enter(desk, services, Role.OPERATOR)
    path = f"/console/tickets/{number}/identity"
    _, page = await desk.post(path, {"csrf": token, "reason": "核实"})
    assert "在网页上说的" in page and "web:" not in page
