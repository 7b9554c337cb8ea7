"""The measure by which the stories of calls are judged."""

import numpy as np
import pytest

from tests.phone import kit
from tests.phone.hotline import spoken
from tests.phone.likeness import likeness

FRAME = kit.RATE_HZ // 50


def _through_a_line(said: kit.Samples, lost: float) -> kit.Samples:
    """After two seconds of something else, half as loud, some frames lost, some coming twice."""
    chance = np.random.default_rng(5).random(len(said) // FRAME)
    frames = [said[at : at + FRAME] for at in range(0, len(said) - FRAME + 1, FRAME)]
    kept = [
        frame
        for frame, luck in zip(frames, chance, strict=True)
        for _ in range(0 if luck < lost / 2 else 2 if luck < lost else 1)
    ]
    return np.concatenate([kit.noise(2, seed=99), *kept, np.zeros(FRAME)]) / 2


@pytest.mark.parametrize(
    "said", [kit.noise(0.7, seed=1), kit.noise(3, seed=1), spoken("lamp-f")], ids=len
)
@pytest.mark.parametrize("lost", [0.0, 0.03, 0.06])
def test_what_was_said_is_found_though_frames_are_lost(said: kit.Samples, lost: float) -> None:
    assert likeness(said, _through_a_line(said, lost)) > 0.9


@pytest.mark.parametrize(
    ("said", "other"),
    [
        (kit.noise(0.7, seed=1), kit.noise(3, seed=2)),
        (kit.noise(3, seed=1), kit.noise(3, seed=2)),
        (kit.noise(3, seed=1), kit.noise(3, seed=1)[::-1]),
        (kit.noise(3, seed=1), kit.noise(3, seed=1)[: kit.RATE_HZ]),
        (spoken("lamp-f"), spoken("lamp-m")),
        (spoken("lamp-f"), np.zeros(30_000)),
        (spoken("lamp-f"), np.zeros(0)),
    ],
)
def test_what_was_not_said_or_said_in_part_is_not_found(
    said: kit.Samples, other: kit.Samples
) -> None:
    assert likeness(said, other) < 0.65
