"""Deadlines: the county's table, a time for every matter, lights at their edges, and times as
people say them.
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.county import Deadline, DeadlineUnit
from config.runtime import LOCAL_ZONE
from nlp.understanding import Urgency
from routing import deadline
from routing.deadline import Light
from routing.worktime import Calendar
from tests.routing import county as sample

NOW = datetime(2026, 11, 24, 10, 53, tzinfo=LOCAL_ZONE)  # a Tuesday
COUNTY = sample.make()
MOMENTS = st.datetimes(
    datetime.fromisoformat("1900-01-02"),
    datetime.fromisoformat("2400-01-01"),
    timezones=st.just(UTC),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE)


@pytest.mark.parametrize(
    ("category", "urgency", "end"),
    [
        ("010204", Urgency.DANGER, "2026-11-24T12:53"),
        ("", Urgency.DANGER, "2026-11-24T12:53"),
        ("02", Urgency.URGENT, "2026-11-25T10:53"),
        ("02", Urgency.NORMAL, "2026-12-03T17:30"),  # any category: 7 working days
        ("01", Urgency.NORMAL, "2026-12-01T17:30"),  # 01: 5
        ("010204", Urgency.NORMAL, "2026-12-15T17:30"),  # 0102: 15, the longest prefix
    ],
)
def test_the_longest_prefix_of_the_countys_table_decides(
    category: str, urgency: Urgency, end: str
) -> None:
    assert deadline.due(COUNTY, category, urgency, NOW, Calendar()) == local(end)


def test_signing_has_its_own_clock_day_and_night() -> None:
    assert deadline.sign_due(COUNTY, "02", Urgency.DANGER, NOW) == NOW + timedelta(minutes=15)
    assert deadline.sign_due(COUNTY, "02", Urgency.NORMAL, NOW) == NOW + timedelta(hours=2)


def test_an_empty_table_still_gives_every_matter_a_deadline() -> None:
    county = sample.make(deadlines=())
    due = {urgency: deadline.due(county, "", urgency, NOW, Calendar()) for urgency in Urgency}
    assert due[Urgency.DANGER] == NOW + timedelta(hours=2)
    assert due[Urgency.URGENT] == NOW + timedelta(hours=24)
    assert due[Urgency.NORMAL] == local("2026-12-03T17:30")


def test_a_deadline_beyond_the_published_year_says_that_it_may_move() -> None:
    late = local("2026-12-25T09:00")
    promise = deadline.promise(COUNTY, "02", Urgency.NORMAL, late, Calendar())
    assert promise.at == local("2027-01-06T17:30")
    assert promise.provisional == "2027 年的放假安排还没有公布，期限暂按法定节假日计算。"
    assert not deadline.promise(COUNTY, "02", Urgency.NORMAL, NOW, Calendar()).provisional
    listed = Calendar({"2027": True, "2027-01-01": False})
    assert not deadline.promise(COUNTY, "02", Urgency.NORMAL, late, listed).provisional


def test_where_no_calendar_reaches_calendar_days_count_and_it_is_said() -> None:
    promise = deadline.promise(COUNTY, "02", Urgency.NORMAL, local("2150-03-02T09:00"), Calendar())
    assert promise.at == local("2150-03-09T17:30")
    assert "2150 年" in promise.provisional
    assert "自然日" in promise.provisional


@given(start=MOMENTS, urgency=st.sampled_from(Urgency), category=st.sampled_from(["", "01", "99"]))
def test_every_matter_at_any_time_has_a_deadline_after_its_start(
    start: datetime, urgency: Urgency, category: str
) -> None:
    promise = deadline.promise(COUNTY, category, urgency, start, Calendar())
    assert start < promise.sign_at <= promise.at
    assert promise.at == deadline.due(COUNTY, category, urgency, start, Calendar())
    assert promise.at.utcoffset() == promise.sign_at.utcoffset() == timedelta(0)


def test_calendar_days_are_the_stricter_promise() -> None:
    county = sample.make(
        deadlines=[Deadline(category="", urgency="normal", amount=15, unit=DeadlineUnit.WORKDAYS)]
    )
    unknown = deadline.due(county, "", Urgency.NORMAL, local("2101-03-01T09:00"), Calendar())
    assert unknown == local("2101-03-16T17:30")


TEN_HOURS = NOW + timedelta(hours=10)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "light"),
    [
        (NOW, Light.GREEN),
        (NOW + timedelta(hours=8) - TICK, Light.GREEN),
        (NOW + timedelta(hours=8), Light.YELLOW),
        (TEN_HOURS - TICK, Light.YELLOW),
        (TEN_HOURS, Light.YELLOW),
        (TEN_HOURS + TICK, Light.RED),
        (NOW + timedelta(days=400), Light.RED),
        (NOW - timedelta(days=1), Light.GREEN),
    ],
)
def test_lights_change_at_a_fifth_and_at_the_end(now: datetime, light: Light) -> None:
    assert deadline.light(now, NOW, TEN_HOURS) is light


@given(
    start=MOMENTS, given_s=st.integers(1, 10**7), steps=st.lists(st.integers(0, 10**7), min_size=2)
)
def test_a_light_never_goes_back_by_itself(start: datetime, given_s: int, steps: list[int]) -> None:
    due = start + timedelta(seconds=given_s)
    order = list(Light)
    seen = [
        order.index(deadline.light(start + timedelta(seconds=step), start, due))
        for step in sorted(steps)
    ]
    assert seen == sorted(seen)


def test_every_light_has_colour_shape_and_word() -> None:
    for names in (deadline.LIGHT_NAMES, deadline.LIGHT_COLOURS, deadline.LIGHT_SHAPES):
        assert set(names) == set(Light)
        assert len(set(names.values())) == len(Light)
    assert deadline.LIGHT_COLOURS[Light.YELLOW] + deadline.LIGHT_NAMES[Light.YELLOW] == "黄将到期"


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-11-24T12:53", "今天中午十二点三刻前"),
        ("2026-11-24T17:30", "今天下午五点半前"),
        ("2026-11-24T18:05", "今天晚上六点前"),
        ("2026-11-25T00:00", "明天凌晨零点前"),
        ("2026-11-25T08:10", "明天早上八点前"),
        ("2026-11-25T10:28", "明天上午十点前"),
        ("2026-11-25T10:59", "明天上午十点半前"),
        ("2026-11-26T17:00", "后天下午五点前"),
        ("2026-11-27T14:20", "本周五下午两点前"),
        ("2026-12-03T17:30", "下周四下午五点半前"),
        ("2026-12-07T17:30", "12月7日下午五点半前"),
        ("2027-01-06T17:30", "明年1月6日下午五点半前"),
        ("2028-01-06T17:30", "2028年1月6日下午五点半前"),
        ("2026-11-24T10:00", "今天上午十点（已超期）"),
        ("2026-11-23T17:30", "昨天下午五点半（已超期）"),
        ("2026-11-20T17:30", "11月20日下午五点半（已超期）"),
        ("2025-11-20T17:30", "2025年11月20日下午五点半（已超期）"),
    ],
)
def test_deadlines_are_said_as_people_say_them(due: str, said: str) -> None:
    assert deadline.speak(local(due), NOW) == said
    assert deadline.speak(local(due).astimezone(UTC), NOW.astimezone(UTC)) == said


def test_the_last_minutes_are_said_as_they_are() -> None:
    """The quarter before would be gone already."""
    now = NOW.replace(minute=46)
    assert deadline.speak(now + timedelta(minutes=7), now) == "今天上午十点五十三分前"
    assert deadline.speak(now + timedelta(minutes=20), now) == "今天上午十一点前"


@given(due=MOMENTS, now=MOMENTS)
def test_any_deadline_can_be_said(due: datetime, now: datetime) -> None:
    said = deadline.speak(due, now)
    assert said.endswith("前" if due >= now else "（已超期）")
    assert len(said) <= 30
