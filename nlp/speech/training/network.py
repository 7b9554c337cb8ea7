"""The acoustic network: cepstra -> how likely each unit is, once each 30 ms, trained with CTC.

Plain convolutions over time, so that Kaldi (inside Vosk) computes exactly the same: every layer is
a weighted sum over a few frames, cut at zero, then scaled. The network looks `CONTEXT` frames back
and ahead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.speech.training import extra
from nlp.speech.training.features import CEPSTRA, Features
from nlp.speech.training.units import UNITS

STEP = 3  # input frames to one output
FIRST_WIDTH = 5
WIDTH = 3
DILATIONS = (1, 1, 1, 2, 2)  # of the layers after the first, in output frames
CONTEXT = FIRST_WIDTH // 2 + STEP * sum(DILATIONS)
HIDDEN = 256
DROPPED = 0.1
BATCH_FRAMES = 1_500  # small: the many steps bring CTC past its first plateau
LEARNING_RATE = 2e-3
WARM_UP_STEPS = 100
MOST_GRADIENT = 5.0
MOST_MASKED = 12
OFFSET = 6.0  # deviation of the random offset of a cepstrum: another telephone's colour

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An utterance as the network sees it, with its units as numbers."""

    features: Features
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A weighted sum over frames of its input: weights (outputs, inputs, width), offsets in frames.

    All layers but the last are cut at zero after it; every scale is folded into the weights.
    """

    weights: Matrix
    bias: Matrix
    offsets: tuple[int, ...]


def layers(network: Any) -> list[Layer]:
    """The trained network's weights, each normalisation folded into the layer that follows it."""
    modules = [m for m in network if type(m).__name__ in ("Conv1d", "BatchNorm1d")]
    found = []
    offsets = [_offsets(FIRST_WIDTH, 1), *(_offsets(WIDTH, STEP * d) for d in DILATIONS), (0,)]
    scale, shift = _affine(modules[0])
    for at, reach in enumerate(offsets):
        convolution = modules[1 + 2 * at]
        weights = convolution.weight.detach().double().numpy()
        bias = convolution.bias.detach().double().numpy()
        bias = bias + np.einsum("oik,i->o", weights, shift)
        weights = weights * scale[None, :, None]
        found.append(Layer(weights=weights, bias=bias, offsets=reach))
        if at < len(offsets) - 1:
            scale, shift = _affine(modules[2 + 2 * at])
    return found


def train(
    rounds: Callable[[int], Sequence[Heard]],
    count: int,
    tell: Callable[[int, float], None],
    seed: int,
    kept: Path,
) -> Any:
    """A network trained for `count` rounds, however long they take; each is kept in a file, and a
    later run goes on from there.

    `rounds(n)` gives the utterances of round n, each time through other telephones; `tell(n, loss)`
    is told after each round.
    """
    torch = extra.need("torch", "训练语音识别")
    torch.manual_seed(seed)
    network, state, number, steps = _begun(torch, kept) or (_network(torch, rounds(0)), None, 0, 0)
    best = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-3)
    if state:
        best.load_state_dict(state)
    while number < count:
        heard, chance = rounds(number), np.random.default_rng((seed, number))
        batches, total = _batches(heard, chance), 0.0
        network.train()
        for at, batch in enumerate(batches):
            _slow_down(best, (number + at / len(batches)) / count, steps)
            loss = _loss(torch, network, batch, chance)
            best.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), MOST_GRADIENT)
            best.step()
            steps += 1
            total += float(loss.detach()) * len(batch)
        number += 1
        _keep(torch, kept, (network, best.state_dict(), number, steps))
        tell(number, total / len(heard))
    network.eval()
    return network


def _slow_down(best: Any, used: float, steps: int) -> None:
    """Faster and faster while it warms up, then slower until the end."""
    rate = min(1.0, (steps + 1) / WARM_UP_STEPS) * (0.5 * (1 + np.cos(np.pi * used)) + 0.01)
    for group in best.param_groups:
        group["lr"] = LEARNING_RATE * rate


def _begun(torch: Any, kept: Path) -> Any:
    return torch.load(kept, weights_only=False) if kept.exists() else None


def _keep(torch: Any, kept: Path, learned: tuple[Any, Any, int, int]) -> None:
    """Whole or not at all: the run may be broken off at any time."""
    draft = kept.with_suffix(".new")
    torch.save(learned, draft)
    draft.replace(kept)


def _network(torch: Any, heard: Sequence[Heard]) -> Any:
    nn = torch.nn
    frames = np.concatenate([each.features for each in heard[::5]])
    normal = nn.BatchNorm1d(CEPSTRA, affine=False, momentum=0.0)
    normal.running_mean.copy_(torch.from_numpy(frames.mean(0)))
    normal.running_var.copy_(torch.from_numpy(frames.var(0)))
    parts = [normal, nn.Conv1d(CEPSTRA, HIDDEN, FIRST_WIDTH, stride=STEP)]
    for dilation in DILATIONS:
        parts += [nn.ReLU(), nn.BatchNorm1d(HIDDEN), nn.Dropout(DROPPED)]
        parts += [nn.Conv1d(HIDDEN, HIDDEN, WIDTH, dilation=dilation)]
    parts += [nn.ReLU(), nn.BatchNorm1d(HIDDEN), nn.Conv1d(HIDDEN, len(UNITS), 1)]
    return nn.Sequential(*parts, nn.LogSoftmax(1))


def _loss(torch: Any, network: Any, batch: Sequence[Heard], chance: np.random.Generator) -> Any:
    network[0].eval()  # the normalisation of the input stays as it is
    inputs = torch.from_numpy(_padded(batch, chance))
    outputs = network(inputs).permute(2, 0, 1)
    lengths = torch.tensor([-(-len(each.features) // STEP) for each in batch])
    return torch.nn.functional.ctc_loss(
        outputs,
        torch.tensor([unit for each in batch for unit in each.units]),
        lengths.clamp(max=len(outputs)),
        torch.tensor([len(each.units) for each in batch]),
        zero_infinity=True,
    )


def _padded(batch: Sequence[Heard], chance: np.random.Generator) -> Matrix:
    most = max(len(each.features) for each in batch)
    inputs = np.zeros((len(batch), CEPSTRA, most + 2 * CONTEXT), np.float32)
    fade = OFFSET / np.sqrt(1 + np.arange(CEPSTRA))
    for row, each in zip(inputs, batch, strict=True):
        features = each.features + (chance.standard_normal(CEPSTRA) * fade).astype(np.float32)
        width = int(chance.integers(0, MOST_MASKED))
        at = int(chance.integers(0, max(1, len(features) - width)))
        features[at : at + width] = features.mean(0)
        after = most + CONTEXT - len(features)
        row[:] = np.pad(features, ((CONTEXT, after), (0, 0)), mode="edge").T
    return inputs


def _batches(heard: Sequence[Heard], chance: np.random.Generator) -> list[list[Heard]]:
    """Utterances of like length together, in random order."""
    order = sorted(heard, key=lambda each: len(each.features) + chance.random() * 60)
    batches: list[list[Heard]] = [[]]
    for each in order:
        if len(each.features) * (len(batches[-1]) + 1) > BATCH_FRAMES:
            batches.append([])
        batches[-1].append(each)
    chance.shuffle(batches)
    return [batch for batch in batches if batch]


def _affine(normal: Any) -> tuple[Any, Any]:
    deviation = np.sqrt(normal.running_var.double().numpy() + normal.eps)
    gain = normal.weight.detach().double().numpy() if normal.affine else 1.0
    offset = normal.bias.detach().double().numpy() if normal.affine else 0.0
    scale = gain / deviation
    return scale, offset - normal.running_mean.double().numpy() * scale


def _offsets(width: int, dilation: int) -> tuple[int, ...]:
    return tuple((at - width // 2) * dilation for at in range(width))
