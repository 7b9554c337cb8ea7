"""Several processes behind one port: a parent that starts them, restarts the dead and stops them
all.

They are forked: what the parent has loaded they have at once, and it lies in memory once.
"""

import gc
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator

import structlog

Serve = Callable[[int], None]  # until told to end

RESTART_AFTER_S = 1.0
STOP_WITHIN_S = 20.0
_ENDINGS = (signal.SIGTERM, signal.SIGINT)
_WATCHED = (*_ENDINGS, signal.SIGCHLD)
_ANY_CHILD = -1
_DAY_S = 86400.0

_log = structlog.get_logger(__name__)


def supervise(serve: Serve, count: int, *, stopping: Callable[[], None] = lambda: None) -> None:
    """Run `serve(NUMBER)` in `count` processes, numbered from 0, until SIGTERM or SIGINT, which
    `stopping` is called at; one that dies is replaced by one with its number.

    Nothing else may go on in this process: no thread, no event loop.
    """
    gc.collect()
    gc.freeze()  # collecting would touch, and so copy, what all share
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    running: dict[int, int] = {}  # process id -> number
    due = dict.fromkeys(range(count), time.monotonic())  # number -> when it is to be started
    try:
        while not _told_to_end(_started(serve, due, running)):
            for process, code in _ended():
                if process not in running:  # as the first of a container we are given orphans
                    continue
                number = running.pop(process)
                _log.error("process_died", index=number, code=code)
                due[number] = time.monotonic() + RESTART_AFTER_S
        stopping()
    finally:
        _stop(running)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _started(serve: Serve, due: dict[int, float], running: dict[int, int]) -> float:
    """Start whose time has come; seconds until the next one's."""
    now = time.monotonic()
    for number in [number for number, at in due.items() if at <= now]:
        _flush()  # else both would write what waits
        try:
            running[_forked(serve, number)] = number
        except OSError as error:  # no memory, no room for one more: those that run go on
            _log.error("process_not_started", index=number, reason=str(error))
            due[number] = now + RESTART_AFTER_S
        else:
            del due[number]
    return max(min(due.values(), default=now + _DAY_S) - now, 0.0)


def _told_to_end(within_s: float) -> bool:
    """Wait for a signal; is it one to end at?"""
    told = signal.sigtimedwait(_WATCHED, within_s)
    return told is not None and told.si_signo in _ENDINGS


def _forked(serve: Serve, number: int) -> int:
    process = os.fork()
    if process == 0:
        _be(serve, number)
    return process


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _be(serve: Serve, number: int) -> None:
    """What a child does, and nothing after it."""
    code = 1
    try:
        random.seed()  # else all would wait equally long before they try again
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        serve(number)
        code = 0
    except BaseException:
        _log.exception("process_failed", index=number)
    finally:
        try:
            _flush()
        finally:
            os._exit(code)


def _ended() -> Iterator[tuple[int, int]]:
    """The children that have ended since, and their exit codes (a signal's number, negative)."""
    while True:
        try:
            process, status = os.waitpid(_ANY_CHILD, os.WNOHANG)
        except ChildProcessError:
            return
        if process == 0:
            return
        yield process, os.waitstatus_to_exitcode(status)


def _stop(running: dict[int, int]) -> None:
    """Ask all to end, and end those that do not."""
    for number, within_s in ((signal.SIGTERM, STOP_WITHIN_S), (signal.SIGKILL, _DAY_S)):
        for process in running:
            os.kill(process, number)
        last = time.monotonic() + within_s
        while running and (left_s := last - time.monotonic()) > 0:
            for process, _ in _ended():
                running.pop(process, None)
            if running:
                signal.sigtimedwait((signal.SIGCHLD,), min(left_s, 1.0))
