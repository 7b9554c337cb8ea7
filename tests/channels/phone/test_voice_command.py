"""Another synthesiser than espeak-ng, by a command of the installation's: the one in the docs."""

import asyncio
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from channels.phone.voice import levels, synthesis
from channels.phone.voice.cache import Cache
from channels.phone.voice.prompts import Voice
from channels.phone.voice.synthesis import SynthesisFailed
from config.sections import Exchange, Phone
from intake.asterisk import check

DOCS = Path(__file__).parents[3] / "docs" / "phone-prompts.md"
SILENT = "    return bytes(2 * RATE_HZ)\n"
HUMS = """\
    print("a voice that tells of itself " * 5000, file=sys.stderr)
    count = RATE_HZ * 43 // words_a_minute
    return b"".join(
        struct.pack("<h", (len(text) * 1000 if n // 40 % 2 else 0)) for n in range(count)
    )
"""


@pytest.fixture
def command(tmp_path: Path) -> str:
    """The program of the docs, with a synthesiser that hums, as loud as the text is long."""
    example = DOCS.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    assert example.count(SILENT) == 1
    file = tmp_path / "speak it.py"
    file.write_text(example.replace(SILENT, HUMS), encoding="utf-8")
    return shlex.join((sys.executable, str(file)))


async def test_what_the_docs_show_speaks_and_slower_where_it_is_asked_to(command: str) -> None:
    engine = synthesis.by(command)
    sound, rate_hz = await engine.say("路灯坏了")
    slow, _ = await engine.say("路灯坏了", slow=True)
    await engine.close()
    assert rate_hz == 16000
    assert len(sound) == 16000 * 43 // synthesis.WORDS_A_MINUTE
    assert np.abs(sound).max() == pytest.approx(4000 / 32768, abs=0.001)
    assert len(slow) > 1.2 * len(sound)


async def test_the_line_speaks_with_it_what_nobody_recorded(command: str) -> None:
    voice = Voice(folders=(), cache=Cache(None), synthesis=synthesis.by(command))
    await voice.start()
    said = levels.sound(await voice.say("路灯坏了", 8000))
    await voice.close()
    assert 0.1 < len(said) / 8000 < 0.3


async def test_the_check_says_whether_it_speaks(command: str) -> None:
    well = await _checked(command)
    assert (well.found, well.remedy) == (f"{sys.executable} 能说", "")
    broken = await _checked("/nowhere/speak --loud")
    assert "/nowhere/speak" in broken.found
    assert "phone.voice_command" in broken.remedy


async def _checked(command: str) -> check.Finding:
    nobody = Exchange(port=1, secret=SecretStr("of nobody"))
    findings = await check.examine(Phone(exchange=nobody, voice_command=command))
    (found,) = [each for each in findings if each.what == "语音合成"]
    return found


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; sys.exit('no such speaker')", "no such speaker"),
        ("print('a line of its log')", "does not start"),
        ("import sys; sys.stdout.buffer.write(bytes([0, 0, 0, 4, 0, 0, 0, 9]))", "9 Hz"),
    ],
)
async def test_a_command_that_does_not_keep_to_it_is_refused(code: str, says: str) -> None:
    engine = synthesis.by(shlex.join((sys.executable, "-c", code)))
    with pytest.raises(SynthesisFailed, match=says):
        await engine.start()
    await engine.close()


async def test_who_gives_up_while_it_loads_leaves_it_loading(tmp_path: Path, command: str) -> None:
    """Else a large model would be read anew for each caller, and never to its end."""
    loads = tmp_path / "loads"
    late = f"""
import pathlib, runpy, sys, time
with open({str(loads)!r}, "a") as file:
    file.write("once ")
while not pathlib.Path({str(tmp_path / "loaded")!r}).exists():
    time.sleep(0.01)
runpy.run_path({shlex.split(command)[1]!r}, run_name="__main__")
"""
    engine = synthesis.by(shlex.join((sys.executable, "-c", late)))
    first = asyncio.create_task(engine.say("路灯坏了"))
    while not loads.exists():
        await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    (tmp_path / "loaded").touch()
    _, rate_hz = await engine.say("路灯坏了")
    await engine.close()
    assert rate_hz == 16000
    assert loads.read_text() == "once "


def test_quotes_that_do_not_pair_are_a_fault_of_the_settings() -> None:
    with pytest.raises(ValueError, match="voice_command"):
        Phone(exchange=Exchange(secret=SecretStr("s")), voice_command="speak 'aloud")
