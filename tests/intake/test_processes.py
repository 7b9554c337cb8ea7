"""Several processes behind one port: each knows its number, a dead one is replaced, all end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

LONGEST_S = 30.0
FAMILY = """
import os, signal, subprocess, sys, time
from pathlib import Path
from intake import processes

folder = Path(sys.argv[1])
processes.RESTART_AFTER_S = 0.01
processes.STOP_WITHIN_S = 0.2
{first}

def serve(number):
    {before}
    (folder / f"{{number}}-{{os.getpid()}}").touch()
    {after}

processes.supervise(serve, 2, stopping=lambda: print("stopping", flush=True))
print("stopped")
"""
SERVED_BY = "while True: time.sleep(60)"


class Family:
    """A parent and its children."""

    def __init__(self, folder: Path, parent: subprocess.Popen[str]) -> None:
        self.folder, self.parent = folder, parent

    def children(self) -> list[tuple[int, int]]:
        """Numbers and process ids of all that ever served."""
        names = (path.name.split("-") for path in self.folder.iterdir())
        return sorted((int(number), int(process)) for number, process in names)

    def numbers(self) -> list[int]:
        return [number for number, _ in self.children()]

    def wait(self, done: Callable[[], bool]) -> None:
        last = time.monotonic() + LONGEST_S
        while not done():
            assert time.monotonic() < last
            time.sleep(0.01)


@contextmanager
def family(
    folder: Path, *, first: str = "", before: str = "pass", after: str = SERVED_BY
) -> Iterator[Family]:
    program = FAMILY.format(first=first, before=before, after=after)
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    )
    yield Family(folder, parent)
    said, _ = parent.communicate(timeout=LONGEST_S)
    assert parent.returncode == 0
    assert said.splitlines()[-2:] == ["stopping", "stopped"]


def gone(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return False
    return True


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_each_child_has_a_number_and_who_takes_its_place_has_the_same(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with family(tmp_path) as one:
        one.wait(lambda: one.numbers() == [0, 1])
        os.kill(dict(one.children())[0], signal.SIGKILL)
        one.wait(lambda: one.numbers() == [0, 0, 1])
        one.parent.send_signal(ending)
    assert all(gone(process) for _, process in one.children())


def test_who_fails_begins_anew_and_harms_no_other(tmp_path: Path) -> None:
    failing = "if number == 0 and len(list(folder.glob('0-*'))) < 2: raise ValueError('broken')"
    with family(tmp_path, before="pass", after=f"{failing}\n    {SERVED_BY}") as one:
        one.wait(lambda: one.numbers().count(0) == 2)
        assert one.numbers().count(1) == 1
        one.parent.terminate()


def test_who_can_not_even_flush_ends_alone(tmp_path: Path) -> None:
    broken = "sys.stdout = None\n        raise ValueError('broken')"
    failing = f"if number == 0 and len(list(folder.glob('0-*'))) < 2:\n        {broken}"
    with family(tmp_path, after=f"{failing}\n    {SERVED_BY}") as one:
        one.wait(lambda: one.numbers().count(0) == 2)
        assert one.numbers().count(1) == 1
        one.parent.terminate()


FULL = """
fork, tries = os.fork, []

def full():
    tries.append(1)
    if len(tries) == 1:
        raise OSError(12, "Cannot allocate memory")
    return fork()

os.fork = full
"""


def test_who_could_not_be_started_is_tried_again(tmp_path: Path) -> None:
    with family(tmp_path, first=FULL) as one:
        one.wait(lambda: one.numbers() == [0, 1])
        one.parent.terminate()


def test_who_does_not_end_when_told_is_ended(tmp_path: Path) -> None:
    with family(tmp_path, before="signal.signal(signal.SIGTERM, signal.SIG_IGN)") as one:
        one.wait(lambda: one.numbers() == [0, 1])
        one.parent.terminate()
    assert all(gone(process) for _, process in one.children())


def test_somebody_elses_child_that_ends_ends_nobody(tmp_path: Path) -> None:
    orphan = "subprocess.Popen([sys.executable, '-c', ''])"
    with family(tmp_path, first=orphan) as one:
        one.wait(lambda: one.numbers() == [0, 1])
        os.kill(dict(one.children())[1], signal.SIGKILL)
        one.wait(lambda: one.numbers() == [0, 1, 1])
        one.parent.terminate()
