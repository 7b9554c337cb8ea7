"""A model in Vosk's own form that the real engine loads: seven words, and weights drawn by chance.

What it hears means nothing, but it is the same for the same audio, which is what is asked of an
engine that serves many calls.
"""

import math
import struct
from pathlib import Path

import numpy as np

WORDS = ["路灯", "坏了", "停水", "东韩村", "南和", "你好", "转人工"]
FEATURES = 40
UNITS = len(WORDS) + 1  # the first is silence


def build(folder: Path, *, rate_hz: int = 8000, upsample: bool = True) -> Path:
    """Write the model into `folder`."""
    for name in ("am", "conf", "graph"):
        (folder / name).mkdir(parents=True)
    (folder / "am/final.mdl").write_text(_transitions() + _network())
    (folder / "graph/HCLG.fst").write_bytes(_graph())
    listed = ["<eps>", *WORDS]
    (folder / "graph/words.txt").write_text(
        "".join(f"{word} {number}\n" for number, word in enumerate(listed)), encoding="utf-8"
    )
    (folder / "conf/mfcc.conf").write_text(
        f"--sample-frequency={rate_hz}\n--use-energy=false\n--dither=0\n--num-mel-bins=40\n--num-ceps=40\n"
        "--low-freq=20\n--high-freq=3700\n"
        + ("--allow-upsample=true\n--allow-downsample=true\n" if upsample else "")
    )
    (folder / "conf/model.conf").write_text(
        "--min-active=20\n--max-active=200\n--beam=13.0\n--lattice-beam=4.0\n--acoustic-scale=1.0\n"
        "--frame-subsampling-factor=3\n--endpoint.silence-phones=1\n"
    )
    return folder


def _transitions() -> str:
    phones = " ".join(str(number) for number in range(1, UNITS + 1))
    triples = "".join(f"{number} 0 {number - 1} \n" for number in range(1, UNITS + 1))
    chances = " ".join([f"{math.log(0.5):.6f}"] * (2 * UNITS))
    return (
        f"<TransitionModel> \n<Topology> \n<TopologyEntry> \n<ForPhones> \n{phones} \n</ForPhones> \n"
        "<State> 0 <PdfClass> 0 <Transition> 0 0.5 <Transition> 1 0.5 </State> \n<State> 1 </State> \n"
        f"</TopologyEntry> \n</Topology> \n<Triples> {UNITS} \n{triples}</Triples> \n"
        f"<LogProbs> \n [ 0 {chances} ]\n</LogProbs> \n</TransitionModel> \n"
    )


def _network() -> str:
    weights = np.random.default_rng(3).standard_normal((UNITS, FEATURES)) * 0.08
    rows = "\n".join("  " + " ".join(f"{value:.4f}" for value in row) for row in weights)
    nodes = (
        f"input-node name=input dim={FEATURES}\n"
        "component-node name=affine component=affine input=input\n"
        "component-node name=soft component=soft input=affine\n"
        "output-node name=output input=soft objective=linear\n"
    )
    return (
        f"<Nnet3> \n{nodes}\n<NumComponents> 2 \n"
        f"<ComponentName> affine <FixedAffineComponent> <LinearParams>  [\n{rows} ]\n"
        f"<BiasParams>  [ {' '.join(['0'] * UNITS)} ]\n</FixedAffineComponent> \n"
        f"<ComponentName> soft <LogSoftmaxComponent> <Dim> {UNITS} <ValueAvg>  [ ]\n"
        "<DerivAvg>  [ ]\n<Count> 0 <OderivRms>  [ ]\n<OderivCount> 0 <NumDimsSelfRepaired> 0 "
        "<NumDimsProcessed> 0 </LogSoftmaxComponent> \n"
        "</Nnet3> \n<LeftContext> 0 <RightContext> 0 <Priors>  [ ]\n"
    )


def _graph() -> bytes:
    """Any words in any order; each unit goes on as long as it likes."""
    arcs: list[list[tuple[int, int, float, int]]] = [[]]
    for unit in range(1, UNITS + 1):
        state = unit
        arcs[0].append((2 * unit, unit - 1, 0.5, state))
        arcs.append([(2 * unit - 1, 0, 0.0, state), (0, 0, 0.0, 0)])
    written = struct.pack("<i", 2125659606)
    for name in (b"vector", b"standard"):
        written += struct.pack("<i", len(name)) + name
    written += struct.pack("<iiQqqq", 2, 0, 3, 0, len(arcs), sum(map(len, arcs)))
    for number, leaving in enumerate(arcs):
        written += struct.pack("<fq", math.inf if number else 0.0, len(leaving))
        for inward, outward, weight, state in leaving:
            written += struct.pack("<iifi", inward, outward, weight, state)
    return written
