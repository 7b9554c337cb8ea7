"""The trained network as a folder that Vosk loads: am/final.mdl (Kaldi's text form) and conf.

Weights are whole numbers from -127 to 127 with a scale for each row, so that they pack small.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlp.speech.training import features
from nlp.speech.training.network import CONTEXT, STEP, Layer
from nlp.speech.training.units import UNITS

LARGEST = 127
BLANK_HELD_BACK = 2.0  # of its log probability: CTC is surer of blanks than it should be
Values = npt.NDArray[np.floating]

MODEL_CONF = f"""\
--min-active=200
--max-active=4000
--determinize-max-active=50
--beam=13.0
--lattice-beam=5.0
--acoustic-scale=1.0
--frame-subsampling-factor={STEP}
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.8
--endpoint.rule3.min-trailing-silence=1.2
--endpoint.rule4.min-trailing-silence=2.0
"""


def write(layers: Sequence[Layer], folder: Path) -> None:
    """Write am/ and conf/ into the folder."""
    (folder / "am").mkdir(parents=True, exist_ok=True)
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "conf" / "mfcc.conf").write_text(features.VOSK_CONF, encoding="ascii")
    (folder / "conf" / "model.conf").write_text(MODEL_CONF, encoding="ascii")
    text = _transitions() + _network(layers)
    (folder / "am" / "final.mdl").write_text(text, encoding="ascii")


def _transitions() -> str:
    """One state a unit, entered and left by one frame or held: transition 2n-1 holds, 2n leaves."""
    count = len(UNITS)
    phones = " ".join(str(at) for at in range(1, count + 1))
    triples = "".join(f"{at + 1} 0 {at} \n" for at in range(count))
    halves = " ".join(f"{math.log(0.5):.6f}" for _ in range(2 * count))
    return (
        "<TransitionModel> \n<Topology> \n<TopologyEntry> \n<ForPhones> \n"
        f"{phones} \n</ForPhones> \n<State> 0 <PdfClass> 0 <Transition> 0 0.5 <Transition> 1 0.5 "
        "</State> \n<State> 1 </State> \n</TopologyEntry> \n</Topology> \n"
        f"<Triples> {count} \n{triples}</Triples> \n"
        f"<LogProbs> \n [ 0 {halves} ]\n</LogProbs> \n</TransitionModel> \n"
    )


def _network(layers: Sequence[Layer]) -> str:
    nodes = ["input-node name=input dim=40"]
    components: list[str] = []
    before = "input"
    for at, layer in enumerate(layers):
        last = at == len(layers) - 1
        weights, scale = _whole(np.concatenate(np.moveaxis(layer.weights, 2, 0), axis=1))
        reach = ", ".join(_offset(before, offset) for offset in layer.offsets)
        source = f"Append({reach})" if len(layer.offsets) > 1 else before
        held_back = np.where(np.arange(len(scale)) == 0, BLANK_HELD_BACK, 0.0) if last else 0.0
        bias = (layer.bias - held_back) / scale
        affine = f"<LinearParams> {_matrix(weights)}<BiasParams> {_vector(bias)}"
        steps = [
            ("affine", f"<FixedAffineComponent> {affine}</FixedAffineComponent>"),
            ("scale", f"<FixedScaleComponent> <Scales> {_vector(scale)}</FixedScaleComponent>"),
            *([("softmax", _plain("LogSoftmaxComponent", len(bias)))] if last else []),
            *([] if last else [("cut", _plain("RectifiedLinearComponent", len(bias)))]),
        ]
        for kind, component in steps:
            name = f"{kind}{at}"
            nodes.append(f"component-node name={name} component={name} input={source}")
            components.append(f"<ComponentName> {name} {component} \n")
            before = source = name
    nodes.append(f"output-node name=output input={before} objective=linear")
    return (
        "<Nnet3> \n" + "\n".join(nodes) + f"\n\n<NumComponents> {len(components)} \n"
        f"{''.join(components)}</Nnet3> \n"
        f"<LeftContext> {CONTEXT} <RightContext> {CONTEXT} <Priors>  [ ]\n"
    )


def _whole(weights: Values) -> tuple[Values, Values]:
    scale = np.maximum(np.abs(weights).max(1), 1e-9) / LARGEST
    return np.round(weights / scale[:, None]), scale


def _offset(node: str, offset: int) -> str:
    return f"Offset({node}, {offset})" if offset else node


def _plain(kind: str, size: int) -> str:
    return (
        f"<{kind}> <Dim> {size} <ValueAvg>  [ ]\n<DerivAvg>  [ ]\n<Count> 0 <OderivRms>  [ ]\n"
        f"<OderivCount> 0 <NumDimsSelfRepaired> 0 <NumDimsProcessed> 0 </{kind}>"
    )


def _matrix(values: Values) -> str:
    rows = "\n".join("  " + " ".join(str(int(value)) for value in row) for row in values)
    return f" [\n{rows} ]\n"


def _vector(values: Values) -> str:
    return " [ " + " ".join(f"{value:.6g}" for value in values) + " ]\n"
