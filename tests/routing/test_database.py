"""Group commit: what is told to be done is on disk, what fails harms nobody else."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from routing import connections, schema, writer
from routing.connections import DatabaseUnreachable
from routing.database import Database
from tests import postgres

_KEYS = schema.number_sequence  # any small table serves
ROOT = Path(__file__).parents[2]


def _put(connection: Connection, day: str, last: int = 1) -> str:
    connection.execute(sa.insert(_KEYS).values(day=day, last=last))
    return day


def _putting(day: str) -> Callable[[Connection], str]:
    return partial(_put, day=day)


def _days(connection: Connection) -> set[str]:
    return set(connection.execute(sa.select(_KEYS.c.day)).scalars())


def _add_one(connection: Connection) -> None:
    connection.execute(sa.update(_KEYS).where(_KEYS.c.day == "n").values(last=_KEYS.c.last + 1))


async def test_written_work_can_be_read_once_its_future_resolves(database: Database) -> None:
    assert await database.write(lambda c: _put(c, "one")) == "one"
    assert await database.read(_days) == {"one"}


async def test_many_units_at_once_are_all_done_and_each_answers_its_own_caller(
    database: Database,
) -> None:
    days = [f"d{number}" for number in range(300)]
    answers = await asyncio.gather(*(database.write(_putting(day)) for day in days))
    assert answers == days
    assert await database.read(_days) == set(days)


async def test_failing_unit_tells_its_own_caller_and_harms_no_other(database: Database) -> None:
    await database.write(lambda c: _put(c, "taken"))

    def half_done(connection: Connection) -> None:
        _put(connection, "half")
        raise ValueError("changed my mind")

    works = [_putting(f"good{number}") for number in range(20)]
    found = await asyncio.gather(
        database.write(half_done),
        *(database.write(work) for work in works[:10]),
        database.write(lambda c: _put(c, "taken")),
        *(database.write(work) for work in works[10:]),
        return_exceptions=True,
    )
    assert isinstance(found[0], ValueError)
    assert isinstance(found[11], sa.exc.IntegrityError)
    assert await database.read(_days) == {"taken"} | {f"good{n}" for n in range(20)}


async def test_each_of_many_failing_units_is_told_its_own_failure(database: Database) -> None:
    def fails(connection: Connection, number: int) -> None:
        _put(connection, f"never{number}")
        raise ValueError(number)

    works = [partial(fails, number=n) if n % 3 else _putting(f"good{n}") for n in range(60)]
    found = await asyncio.gather(*(database.write(w) for w in works), return_exceptions=True)
    for number, answer in enumerate(found):
        assert str(answer) == (str(number) if number % 3 else f"good{number}")
    assert await database.read(_days) == {f"good{n}" for n in range(0, 60, 3)}


async def test_unit_may_use_savepoints_of_its_own(database: Database) -> None:
    await database.write(lambda c: _put(c, "taken"))

    def careful(connection: Connection, day: str) -> str:
        _put(connection, day)
        try:
            with connection.begin_nested():
                _put(connection, "taken")
        except sa.exc.IntegrityError:
            return "known"
        return "new"

    found = await asyncio.gather(
        *(database.write(partial(careful, day=f"own{n}")) for n in range(5))
    )
    assert found == ["known"] * 5
    assert len(await database.read(_days)) == 6


async def test_lone_failing_unit_leaves_nothing_behind(database: Database) -> None:
    def half_done(connection: Connection) -> None:
        _put(connection, "half")
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await database.write(half_done)
    assert await database.read(_days) == set()


async def test_passing_trouble_makes_the_work_run_again(database: Database) -> None:
    tries: list[int] = []

    def troubled(connection: Connection) -> str:
        tries.append(1)
        _put(connection, "twice")
        if len(tries) < 3:
            error = sqlite3.OperationalError("database is locked")
            raise sa.exc.OperationalError("INSERT", {}, error)
        return "done"

    others = [database.write(_putting(f"other{n}")) for n in range(5)]
    found = await asyncio.gather(database.write(troubled), *others)
    assert found[0] == "done"
    assert len(await database.read(_days)) == 6


async def test_cancelled_caller_leaves_the_work_to_be_done(database: Database) -> None:
    may_go = threading.Event()

    def slow(connection: Connection) -> None:
        may_go.wait(10)
        _put(connection, "slow")

    waiting = asyncio.create_task(database.write(slow))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_go.set()
    await database.write(lambda c: _put(c, "after"))
    await _until_there(database, {"slow", "after"})


async def _until_there(database: Database, days: set[str]) -> None:
    async with asyncio.timeout(10):
        while await database.read(_days) != days:
            pass


async def test_reading_can_change_nothing(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError):
        await database.read(lambda c: _put(c, "no"))
    assert await database.read(_days) == set()


async def test_closing_finishes_what_waits(database_url: str) -> None:
    database = Database(database_url)
    await database.start()
    await database.write(schema.metadata.create_all)
    tasks = [asyncio.create_task(database.write(_putting(f"d{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*tasks) == [f"d{n}" for n in range(50)]
    with pytest.raises(RuntimeError):
        await database.write(lambda c: _put(c, "late"))


async def test_two_databases_on_one_store_lose_no_update(
    database: Database, database_url: str
) -> None:
    other = Database(database_url)
    await other.start()
    await database.write(lambda c: _put(c, "n", 0))
    await asyncio.gather(*(each.write(_add_one) for _ in range(150) for each in (database, other)))
    await other.close()
    query = sa.select(_KEYS.c.last).where(_KEYS.c.day == "n")
    assert await database.read(lambda c: c.execute(query).scalar_one()) == 300


def test_who_wants_to_write_waits_for_who_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    first, second = (connections.write_engine(url, 1) for _ in range(2))
    schema.metadata.create_all(first)
    writes = first.connect()
    transaction = writes.begin()
    ending = threading.Timer(20 * connections.ASK_ANEW_MS / 1000, transaction.commit)
    _put(writes, "2026-01-01")
    ending.start()
    with second.begin() as waited:
        assert waited.execute(sa.select(_KEYS.c.day)).scalars().all() == ["2026-01-01"]
    ending.join()


def test_a_lock_that_is_never_let_go_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_MS", 30)
    url = f"sqlite:///{tmp_path / 'held.db'}"
    first, second = (connections.write_engine(url, 1) for _ in range(2))
    with first.begin(), pytest.raises(sa.exc.OperationalError) as told, second.begin():
        pass
    assert connections.is_passing(told.value)


async def test_deadlocked_units_are_tried_again_and_all_done(database: Database) -> None:
    await database.write(lambda c: _put(c, "a", 0) and _put(c, "b", 0))

    def both(connection: Connection, first: str, second: str) -> None:
        for day in (first, second):
            statement = sa.update(_KEYS).where(_KEYS.c.day == day)
            connection.execute(statement.values(last=_KEYS.c.last + 1))

    await asyncio.gather(
        *(
            database.write(partial(both, first=pair[0], second=pair[1]))
            for _ in range(60)
            for pair in (("a", "b"), ("b", "a"))
        )
    )
    query = sa.select(_KEYS.c.last).order_by(_KEYS.c.day)
    assert await database.read(lambda c: list(c.execute(query).scalars())) == [120, 120]


async def test_lost_connection_is_replaced(database: Database) -> None:
    def cut_off(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    await database.write(lambda c: _put(c, "before"))
    await database.write(cut_off)
    answers = await asyncio.gather(*(database.write(_putting(f"after{n}")) for n in range(10)))
    assert answers == [f"after{n}" for n in range(10)]
    assert len(await database.read(_days)) == 11


async def test_commit_of_unknown_outcome_is_told_and_not_tried_again(database: Database) -> None:
    class LostOnCommit(Exception):
        sqlstate = None

    engine = database._write_engine
    assert engine is not None
    runs: list[int] = []

    @sa.event.listens_for(engine, "commit", once=True)
    def _(connection: Connection) -> None:
        raise sa.exc.OperationalError("COMMIT", {}, LostOnCommit())

    with pytest.raises(writer.CommitUnknown):
        await database.write(lambda c: runs.append(1))
    assert runs == [1]
    assert await database.write(lambda c: _put(c, "next")) == "next"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "mysql://somewhere/db",
        "postgresql+psycopg://nobody@127.0.0.1:1/nowhere",
        "sqlite:////proc/hotline/no.db",
    ],
)
async def test_unusable_database_is_told_at_the_start_in_chinese(url: str) -> None:
    with pytest.raises((DatabaseUnreachable, OSError)) as told:
        await Database(url).start()
    if isinstance(told.value, DatabaseUnreachable):
        assert "数据库" in str(told.value)


def test_sqlite_is_set_up_for_durability(tmp_path: Path) -> None:
    engine = connections.write_engine(f"sqlite:///{tmp_path}/a.db", 1)
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "temp_store": 2}
    with engine.connect() as connection:
        for pragma, value in expected.items():
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


_CHILD = """
import asyncio, sys
import sqlalchemy as sa
from routing import schema
from routing.database import Database

async def main() -> None:
    database = Database(sys.argv[1])
    await database.start()
    async def keep(lane: int) -> None:
        number = 0
        while True:
            day = f"{lane}-{number}"
            row = sa.insert(schema.number_sequence).values(day=day, last=1)
            await database.write(lambda c: c.execute(row) and None)
            print(day, flush=True)
            number += 1
    await asyncio.gather(*(keep(lane) for lane in range(20)))

asyncio.run(main())
"""


async def test_after_kill_9_everything_that_was_told_is_there(
    database: Database, database_url: str
) -> None:
    def run_and_kill() -> set[str]:
        with subprocess.Popen(
            [sys.executable, "-c", _CHILD, database_url],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as child:
            assert child.stdout is not None
            told = [child.stdout.readline() for _ in range(300)]
            child.send_signal(signal.SIGKILL)
            told += child.stdout.readlines()
        return {line.strip() for line in told if line.endswith("\n")}

    told = await asyncio.to_thread(run_and_kill)
    kept = await database.read(_days)
    assert len(told) >= 300
    assert told <= kept
    assert len(kept - told) <= 20  # at most what each lane had under way


async def test_read_sees_one_state_of_things_from_beginning_to_end(database: Database) -> None:
    await database.write(lambda c: _put(c, "n"))
    loop, looked, goes_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[int, int]:
        query = sa.select(_KEYS.c.last).where(_KEYS.c.day == "n")
        first = connection.execute(query).scalar_one()
        loop.call_soon_threadsafe(looked.set)
        assert goes_on.wait(10)
        return first, connection.execute(query).scalar_one()

    reading = asyncio.create_task(database.read(twice))
    await looked.wait()
    await database.write(_add_one)
    goes_on.set()
    assert await reading == (1, 1)


async def test_no_statement_and_no_lock_holds_the_server_for_ever(database: Database) -> None:
    def limits(connection: Connection) -> tuple[str, ...] | None:
        if connection.dialect.name != "postgresql":
            return None
        return tuple(connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names)

    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    assert await database.read(limits) in (None, ("10s", "30s", "30s"))
    assert await database.write(limits) in (None, ("10s", "30s", "30s"))


async def test_who_hangs_in_a_transaction_lets_go_of_its_locks_and_does_its_work_again(
    postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_IN_TRANSACTION_MS", 300)
    url = postgres_server.new_database()
    hanging, other = Database(url), Database(url)
    await hanging.start()
    await other.start()
    await other.write(schema.metadata.create_all)
    await other.write(_putting("n"))
    held, runs = threading.Event(), list[int]()

    def hangs_once(connection: Connection) -> None:
        _add_one(connection)
        runs.append(1)
        held.set()
        if len(runs) == 1:
            time.sleep(1.5)

    slow = asyncio.create_task(hanging.write(hangs_once))
    assert await asyncio.to_thread(held.wait, 10)
    began = time.monotonic()
    await other.write(_add_one)  # the row is free long before the one that hangs goes on
    assert time.monotonic() - began < 1.2
    await slow
    query = sa.select(_KEYS.c.last).where(_KEYS.c.day == "n")
    assert await other.read(lambda c: c.execute(query).scalar_one()) == 3
    assert len(runs) == 2
    await hanging.close()
    await other.close()


@pytest.mark.parametrize(
    ("words", "state", "its_own"),
    [
        ("database is locked", "", True),
        ("database or disk is full", "", True),
        ("disk I/O error", "", True),
        ("no such table: ticket", "", False),
        ("too many SQL variables", "", False),
        ("", "53100", True),  # disk full
        ("", "53300", True),  # too many connections
        ("", "57P03", True),  # starting up
        ("", "25006", True),  # a standby
        ("", "40P01", True),
        ("", "57014", False),  # a statement of half a minute: perhaps that very work's
        ("", "22001", False),
    ],
)
def test_fault_of_the_database_is_told_from_one_of_the_work(
    words: str, state: str, its_own: bool
) -> None:
    class Told(Exception):
        sqlstate = state

    error = sa.exc.OperationalError("INSERT", {}, Told(words))
    assert writer.will_pass(error) is its_own
