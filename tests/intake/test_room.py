"""A disk is said to be short before it is full: in the log, on the health page, in the figures."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from config.settings import Settings
from intake import room
from intake.room import Room, RoomWatch
from tests.clock import Clock

GIB = 1024**3


class Usage(NamedTuple):
    """As `shutil.disk_usage` tells."""

    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "total", "short"),
    [
        (4 * GIB, 1000 * GIB, True),
        (6 * GIB, 1000 * GIB, False),
        (3 * GIB, 20 * GIB, False),
        (1 * GIB, 20 * GIB, True),
        (0, 20 * GIB, True),
    ],
)
def test_short_is_less_than_some_days(free: int, total: int, short: bool) -> None:
    assert Room(name="state", free_bytes=free, total_bytes=total).short is short


def test_each_disk_is_looked_at_once_and_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    found = room.look(Settings(state=tmp_path))
    assert [each.name for each in found] == ["state"]
    assert 0 < found[0].free_bytes <= found[0].total_bytes
    assert room.look(Settings(state=tmp_path / "away")) == []


async def test_the_maintainer_is_told_once_an_hour_what_to_do(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(20 * GIB, 19 * GIB, 1 * GIB))
    watch = RoomWatch(Settings(state=tmp_path), lambda: clock.at)
    with structlog.testing.capture_logs() as logs:
        for minutes in (0, 30, 31):
            clock.forward(minutes=minutes)
            assert not await watch.step()
    assert [each["event"] for each in logs] == ["disk_short", "disk_short"]
    assert logs[0]["free_mb"] == 1024 and "腾出地方" in logs[0]["remedy"]
