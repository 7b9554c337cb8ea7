"""Working days: published truth, the county's own word, and years that nobody knows."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.runtime import LOCAL_ZONE
from routing import worktime
from routing.worktime import Calendar, UnknownYear

EARLIEST, LATEST = datetime.fromisoformat("2004-01-01"), datetime.fromisoformat("2026-06-01")
PUBLISHED = [date(2026, 1, 1) + timedelta(days=offset) for offset in range(365)]

# The State Council's notice for 2026 (国办发明电〔2025〕7号): days off that are weekdays, and
# make-up days.
OFF_2026 = (
    "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 "
    "10-01 10-02 10-05 10-06 10-07"
)
MAKE_UP_2026 = "01-04 02-14 02-28 05-09 09-20 10-10"


def test_all_days_of_2026_are_as_published_by_both_libraries() -> None:
    calendar = Calendar()
    statutory = holidays.country_holidays("CN", years=2026)
    for day in PUBLISHED:
        assert calendar.is_workday(day) == chinese_calendar.is_workday(day), day
        assert calendar.is_workday(day) == statutory.is_working_day(day), day
        assert not calendar.provisional(day)


def test_days_of_2026_are_as_the_state_council_said() -> None:
    off = {date.fromisoformat(f"2026-{day}") for day in OFF_2026.split()}
    make_up = {date.fromisoformat(f"2026-{day}") for day in MAKE_UP_2026.split()}
    calendar = Calendar()
    for day in PUBLISHED:
        expected = day in make_up or (day.weekday() < 5 and day not in off)
        assert calendar.is_workday(day) == expected, day


def test_the_countys_own_word_comes_first() -> None:
    calendar = Calendar({"2026-11-24": False, "2026-11-28": True})
    assert not calendar.is_workday(date(2026, 11, 24))
    assert calendar.is_workday(date(2026, 11, 28))
    assert calendar.is_workday(date(2026, 11, 25))


def test_an_unpublished_year_is_provisional_until_the_county_lists_it() -> None:
    new_year, monday = date(2027, 1, 1), date(2027, 1, 4)
    calendar = Calendar()
    assert not calendar.is_workday(new_year)
    assert calendar.is_workday(monday)
    assert calendar.provisional(new_year)
    assert calendar.provisional(monday)
    listed = Calendar({"2027": True, "2027-01-01": False, "2027-01-09": True})
    assert not listed.is_workday(new_year)
    assert listed.is_workday(date(2027, 1, 9))
    assert listed.is_workday(monday)
    assert not listed.provisional(monday)


@pytest.mark.parametrize("year", [1900, 2101, 2300])
def test_a_year_that_no_source_knows_is_said_and_not_guessed(year: int) -> None:
    with pytest.raises(UnknownYear, match=f"{year} 年.*县的日历"):
        Calendar().is_workday(date(year, 3, 3))


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-24T10:53", 1, "2026-11-25"),
        ("2026-11-24T23:59", 1, "2026-11-25"),
        ("2026-11-27T09:00", 1, "2026-11-30"),  # over a weekend
        ("2026-11-28T09:00", 1, "2026-11-30"),  # begun on a Saturday
        ("2026-09-30T09:00", 3, "2026-10-10"),  # National Day, and the make-up Saturday counts
        ("2026-02-13T09:00", 1, "2026-02-14"),  # make-up Saturday before Spring Festival
        ("2026-02-14T09:00", 1, "2026-02-24"),
        ("2026-12-25T09:00", 7, "2027-01-06"),  # into the unpublished year
    ],
)
def test_working_days_end_with_office_hours(start: str, days: int, end: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=LOCAL_ZONE)
    expected = datetime.fromisoformat(f"{end}T17:30").replace(tzinfo=LOCAL_ZONE)
    assert Calendar().add_workdays(begin, days) == expected
    assert Calendar().add_workdays(begin.astimezone(UTC), days) == expected


def test_the_day_is_shanghais_not_utcs() -> None:
    late_monday_in_utc = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # Tuesday 02:00 in Shanghai
    assert Calendar().add_workdays(late_monday_in_utc, 1).date() == date(2026, 11, 25)


@pytest.mark.parametrize("days", [0, -1, worktime.MAX_WORKDAYS + 1, 10**9])
def test_a_senseless_number_of_days_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        Calendar().add_workdays(datetime(2026, 11, 24, tzinfo=UTC), days)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Calendar().add_workdays(datetime.fromisoformat("2026-11-24"), 1)


def test_a_calendar_without_working_days_ends_in_words() -> None:
    start = date(2026, 1, 1)
    never = {(start + timedelta(days=offset)).isoformat(): False for offset in range(3000)}
    with pytest.raises(UnknownYear, match="休息日"):
        Calendar(never).add_workdays(datetime(2026, 11, 24, tzinfo=UTC), 1)


def test_the_years_that_make_a_count_provisional_are_named() -> None:
    calendar, start = Calendar(), datetime(2026, 12, 25, 2, tzinfo=UTC)
    assert calendar.provisional_between(start, calendar.add_workdays(start, 2)) == ()
    assert calendar.provisional_between(start, calendar.add_workdays(start, 15)) == (2027,)


@given(
    start=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    days=st.integers(1, 60),
)
def test_exactly_so_many_working_days_lie_between(start: datetime, days: int) -> None:
    calendar = Calendar()
    end = calendar.add_workdays(start, days)
    first = start.astimezone(LOCAL_ZONE).date()
    between = [first + timedelta(days=step) for step in range(1, (end.date() - first).days + 1)]
    assert sum(calendar.is_workday(day) for day in between) == days
    assert calendar.is_workday(end.date())
    assert end > start
    assert calendar.add_workdays(start, days + 1) > end
