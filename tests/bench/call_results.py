"""What a bench of calls found, as tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench import direct_caller, lines, table
from tests.bench.bare_recogniser import Bare
from tests.bench.call_audio import Script
from tests.bench.callers import Rung

PROGRAM = "program"
ANSWERS = (
    "server", "calls", "made", "got a number", "p50", "p95", "of", "telephone", "at the port",
)  # fmt: skip
AUDIO = (
    "server", "calls", "late %", "short %", "longest gap ms", "lost to caller", "lost from callers",
    "Asterisk", "main thread", "recogniser", "rest",
)  # fmt: skip

Row = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a telephone among the callers heard."""

    answers_ms: list[float]
    rtp: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One server under one load."""

    script: Script
    calls: int
    rung: Rung
    cpu: dict[str, float]
    heard: list[direct_caller.Heard]
    probe: Probe
    received: lines.Received
    transcripts_ms: list[float] = field(default_factory=list)
    understood: str = "-"

    def answers(self, name: str) -> tuple[object, ...]:
        """How soon callers were answered."""
        port_ms = [ms for each in self.heard for ms in each.answers_ms]
        spoken = self.transcripts_ms
        return (
            name,
            self.calls,
            f"{self.rung.served}/{self.rung.served + self.rung.failed}",
            self.understood,
            *(round(table.quantile(spoken, share)) if spoken else "-" for share in (0.5, 0.95)),
            len(spoken),
            _list(self.probe.answers_ms),
            _list(port_ms),
        )

    def audio(self, name: str) -> tuple[object, ...]:
        """What became of the audio, and what it cost."""
        frames = sum(each.frames for each in self.heard)
        due = 50 * self.script.length_s * len(self.heard)
        late = 100 * sum(each.late for each in self.heard) / max(1, frames)
        return (
            name,
            self.calls,
            f"{late:.2f}",
            f"{100 * (1 - frames / due):.2f}",
            round(max(each.longest_gap_ms for each in self.heard)),
            f"{self.probe.rtp.get('lost', '-')}/{self.probe.rtp.get('came', '-')}",
            f"{self.received.lost}/{self.received.came}",
            *(self.cpu[part] for part in ("asterisk", "loop", "recogniser", "rest")),
        )


def show(results: Sequence[tuple[str, Result]], costs: Sequence[Row]) -> None:
    """Print everything."""
    spoke = [result.answers(name) for name, result in results if result.transcripts_ms]
    if spoke:
        table.show(
            "From the end of a sentence to the answer, ms: transcripts; telephone; at the port",
            ANSWERS,
            spoke,
        )
    late_ms = round(1000 * direct_caller.LATE_S)
    table.show(
        f"Frames at the port: over {late_ms} ms after the one before, and not sent at all;"
        " RTP lost; CPU, % of a core",
        AUDIO,
        [result.audio(name) for name, result in results],
    )
    if costs:
        table.show(
            "CPU, % of a core, beside the recogniser alone on the same audio",
            ("calls", "alone: all audio", "alone: speech only", "in the program",
             "our own part", "of a call", "program over alone, speech only %",
             "over alone, all audio %"),
            costs,
        )  # fmt: skip


def beside(result: Result, bare: Bare, script: Script) -> Row:
    """Beside the bare recogniser, % of a core; the callers who look closely count too."""
    calls = result.calls + len(result.heard) + bool(result.probe.rtp)
    whole = 100 * calls * bare.whole_s / script.length_s
    spoken = 100 * calls * bare.spoken_s / script.length_s
    program = sum(result.cpu[part] for part in ("loop", "recogniser", "rest"))
    own = program - result.cpu["recogniser"]
    return (
        calls,
        whole if math.isfinite(whole) else "cannot keep up",
        f"{spoken:.2f}",
        f"{result.cpu['recogniser']:.2f}",
        own,
        f"{own / calls:.2f}",
        f"{100 * (program / spoken - 1):.0f}",
        f"{100 * (program / whole - 1):.0f}" if math.isfinite(whole) else "-",
    )


def _list(values: Sequence[float]) -> str:
    return " ".join(str(round(ms)) for ms in values) or "-"
