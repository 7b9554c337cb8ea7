"""How the console writes what is left of a time limit."""

from datetime import timedelta

import pytest

from intake.web import pages
from tests.clock import MONDAY_MORNING


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(days=9, hours=8), "还有 9 天 8 小时"),
        (timedelta(days=2, hours=20, minutes=30), "还有 2 天 20 小时"),
        (timedelta(hours=47, minutes=59), "还有 1 天 23 小时"),
        (timedelta(hours=24, minutes=5), "还有 1 天"),
        (timedelta(hours=23, minutes=59), "还有 23 小时 59 分"),
        (timedelta(hours=2), "还有 2 小时"),
        (timedelta(minutes=59), "还有 59 分"),
        (timedelta(), "还有 0 分"),
        (timedelta(minutes=-5), "已超 5 分"),
        (timedelta(days=-3), "已超 3 天"),
    ],
)
def test_time_left_is_written_as_people_count_it(ahead: timedelta, shown: str) -> None:
    assert pages.left(MONDAY_MORNING + ahead, MONDAY_MORNING) == shown
