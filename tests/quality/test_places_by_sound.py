"""How well places are found by sound where one syllable of the name was written down wrongly.

The target: of the names with one mistake at least 92 % are taken rightly or by one right question,
and at most 2 % are taken wrongly unasked. It counts mistakes of all kinds, as recognisers make them
(`docs/model.md` has the shares, and the figures of the harder reading, always another sound).
"""

import random
from collections import Counter

import pytest

from config.county import County
from nlp.normalize import normalize
from nlp.places import gazetteer
from nlp.segment import Segmenter
from tests.bench import mishearing, places
from tests.bench.mishearing import Recogniser

SEED = 102
ROUNDS = 2


@pytest.fixture(scope="module")
def found(county: County, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """What became of each sentence, by the bench's words for it."""
    segmenter = Segmenter(tmp_path_factory.mktemp("jieba"), gazetteer.words(county))
    known = gazetteer.build(county, segmenter.is_ordinary, segmenter.words)
    chance = random.Random(SEED)
    recogniser = Recogniser(chance, lambda word: places.commonness(segmenter, word))
    names = list(places.names(county)) * ROUNDS
    return Counter(
        places.judge(county, known.find(normalize(each.text), heard=True), each.unit)
        for each in places.said(county, names, chance, recogniser, 1, mishearing.SHARES)
    )


def test_one_wrong_syllable_leads_to_the_place_or_to_one_question(found: Counter[str]) -> None:
    assert found.total() > 1000
    assert (found[places.RIGHT] + found[places.ASKED]) / found.total() >= 0.92, found


def test_one_wrong_syllable_hardly_ever_leads_elsewhere_unasked(found: Counter[str]) -> None:
    assert found[places.WRONG] / found.total() <= 0.02, found
