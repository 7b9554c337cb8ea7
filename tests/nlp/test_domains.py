"""Another county's catalogue: the trained domains are its own categories or no guess at all."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from config import domains, load
from config.county import Category, County
from nlp import understand
from nlp.understand import Understander
from nlp.understanding import Guess, Understanding
from tests.config import tiny

SENTENCES = Path(__file__).parents[1] / "quality" / "sentences.csv"
LAMPS = ("东村路灯坏了三天了没人修", "路灯不亮", "村口的路灯坏了，晚上出门看不见，老人摔了好几回")
SURE = 0.8  # `certain_above`, as it is shipped


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jieba")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> County:
    return load.load_county(tiny.write(tmp_path_factory.mktemp("county")))


@pytest.fixture(scope="module")
def told(small: County, cache: Path) -> Understander:
    return understand.build(small, cache)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def test_every_guess_is_a_category_of_the_county(
    told: Understander, small: County, sentences: list[str]
) -> None:
    guessed = {guess.code for text in sentences for guess in told(text).categories}
    assert guessed
    assert guessed <= small.categories.keys()


@pytest.mark.parametrize("text", LAMPS)
def test_where_nothing_is_called_like_it_a_lamp_is_not_water(text: str, told: Understander) -> None:
    assert told(text).categories == ()


def test_what_the_county_lacks_makes_the_rest_no_surer(small: County, cache: Path) -> None:
    """Of 城乡建设 and 交通运输 it has the latter, by another name; the former is likelier here."""
    text = "村口的路灯坏了，旁边修路的路坏"
    alone = understand.build(_calling(small, {"02": ("交通运输",)}), cache)(text)
    both = understand.build(_calling(small, {"01": ("城乡建设",), "02": ("交通运输",)}), cache)(
        text
    )
    assert {guess.code for guess in alone.categories} == {"02"}
    assert _chance(alone, "02") == pytest.approx(_chance(both, "02"), abs=0.002)
    assert _chance(alone, "02") < SURE


def test_domains_of_one_category_add_up(small: County, cache: Path) -> None:
    text = "污水直排河里，臭味熏天，河边的路灯也坏了"
    apart = [
        understand.build(_calling(small, {"01": (name,)}), cache)(text)
        for name in ("城乡建设", "环境保护")
    ]
    together = understand.build(_calling(small, {"01": ("城乡建设", "环境保护")}), cache)(text)
    assert min(_chance(each, "01") for each in apart) >= 0.05
    both = sum(_chance(each, "01") for each in apart)
    assert _chance(together, "01") == pytest.approx(both, abs=0.002)


@pytest.mark.parametrize("renamed", [False, True])
def test_under_other_codes_and_names_the_same_is_understood(
    county: County,
    understander: Understander,
    cache: Path,
    sentences: list[str],
    renamed: bool,
) -> None:
    moved = understand.build(_moved(county, renamed=renamed), cache)
    for text in sentences:
        expected = understander(text)
        own = tuple(replace(g, code=_other(g.code)) for g in expected.categories)
        assert _ordered(replace(expected, categories=own)) == _ordered(moved(text)), text


def _calling(county: County, names: Mapping[str, tuple[str, ...]]) -> County:
    called = {
        code: replace(category, domains=names.get(code, ()))
        for code, category in county.categories.items()
    }
    return replace(county, categories=called, version=f"{county.version}-{sorted(names.items())}")


def _other(code: str) -> str:
    """07 is 92: none stays where it was, and the first come last."""
    return f"{99 - int(code[:2])}{code[2:]}"


def _moved(county: County, *, renamed: bool) -> County:
    categories = _renumbered(county.categories.values(), renamed=renamed)
    moved = {category.code: category for category in categories}
    return replace(county, categories=moved, version=f"{county.version}-{renamed}")


def _renumbered(categories: Iterable[Category], *, renamed: bool) -> Iterator[Category]:
    for category in categories:
        moved = replace(category, code=_other(category.code))
        is_top = renamed and len(category.code) == domains.DIGITS
        yield replace(moved, name="某领域", domains=(category.name,)) if is_top else moved


def _ordered(said: Understanding) -> tuple[Understanding, list[Guess]]:
    """Guesses that are equally likely stand in the order of their codes."""
    by_chance = sorted(said.categories, key=lambda each: (-each.confidence, each.code))
    return replace(said, categories=()), by_chance


def _chance(said: Understanding, code: str) -> float:
    return next((guess.confidence for guess in said.categories if guess.code == code), 0.0)
