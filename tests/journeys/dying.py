"""`hotline run` that kills itself at a step of receiving a message: python -m tests.journeys.dying.

DIE_AT names the step as `module:function:before` or `:after`; DIE_ONCE is a file that is made first,
so that only the first message dies.
"""

import inspect
import os
import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from intake import __main__ as program
from routing import relay

CLAIM_S = 34.0  # what a dead process had claimed is free again soon enough for a test


def main() -> None:
    """Set the trap, then run as ever."""
    module_name, function, moment = os.environ["DIE_AT"].split(":")
    target: Any = import_module(module_name)
    *path, name = function.split(".")
    for part in path:
        target = getattr(target, part)
    relay.CLAIM_S = CLAIM_S
    setattr(target, name, _dying(getattr(target, name), moment, Path(os.environ["DIE_ONCE"])))
    program.main()


def _dying(original: Callable[..., Any], moment: str, once: Path) -> Callable[..., Any]:
    """The step that dies before or after it is done; a coroutine is done when it was awaited."""

    def wrapped(*arguments: Any, **named: Any) -> Any:
        if moment == "before":
            _die(once)
        result = original(*arguments, **named)
        if moment == "after":
            _die(once)
        return result

    async def awaited(*arguments: Any, **named: Any) -> Any:
        if moment == "before":
            _die(once)
        result = await original(*arguments, **named)
        if moment == "after":
            _die(once)
        return result

    return awaited if inspect.iscoroutinefunction(original) else wrapped


def _die(once: Path) -> None:
    if once.exists():
        return
    once.touch()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
