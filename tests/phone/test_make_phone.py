"""`make phone` as somebody types it who wants to try the line: one command, one ring, one end."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from channels.message import Reply
from config import load
from config.settings import PACKAGED_COUNTY
from intake.asterisk import own
from intake.asterisk.program import Program
from intake.replies import Replies
from tests.phone import kit
from tests.phone.hotline import in_our_voice
from tests.phone.likeness import likeness

HOTLINE = Path(sys.executable).with_name("hotline")
SHOWN_WITHIN_S = 60.0
SERVED_WITHIN_S = 60.0
ENDED_WITHIN_S = 40.0
HEARD_S = 6.0  # the greeting is shorter


@dataclass(kw_only=True)
class Trial:
    """What was typed, and what it said."""

    process: subprocess.Popen[bytes]
    folder: Path
    said: Path
    sip: int
    web: int
    media: int

    def shown(self) -> str:
        """The number to dial, once it tells how to ring."""
        until = time.monotonic() + SHOWN_WITHIN_S
        while time.monotonic() < until and self.process.poll() is None:
            text = self.said.read_text(encoding="utf-8", errors="replace")
            if found := re.search(r"拨 (\d+) 就是打热线", text):
                return found[1]
            time.sleep(0.1)
        raise kit.NotYet(self.said.read_text(encoding="utf-8", errors="replace")[-3000:])

    async def served(self) -> None:
        """Until its health page says that the line is served."""
        line: Any = None
        until = time.monotonic() + SERVED_WITHIN_S
        while time.monotonic() < until:
            line = await self._line()
            if (
                line
                and line["here"]
                and line["asterisk"] != "away"
                and line["recogniser"] != "none"
            ):
                return
            await asyncio.sleep(0.2)
        raise kit.NotYet(f"{line}\n{self.said.read_text(encoding='utf-8', errors='replace')}")

    def family(self) -> list[psutil.Process]:
        """Everything that it has started, and itself."""
        whole = psutil.Process(self.process.pid)
        return [whole, *whole.children(recursive=True)]

    async def _line(self) -> Any:
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"http://127.0.0.1:{self.web}/healthz") as answer,
            ):
                return (await answer.json())["channels"]["phone"]
        except (aiohttp.ClientError, KeyError):
            return None


@pytest.fixture
def trial(asterisk_program: Program, tmp_path: Path) -> Iterator[Trial]:
    """Begun in a folder of its own, on ports that are free."""
    web, media = kit.free_port(), kit.free_port()
    # Not pytest's own folder: the control socket's path must stay short.
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        sip = _three_free()
        said = tmp_path / "said"
        command = [str(HOTLINE), "asterisk", "run", "--trial"]
        settings = {"HOTLINE_PORT": str(web), "HOTLINE_PHONE__MEDIA_PORT": str(media)}
        with (
            said.open("wb") as out,
            subprocess.Popen(
                [*command, "--folder", folder, "--port", str(sip)],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=tmp_path,
                env={**os.environ, **settings, "COLUMNS": "200"},
            ) as process,
        ):
            made = Trial(
                process=process, folder=Path(folder), said=said, sip=sip, web=web, media=media
            )
            try:
                yield made
            finally:
                family = made.family() if process.poll() is None else []
                for each in family:
                    each.kill()


def _three_free() -> int:
    """A SIP port behind which the manager's and the trunk's are free too."""
    kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)
    for port in range(20_000 + kit.free_port() % 5000, 31_000, len(kinds)):
        try:
            for at, kind in enumerate(kinds):
                with socket.socket(socket.AF_INET, kind) as each:
                    each.bind(("127.0.0.1", port + at))
        except OSError:
            continue
        return port
    raise kit.NotYet("no three free ports in a row")


async def test_one_command_serves_a_soft_phone_and_ends_with_nothing_left_running(
    trial: Trial, tmp_path: Path
) -> None:
    number = trial.shown()
    password = (trial.folder / "secrets" / own.RESIDENT).read_text().strip()
    await trial.served()
    exchange = f"127.0.0.1:{trial.sip}"
    async with kit.telephone(
        user=own.RESIDENT, password=password, registrar=f"sip:{exchange}"
    ) as phone:
        await phone.call(f"sip:{number}@{exchange}", record=tmp_path / "heard.wav")
        await phone.until("confirmed")
        await asyncio.sleep(HEARD_S)
        await phone.hang_up()
        await phone.until("disconnected")
    greeting = Replies(load.load_county(PACKAGED_COUNTY)).speak(Reply(key="phone_greeting"))
    said = await in_our_voice(greeting, tmp_path)
    assert likeness(said, kit.samples(tmp_path / "heard.wav")) > 0.9
    family = trial.family()
    assert len(family) >= 3  # the command, Asterisk and the program
    heard_at = {each.laddr.port for one in family for each in one.net_connections("tcp4")}
    assert trial.media in heard_at  # where the settings want it
    trial.process.send_signal(signal.SIGTERM)
    assert trial.process.wait(ENDED_WITHIN_S) == 0
    _, left = psutil.wait_procs(family, timeout=5)
    assert left == []
