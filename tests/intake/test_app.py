"""The program as a whole comes up ready for its first message, and ends when it is told."""

import gc
import os
import signal

from config import runtime
from config.settings import Settings
from intake import app, migrate
from intake.services import Services
from tests.bench import program

MUCH = 100_000  # objects; the county and the language are more


async def test_what_is_loaded_for_good_is_set_aside_before_the_first_message(
    settings: Settings,
) -> None:
    """Walking through it once took as long as forty messages, and nobody was heard meanwhile."""
    chosen = settings.model_copy(update={"port": program.free_port()})
    migrate.upgrade(chosen.database)
    aside: list[int] = []

    def ready(_: Services) -> None:
        aside.append(gc.get_freeze_count())
        os.kill(os.getpid(), signal.SIGTERM)

    heard: list[str] = []
    try:
        await app.serve(
            chosen, runtime.system(), ready=ready, stopping=lambda: heard.append("stopping")
        )
    finally:
        gc.unfreeze()
    assert aside[0] > MUCH
    assert heard == ["stopping"]
