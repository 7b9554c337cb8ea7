"""How many places one question names."""

import pytest

from intake.talk import whereabouts
from nlp.understanding import Guess


@pytest.mark.parametrize(
    ("confidences", "options"),
    [
        ((0.9,), 1),
        ((0.9, 0.6), 1),
        ((0.9, 0.7), 2),
        ((0.9, 0.88, 0.86, 0.84), 3),
        ((0.2, 0.2, 0.2, 0.2, 0.2), 5),
        ((0.1,) * 8, 5),
        ((), 0),
    ],
)
def test_a_question_names_three_places_but_all_five_that_bear_one_name(
    confidences: tuple[float, ...], options: int
) -> None:
    places = tuple(Guess(code=str(i), confidence=c) for i, c in enumerate(confidences))
    assert whereabouts.rivals(places) == tuple(str(i) for i in range(options))
