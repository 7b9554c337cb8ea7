"""kill -9 at each step from a message to its webhook: afterwards exactly one ticket, and one webhook
that takes effect.
"""

from pathlib import Path

import pytest

from tests.bench import program as programs
from tests.bench.callbacks import Maker
from tests.bench.program import Program
from tests.journeys.conftest import Departments
from tests.journeys.watching import count, post, until

DELIVERED = "routing.claims:delivered:before"  # the department has it, and we don't know it yet
STEPS = [
    "intake.inbox:add:before",
    "intake.inbox:add:after",
    "intake.threads:hold:before",
    "routing.store:insert:before",
    "routing.store:insert:after",
    "routing.outbox:post:after",
    "intake.inbox:settle:after",
    "intake.threads:save:after",
    "intake.desk:FrontDesk._settled:after",
    "channels.wechat.payload:render:before",
    "routing.webhook:WebhookSender.__call__:before",
    DELIVERED,
]
ON_POSTGRESQL = [
    "intake.inbox:add:after",
    "routing.outbox:post:after",
    "intake.desk:FrontDesk._settled:after",
    DELIVERED,
]


@pytest.mark.parametrize(
    ("database_kind", "step"),
    [("sqlite", step) for step in STEPS] + [("postgresql", step) for step in ON_POSTGRESQL],
    indirect=["database_kind"],
)
async def test_killed_at_any_step_it_makes_one_ticket_and_one_webhook(
    database_url: str, step: str, departments: Departments, tmp_path: Path
) -> None:
    died = tmp_path / "died"
    program = Program(
        folder=tmp_path / "program",
        database_url=database_url,
        module="tests.journeys.dying",
        environment={"DIE_AT": step, "DIE_ONCE": str(died)},
        tables=departments.tables,
        cache=programs.kept(),
    )
    callback = Maker().make("oKilled", "东韩村村口的路灯坏了三天了没人修")
    await program.start()
    try:
        await post(program, callback)
        await until(died.exists, f"it did not die at {step}")
        child = program.child
        assert child is not None
        await until(lambda: child.poll() is not None, "it is still alive")
        await program.start()
        assert [await post(program, callback) for _ in range(3)] == [200, 200, 200]
        await until(lambda: bool(departments.effective()), "no webhook came")
        waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
        await until(lambda: count(program, waiting) == 0, "the outbox is not empty")
        assert count(program, "SELECT count(*) FROM ticket") == 1
        assert count(program, "SELECT count(*) FROM inbox") == 1
        assert len(departments.effective()) == 1
        assert len(departments.received) == (2 if step == DELIVERED else 1)
    finally:
        program.kill()
