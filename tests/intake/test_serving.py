"""The program as a whole comes up ready for its first message, and ends when it is told."""

import gc
import os
import signal

import pytest

from config import runtime
from config.county import County
from config.settings import Settings
from intake import migrate, serving
from intake.services import Services
from nlp.understand import Understander
from tests.bench import program

MUCH = 100_000  # objects; the county and the language are more


async def test_what_is_loaded_for_good_is_set_aside_and_never_walked_through(
    settings: Settings,
) -> None:
    """Walking through it once took as long as forty messages, and nobody was heard meanwhile."""
    chosen = settings.model_copy(update={"port": program.free_port()})
    migrate.upgrade(chosen.database)
    seen: list[tuple[str, bool, bool]] = []

    def note(when: str) -> None:
        seen.append((when, gc.isenabled(), gc.get_freeze_count() > MUCH))

    def ready(_: Services) -> None:
        note("ready")
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        await serving.serve(
            chosen, runtime.system(), ready=ready, stopping=lambda: note("stopping")
        )
    finally:
        gc.unfreeze()
    assert seen == [("ready", False, False), ("stopping", True, True)]


async def test_names_are_ready_to_be_heard_before_long(
    settings: Settings, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before the port is open, for that takes a moment; and not with the first who speaks."""
    chosen = settings.model_copy(update={"port": program.free_port()})
    migrate.upgrade(chosen.database)
    made: list[str] = []
    monkeypatch.setattr(Understander, "prepare_hearing", lambda _: made.append("hearing"))

    def ready(_: Services) -> None:
        made.append("ready")
        os.kill(os.getpid(), signal.SIGTERM)

    await serving.serve(chosen, runtime.system(), ready=ready, county=county)
    gc.unfreeze()
    assert made == ["ready", "hearing"]
