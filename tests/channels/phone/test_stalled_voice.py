"""A synthesiser that stalls or is slow holds up nobody: the caller who gives up, the next, the end."""

import asyncio
import shlex
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from channels.phone.voice import synthesis
from channels.phone.voice.synthesis import Synthesis, SynthesisFailed

PATIENCE_S = 30.0  # far above what any machine needs, far below for ever
SPEAKER = """
import os, pathlib, struct, sys, time
folder = pathlib.Path(sys.argv[1])
with open(folder / "loads", "a") as file:
    file.write(f"{os.getpid()}\\n")
def held(name):
    (folder / f"reached {name}").touch()
    while (folder / f"hold {name}").exists():
        time.sleep(0.01)
held("load")
source, sink = sys.stdin.buffer, sys.stdout.buffer
sink.write(struct.pack(">II", 4, 16000))
sink.flush()
(folder / "loaded").touch()
while header := source.read(6):
    words_a_minute, size = struct.unpack(">HI", header)
    text = source.read(size)
    held("answer")
    sink.write(struct.pack(">I", 200 * len(text)) + bytes(200 * len(text)))
    sink.flush()
"""


class Stage:
    """A command that is a shell script, whose child speaks, but waits where it is held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "speaker.py").write_text(SPEAKER, encoding="utf-8")
        speaker = shlex.join((sys.executable, str(folder / "speaker.py"), str(folder)))
        (folder / "wrapper.sh").write_text(f"{speaker}\necho ended >&2\n", encoding="utf-8")
        self.engine = Synthesis(("/bin/sh", str(folder / "wrapper.sh")))

    def hold(self, name: str) -> None:
        (self._folder / f"hold {name}").touch()

    def let_go(self, name: str) -> None:
        (self._folder / f"hold {name}").unlink()

    async def reached(self, name: str) -> None:
        await until(lambda: (self._folder / name).exists())

    @property
    def speakers(self) -> list[int]:
        return [int(pid) for pid in (self._folder / "loads").read_text().split()]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    yield made
    async with asyncio.timeout(PATIENCE_S):
        await made.engine.close()
    await until(lambda: not any(alive(pid) for pid in made.speakers))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def given_up(asking: "asyncio.Task[object]") -> bool:
    """Whether he who asks is let go."""
    asking.cancel()
    await asyncio.wait((asking,), timeout=PATIENCE_S)
    return asking.cancelled()


async def test_what_a_wrapper_started_ends_with_it_and_the_next_is_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.engine.start()
    stage.hold("answer")
    monkeypatch.setattr(synthesis, "ANSWER_S", 0.5)
    asking = asyncio.create_task(stage.engine.say("路灯坏了"))
    await stage.reached("reached answer")
    assert await given_up(asking)
    await until(lambda: not alive(stage.speakers[0]))
    stage.let_go("answer")
    monkeypatch.setattr(synthesis, "ANSWER_S", PATIENCE_S)
    async with asyncio.timeout(PATIENCE_S):
        sound, _ = await stage.engine.say("水管")
    assert len(sound) == 600
    assert len(stage.speakers) == 2


async def test_a_caller_on_a_stalled_wrapper_gets_his_failure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthesis, "ANSWER_S", 0.2)
    stage.hold("answer")
    asking = asyncio.create_task(stage.engine.say("路灯坏了"))
    await asyncio.wait((asking,), timeout=PATIENCE_S)
    assert asking.done()
    assert isinstance(asking.exception(), SynthesisFailed)


async def test_who_gives_up_on_a_slow_text_leaves_the_engine_to_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthesis, "ANSWER_S", PATIENCE_S)
    await stage.engine.start()
    stage.hold("answer")
    slow = asyncio.create_task(stage.engine.say("路灯坏了"))
    await stage.reached("reached answer")
    behind = asyncio.create_task(stage.engine.say("没有路灯"))
    await asyncio.sleep(0)
    assert await given_up(slow)
    assert await given_up(behind)
    stage.let_go("answer")
    sound, _ = await stage.engine.say("水管")
    assert len(sound) == 600
    assert len(stage.speakers) == 1


async def test_an_engine_that_loaded_for_nobody_is_ended(stage: Stage) -> None:
    stage.hold("load")
    first = asyncio.create_task(stage.engine.say("路灯坏了"))
    await stage.reached("reached load")
    assert await given_up(first)
    stage.let_go("load")
    await stage.reached("loaded")
    await asyncio.sleep(0.2)  # its rate is read


async def test_the_end_waits_neither_for_a_load_nor_for_an_answer(stage: Stage) -> None:
    stage.hold("load")
    loading = asyncio.create_task(stage.engine.say("路灯坏了"))
    await stage.reached("reached load")
    async with asyncio.timeout(PATIENCE_S):
        await stage.engine.close()
        with pytest.raises(SynthesisFailed, match="closed"):
            await loading


async def test_the_end_fails_all_who_wait_and_starts_nothing_for_them(stage: Stage) -> None:
    await stage.engine.start()
    stage.hold("answer")
    asking = [asyncio.create_task(stage.engine.say("路灯坏了")) for _ in range(3)]
    await stage.reached("reached answer")
    async with asyncio.timeout(PATIENCE_S):
        await stage.engine.close()
        failures = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(each) for each in failures] == [SynthesisFailed] * 3
    assert len(stage.speakers) == 1


async def test_a_speaker_whose_wrapper_was_killed_is_ended_too(stage: Stage) -> None:
    await stage.engine.start()
    stage.hold("answer")
    asking = asyncio.create_task(stage.engine.say("路灯坏了"))
    await stage.reached("reached answer")
    wrapper = psutil.Process(stage.speakers[0]).parent()
    assert wrapper is not None
    wrapper.kill()
    await until(lambda: not psutil.pid_exists(wrapper.pid))
    await asyncio.sleep(0.1)  # its end is known
    assert await given_up(asking)


async def test_an_engine_that_talks_much_while_it_loads_is_not_stopped_by_it() -> None:
    code = "sys.stderr.write('a layer is read ' * 300_000); sys.stderr.write('and no voice'); sys.exit(1)"
    engine = Synthesis((sys.executable, "-c", f"import sys; {code}"))
    with pytest.raises(SynthesisFailed, match="and no voice"):
        async with asyncio.timeout(PATIENCE_S):
            await engine.start()
    await engine.close()
