"""Many residents who ring at once: by sipp, or where it is not here by telephones of pjsua2."""

import asyncio
import csv
import shutil
import socket
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.call_audio import Script
from tests.phone import kit

SCENARIO = Path(__file__).parent / "sipp_caller.xml"
MOST_TELEPHONES = 20  # each is a process
NO_SIPP = "Not here: sipp. Please type:  sudo apt-get install sip-tester"
FIRST_NUMBER = 13_900_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """`calls` at once, each by the script; when one ends the next begins, `rounds` times."""

    server: str  # of the hotline, as 127.0.0.1:5070
    number: str
    script: Script
    calls: int
    rounds: int
    ramp_s: float  # within which the first of each place begins

    @property
    def total(self) -> int:
        """How many calls are made in all."""
        return self.calls * self.rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """How the calls ended for the callers, and what making them cost."""

    served: int
    failed: int
    cpu_s: float


def sipp_is_here() -> bool:
    """Whether callers can be sipp's."""
    return shutil.which("sipp") is not None


async def ring(crowd: Crowd, folder: Path) -> Rung:
    """All the calls, from the first ring to the last hang-up."""
    return await (_sipp if sipp_is_here() else _telephones)(crowd, folder)


async def _sipp(crowd: Crowd, folder: Path) -> Rung:
    _, alaw = crowd.script.save(folder)
    scenario, numbers, results = folder / "caller.xml", folder / "numbers.csv", folder / "sipp.csv"
    text = SCENARIO.read_text(encoding="utf-8").replace("@AUDIO@", str(alaw))
    length_ms = round(1000 * crowd.script.length_s)
    scenario.write_text(text.replace("@LENGTH_MS@", str(length_ms)), encoding="utf-8")
    callers = "".join(f"{FIRST_NUMBER + n};\n" for n in range(1, crowd.total + 1))
    numbers.write_text("SEQUENTIAL\n" + callers, encoding="utf-8")
    port = kit.free_port(socket.SOCK_DGRAM)
    command = [
        "sipp", crowd.server, "-sf", scenario, "-inf", numbers, "-s", crowd.number,
        "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", port, "-mp", kit.free_range(1000),
        "-m", crowd.total, "-l", crowd.calls, "-r", crowd.calls,
        "-rp", round(1000 * crowd.ramp_s), "-nostdin", "-trace_stat", "-stf", results,
    ]  # fmt: skip
    with (folder / "sipp.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *map(str, command), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            cpu_s = await _watch(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    rows = list(csv.DictReader(results.open(encoding="utf-8"), delimiter=";"))
    last = rows[-1]
    return Rung(
        served=int(last["SuccessfulCall(C)"]), failed=int(last["FailedCall(C)"]), cpu_s=cpu_s
    )


async def _watch(process: asyncio.subprocess.Process) -> float:
    """Until it ends; the CPU time that it had used when last seen."""
    used_s = 0.0
    while process.returncode is None:
        with suppress(psutil.NoSuchProcess):
            used_s = sum(psutil.Process(process.pid).cpu_times()[:2])
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await process.wait()
    return used_s


async def _telephones(crowd: Crowd, folder: Path) -> Rung:
    if crowd.calls > MOST_TELEPHONES:
        raise kit.NotYet(f"{NO_SIPP}   for more than {MOST_TELEPHONES} calls at once")
    wav, _ = crowd.script.save(folder)
    apart_s = crowd.ramp_s / crowd.calls
    async with AsyncExitStack() as stack:
        phones = [
            await stack.enter_async_context(kit.telephone(user=str(FIRST_NUMBER + place)))
            for place in range(1, crowd.calls + 1)
        ]
        ends = await asyncio.gather(
            *(_place(crowd, phone, wav, n * apart_s) for n, phone in enumerate(phones))
        )
    served = sum(ends)
    return Rung(served=served, failed=crowd.total - served, cpu_s=0.0)


async def _place(crowd: Crowd, phone: kit.Telephone, wav: Path, after_s: float) -> int:
    await asyncio.sleep(after_s)
    served = 0
    for _ in range(crowd.rounds):
        known = len(phone.events)
        with suppress(kit.NotYet):
            await phone.call(f"sip:{crowd.number}@{crowd.server}", play=wav)
            await phone.until("confirmed", after=known)
            await asyncio.sleep(crowd.script.length_s)
            await phone.hang_up()
            await phone.until("disconnected", after=known)
            served += 1
    return served
