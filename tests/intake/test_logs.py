"""The log tells what went wrong, without what residents said and without their numbers."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from intake import logs
from routing import connections

WORDS = "东韩村的张小花说她家停水了"
NUMBER = "13912345678"
CALL = "0190a1b2-0000-7000-8000-000000000001"
FILE = f"{CALL}_{NUMBER}_1795558449.wav"
ROW = f"DETAIL:  Failing row contains ({CALL}, {WORDS}\n还有, {NUMBER})."


@pytest.fixture(params=["json", "console"])
def log(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """What was written so far, in either format; afterwards the log is as it was before."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    logs.configure(request.param)
    (ours,), written = root.handlers, io.StringIO()
    assert isinstance(ours, logging.StreamHandler)
    ours.setStream(written)
    yield written.getvalue
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def test_failing_write_tells_neither_words_nor_numbers(
    log: Callable[[], str], tmp_path: Path
) -> None:
    engine = connections.write_engine(f"sqlite:///{tmp_path / 'hotline.db'}", 1)
    insert = sa.text("INSERT INTO ticket (told, phone) VALUES (:told, :phone)")
    try:
        with engine.begin() as connection:
            connection.execute(insert, {"told": WORDS, "phone": NUMBER})
    except sa.exc.OperationalError:
        structlog.get_logger("tests.logs").exception("write_failed", call=CALL)
    finally:
        engine.dispose()
    written = log()
    assert "no such table: ticket" in written and CALL in written
    assert WORDS not in written and NUMBER not in written


@pytest.mark.parametrize(
    ("failure", "kept"),
    [
        (OSError(5, "Input/output error", FILE), "Input/output error"),
        (ValueError(f"violates not-null constraint\n{ROW}\n[SQL: INSERT ...]"), "[SQL: INSERT"),
        (ValueError(ROW), "ValueError"),
    ],
)
def test_exceptions_tell_neither_words_nor_numbers(
    log: Callable[[], str], failure: Exception, kept: str
) -> None:
    for logger in (structlog.get_logger("tests.logs"), logging.getLogger("tests.library")):
        try:
            raise failure
        except type(failure):
            logger.exception("failed")
    written = log()
    assert written.count("failed") >= 2 and kept in written
    assert WORDS not in written and "还有" not in written and NUMBER not in written


def test_values_of_events_tell_no_number(log: Callable[[], str]) -> None:
    values = {"files": [{"name": FILE}], "path": Path(FILE), "host": "192.168.139.112", "tries": 3}
    structlog.get_logger("tests.logs").warning(f"moved {FILE}", ticket="20261124-0001", **values)
    written = log()
    assert NUMBER not in written and "1795558449" not in written
    assert written.count(CALL) == 3
    assert "192.168.139.112" in written and "20261124-0001" in written
    if written.startswith("{"):
        assert json.loads(written)["tries"] == 3
