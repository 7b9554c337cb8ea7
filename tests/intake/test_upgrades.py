"""An installation that is years old comes up to date with everything that it holds, or not at all."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from typer.testing import CliRunner

from channels.message import Contact, InboundMessage
from channels.web import visitor
from intake import inbox, logs, migrate, wire
from intake.cli import main as cli
from intake.migrate import MigrationFault
from intake.phone import schema
from routing import store
from routing.connections import DatabaseUnreachable

REVISIONS = sorted(path.name[:4] for path in (migrate.SCRIPTS / "versions").glob("0*.py"))
HEAD = REVISIONS[-1]
REASON = "类别拿不准"
DETAILS = {
    "assisting": [],
    "category_confidence": 0.4,
    "certain": False,
    "evidence": [],
    "handover_reason": REASON,
    "reporter_name": "",
    "reporter_phone": "",
    "rule": "dispatch:R1@0",
    "standard": [],
}  # as the first version wrote them
TOLD = {
    "outbox.state": "waiting",
    "errand.state": "waiting",
    "transcription.state": "waiting",
    "ticket.number": "20240301-0001",
    "ticket.status": "deciding",
    "ticket.kind": "report",
    "ticket.urgency": "normal",
    "ticket.details": json.dumps(DETAILS, ensure_ascii=False),
}  # what can't be just anything


@contextmanager
def opened(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def held(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as the database itself describes them."""
    found = sa.MetaData()
    found.reflect(connection)
    return {
        table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
        for table in found.sorted_tables
        if table.name != "alembic_version"
    }


def fill(connection: sa.Connection, told: Mapping[str, Any] = MappingProxyType({})) -> None:
    """A row in each table that there is, in the order that foreign keys ask for."""
    found = sa.MetaData()
    found.reflect(connection)
    for table in found.sorted_tables:
        if table.name != "alembic_version":
            row = {each.name: value(table.name, each, told) for each in table.columns}
            connection.execute(sa.insert(table).values(row))


def value(table: str, column: sa.Column[Any], told: Mapping[str, Any]) -> Any:
    for key in column.foreign_keys:
        return value(key.column.table.name, key.column, told)
    known = {**TOLD, **told}.get(f"{table}.{column.name}")
    if known is not None:
        return known
    match column.type:
        case sa.Boolean():
            return True
        case sa.DateTime():
            return datetime(2024, 3, 1, 8, 30, tzinfo=UTC)
        case sa.Integer():
            return 1
        case sa.Float():
            return 0.5
    return "居民的话"[: getattr(column.type, "length", None)]


@pytest.mark.parametrize("revision", REVISIONS)
def test_whatever_an_older_database_holds_is_there_afterwards(
    empty_database_url: str, revision: str
) -> None:
    migrate.upgrade(empty_database_url, to=revision)
    with opened(empty_database_url) as connection:
        fill(connection)
        before = held(connection)
    migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as connection:
        assert migrate.check(connection) == HEAD
        after = held(connection)
        for table, rows in before.items():
            kept = [{name: row[name] for name in rows[0]} for row in after[table]]
            assert kept == rows, table
        assert set(after) == set(schema.metadata.tables)
        ticket = store.load(connection, "20240301-0001")
        assert ticket.text == "居民的话"
        if revision < "0008":
            assert ticket.handover_reason == REASON


def test_the_older_program_gets_no_recording_of_a_kind_that_it_does_not_know(
    empty_database_url: str,
) -> None:
    migrate.upgrade(empty_database_url, to="0012")
    for kind in ("call", "caller"):
        with opened(empty_database_url) as connection:
            found = sa.MetaData()
            found.reflect(connection, only=["recording"])
            table = found.tables["recording"]
            row = {each.name: value("recording", each, {}) for each in table.columns}
            connection.execute(sa.insert(table).values({**row, "id": kind, "kind": kind}))
    script = import_module("intake.migrations.versions.0012_recordings_that_become_text")
    with (
        opened(empty_database_url) as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        script.downgrade()
    with opened(empty_database_url) as connection:
        assert [row["kind"] for row in held(connection)["recording"]] == ["call"]


def test_when_older_calls_were_answered_is_worked_out(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, to="0013")
    with opened(empty_database_url) as connection:
        fill(connection, {"call_line.call": "居民的话", "call_line.voice": "line"})
        began_at = held(connection)["call"][0]["began_at"]
        connection.execute(sa.text("UPDATE call_line SET start_ms = 1500, end_ms = 4000"))
    migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as connection:
        (call,) = held(connection)["call"]
    assert call["greeted_at"] == began_at + timedelta(milliseconds=1500)
    assert call["picked_up_at"] == call["connected_at"] is not None


def test_nobody_gets_into_a_residents_page_by_what_is_kept_of_him(empty_database_url: str) -> None:
    cookie = "0123456789abcdef" * 2
    migrate.upgrade(empty_database_url, to="0009")
    message = InboundMessage(
        channel="web",
        external_id=f"{cookie}:1",
        sender=Contact(scheme="web", path=cookie),
        thread=f"web:{cookie}",
        text="路灯坏了",
        received_at=datetime(2024, 3, 1, 8, 30, tzinfo=UTC),
    )
    told = {
        "ticket.reporter": f"web:{cookie}",
        "ticket_event.changes": json.dumps({"reporter": f"web:{cookie}"}),
        "inbox.receipt": "",
        "inbox.sender": f"web:{cookie}",
        "inbox.thread": f"web:{cookie}",
        "inbox.external_id": f"{cookie}:1",
        "inbox.body": wire.message_to_text(message),
        "conversation.thread": f"web:{cookie}",
        "conversation.state": json.dumps({"stage": "open"}),
        "outbox.destination": f"web:{cookie}",
    }
    with opened(empty_database_url) as connection:
        fill(connection, told)
    migrate.upgrade(empty_database_url)
    to = visitor.contact(cookie)
    with opened(empty_database_url) as connection:
        assert cookie not in str(held(connection))
        assert store.load(connection, TOLD["ticket.number"]).reporter == str(to)
        (known,) = inbox.of_sender(connection, to, limit=5)
        assert known[0] == replace(message, sender=to, thread=str(to), external_id=f"{to.path}:1")
        rows = held(connection)
        assert rows["conversation"][0]["thread"] == rows["outbox"][0]["destination"] == str(to)


def test_a_database_newer_than_the_program_is_refused_and_left_alone(
    empty_database_url: str,
) -> None:
    migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        before = held(connection)
    with pytest.raises(MigrationFault, match=r"数据库的版本是 9999，比这个程序新"):
        migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as connection:
        assert held(connection) == before


def test_an_upgrade_that_breaks_off_has_changed_nothing_and_can_be_done_again(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(empty_database_url, to="0006")
    with opened(empty_database_url) as connection:
        fill(connection)
        before = held(connection)
    with monkeypatch.context() as patch:

        def full(_: str) -> None:
            raise sa.exc.OperationalError("UPDATE", {}, Exception("database or disk is full"))

        patch.setattr(op, "execute", full)  # the last step of 0008, after its column was added
        with pytest.raises(MigrationFault, match="disk is full。数据库还是升级前的样子"):
            migrate.upgrade(empty_database_url)
    with opened(empty_database_url) as connection:
        assert migrate.check(connection) == "0006"
        assert held(connection) == before
    migrate.upgrade(empty_database_url)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('database_url = "postgresql+psycopg://a:secret@127.0.0.1:1/x"', "连不上数据库"),
        ('state = "/proc/nowhere"', "/proc/nowhere 用不了"),
        ("", "file is not a database"),
    ],
)
@pytest.mark.parametrize("command", ["run", "migrate", "outbox", "operator list"])
def test_a_database_that_cannot_be_used_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, told: str, command: str
) -> None:
    monkeypatch.setattr(logs, "configure", lambda _: None)
    (tmp_path / "hotline.db").write_text("not a database at all, " * 400, encoding="utf-8")
    path = tmp_path / "hotline.toml"
    path.write_text(written or 'state = "."', encoding="utf-8")
    result = CliRunner().invoke(cli.application, [*command.split(), "--settings", str(path)])
    assert (result.exit_code, "Traceback" in result.output) == (2, False), result.output
    assert told in result.output
    assert "secret" not in result.output


def test_an_unreachable_database_is_told_from_a_wrong_version() -> None:
    with pytest.raises(DatabaseUnreachable):
        migrate.upgrade("postgresql+psycopg://a:b@127.0.0.1:1/x")
