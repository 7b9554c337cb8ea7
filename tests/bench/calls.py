"""Calls at once through a real Asterisk and the whole program: `python -m tests.bench.calls`.

sipp rings; a telephone records what a caller hears; a caller at the program's port times every
frame. Callers tell a matter, hear it read back, say yes, hear the number. From the end of a
sentence to the answer is measured three ways: in the telephone's recording, at the program's port,
and from the program's own transcripts. `--quick` is one minute.
"""

import argparse
import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from intake.asterisk.own import Running
from nlp.speech import model_store
from nlp.speech import trial as speech_trial
from nlp.speech.model_store import ModelMissing
from nlp.speech.trial import TrialModelBroken
from tests.bench import bare_recogniser, call_audio, call_results, callers, direct_caller, lines
from tests.bench.call_audio import Script
from tests.bench.call_results import PROGRAM, Probe, Result, Row
from tests.bench.callers import Crowd
from tests.bench.lines import Server
from tests.phone import kit

SENTENCES = ("lamp-f", "yes-f")
SAID = ("东韩村村口的路灯坏了三天了没人修", "对")
SLACK_S = 1.5  # callers wait so much longer than one alone has to
HUNG_UP = "Failed to receive frame from channel"  # said of every caller who hangs up first
DIRECT = 2  # callers at the port
FEW = 10  # up to so many calls at once there are two rounds
USUAL_WAITS_S = (6.0, 11.0, 12.0)


async def measure(
    line: Running, server: Server, script: Script, calls: int, *, quick: bool, folder: Path
) -> Result:
    """A crowd, and among it callers that look closely while the load is steady."""
    rounds = 2 if calls <= FEW and not quick else 1
    ramp_s = script.length_s if rounds == 2 else min(15.0, script.length_s / 2)
    phone = line.instance.plan.phone
    address = f"127.0.0.1:{line.instance.ports.sip}"
    crowd = Crowd(
        server=address,
        number=phone.number,
        script=script,
        calls=calls,
        rounds=rounds,
        ramp_s=ramp_s,
    )
    folder.mkdir()
    known = server.rows("SELECT count(*) FROM call")[0][0] if server.database else 0
    ringing = asyncio.create_task(callers.ring(crowd, folder))
    await asyncio.sleep(ramp_s)
    before = lines.work(line, server)
    probing = asyncio.create_task(_probe(f"sip:{phone.number}@{address}", script, folder))
    looking = asyncio.gather(*(direct_caller.call(line, script) for _ in range(DIRECT)))
    await asyncio.sleep(script.length_s * rounds - ramp_s)
    after = lines.work(line, server)
    received = await asyncio.to_thread(lines.received, line)
    rung = await ringing
    await asyncio.gather(looking, probing)
    return Result(
        script=script,
        calls=calls,
        rung=rung,
        cpu=dict(after.share(before)),
        heard=await looking,
        probe=await probing,
        received=received,
        transcripts_ms=_transcripts_ms(server, known),
        understood=_understood(server, known),
    )


async def _probe(to: str, script: Script, folder: Path) -> Probe:
    """One telephone of pjsua2; nothing where it isn't here."""
    (folder / "probe").mkdir()
    wav, _ = script.save(folder / "probe")
    recorded = folder / "probe" / "heard.wav"
    try:
        async with kit.telephone(user="13800000000") as phone:
            await phone.call(to, play=wav, record=recorded)
            await phone.until("confirmed")
            await asyncio.sleep(script.length_s)
            rtp = await phone.rtp()
            await phone.hang_up()
            await phone.until("disconnected")
    except kit.NotYet as missing:
        print(f"No telephone among the callers: {str(missing)[:300]}")
        return Probe(answers_ms=[], rtp={})
    heard_ms = call_audio.heard_in(recorded)
    return Probe(answers_ms=call_audio.answers_ms(script.ends_ms, heard_ms), rtp=rtp)


def _transcripts_ms(server: Server, known: int) -> list[float]:
    """From the end of what the caller said to the beginning of what the line said next."""
    rows = server.rows(
        "SELECT said.end_ms, min(next.start_ms) FROM call_line said JOIN call_line next"
        " ON next.call = said.call AND next.voice = 'line' AND next.start_ms >= said.end_ms"
        f" WHERE said.voice = 'caller' AND said.call IN {_CALLS}"
        " GROUP BY said.call, said.sequence",
        known,
    )
    return [float(start_ms - end_ms) for end_ms, start_ms in rows]


def _understood(server: Server, known: int) -> str:
    """Of the calls by telephone, how many were told a number."""
    if server.database is None:
        return "-"
    rows = server.rows(
        "SELECT c.id, max(l.key LIKE '%receipt%') FROM call c LEFT JOIN call_line l ON l.call = c.id"
        f" WHERE c.id IN {_CALLS} AND c.contact LIKE 'tel:%' GROUP BY c.id",
        known,
    )
    return f"{sum(bool(told) for _, told in rows)}/{len(rows)}"


_CALLS = "(SELECT id FROM call ORDER BY rowid LIMIT -1 OFFSET ?)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, what in (
        ("--calls", "recognising; 5 10 20 50 where not given"),
        ("--off", "recognition off; 5 10 20 50 150"),
        ("--line", "the bare server, and ours without program; 150"),
    ):
        parser.add_argument(name, type=int, nargs="*", metavar="N", help=what)
    parser.add_argument("--model", type=Path, help="a Vosk model; the trial model where not given")
    parser.add_argument("--quick", action="store_true", help="five calls, once")
    given = parser.parse_args()
    usual = {"calls": [5, 10, 20, 50], "off": [5, 10, 20, 50, 150], "line": [150]}
    for name, many in usual.items():
        if getattr(given, name) is None:
            setattr(given, name, ([5] if name == "calls" else []) if given.quick else many)
    if not callers.sipp_is_here():
        print(callers.NO_SIPP)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; sentences {SENTENCES}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Asterisk is not left behind
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        asyncio.run(_all(given, Path(folder)))


async def _all(given: argparse.Namespace, folder: Path) -> None:
    said = [call_audio.sentence(name) for name in SENTENCES]
    results: list[tuple[str, Result]] = []
    costs: list[Row] = []
    with lines.asterisk(folder / "asterisk") as line:
        if given.calls and _model_is_here(given.model, folder / "on"):
            async with lines.whole_program(line, folder / "on", given.model) as server:
                script = await _script(line, said)
                bare = await bare_recogniser.cost(given.model, folder / "on", script.pcm, said)
                print(f"The recogniser alone hears {bare.texts}; a call is", end=" ")
                print(f"{script.length_s:.0f} s, of which {bare.speech_s:.1f} s speech")
                async for result in _loads(line, server, script, given, given.calls, folder / "n"):
                    results.append((PROGRAM, result))
                    costs.append(call_results.beside(result, bare, script))
        if given.off:
            async with lines.whole_program(line, folder / "off", None, SAID) as server:
                script = await _script(line, said)
                async for result in _loads(line, server, script, given, given.off, folder / "f"):
                    results.append(("program, recognition off", result))
        for kind in ("bare", "ours") if given.line else ():
            async with lines.stand_in(line, kind) as server:
                script = call_audio.script(said, USUAL_WAITS_S)
                async for result in _loads(line, server, script, given, given.line, folder / kind):
                    results.append((f"{kind} server alone", result))
        warnings = [each for each in line.warnings() if HUNG_UP not in each]
    call_results.show(results, costs)
    print(f"Asterisk's warnings: {len(warnings)}", *warnings[:3], sep="\n")


async def _script(line: Running, said: Sequence[bytes]) -> Script:
    try:
        waits = await direct_caller.waits_s(line, said)
    except direct_caller.NoAnswer as failure:
        print(f"One caller alone was not served ({failure}); the usual waits are taken.")
        return call_audio.script(said, USUAL_WAITS_S)
    heard = ", ".join(f"{each:.1f}" for each in waits)
    print(f"One caller alone waits for greeting and answers, until they are over: {heard} s")
    return call_audio.script(said, [each + SLACK_S for each in waits])


async def _loads(
    line: Running,
    server: Server,
    script: Script,
    given: argparse.Namespace,
    loads: Sequence[int],
    folder: Path,
) -> AsyncIterator[Result]:
    folder.mkdir()
    for turn, calls in enumerate(loads):
        part = folder / f"{turn}-{calls}"
        result = await measure(line, server, script, calls, quick=given.quick, folder=part)
        print(f"{calls} at once:", *result.answers("")[2:], "|", *result.audio("")[2:], flush=True)
        yield result


def _model_is_here(model: Path | None, state: Path) -> bool:
    try:
        model_store.inspect(model_store.choose(state, model, speech_trial.unpack))
    except (ModelMissing, TrialModelBroken) as missing:
        print(f"Not here: calls that are recognised. {missing}")
        return False
    return True


if __name__ == "__main__":
    main()
