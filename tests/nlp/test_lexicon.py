"""The county's own words name its categories."""

from dataclasses import replace

from config.county import Category, County
from nlp import lexicon


def _county(county: County, **words: tuple[str, ...]) -> County:
    categories = {
        code[1:]: Category(code=code[1:], name=code, words=named) for code, named in words.items()
    }
    return replace(county, categories=categories)


def test_the_longest_word_counts(county: County) -> None:
    own = lexicon.build(_county(county, c010101=("路灯",), c010102=("太阳能路灯",)))
    assert [guess.code for guess in own.find("太阳能路灯坏了")] == ["010102"]


def test_a_word_of_several_categories_says_less_of_each(county: County) -> None:
    own = lexicon.build(_county(county, c010101=("路灯", "街灯"), c020202=("路灯",)))
    shared, single = own.find("路灯")[0], own.find("街灯")[0]
    assert shared.confidence < single.confidence


def test_dismissed_words_count_for_nothing_and_meant_ones_for_more(county: County) -> None:
    own = lexicon.build(_county(county, c180101=("着火",), c010101=("路灯",)))
    assert own.find("没有着火", dismissed=("着火",)) == ()
    assert own.find("路灯着火", meant=("着火",))[0].code == "180101"


def test_a_catalogue_without_words_finds_nothing(county: County) -> None:
    assert lexicon.build(_county(county)).find("路灯\x00坏了") == ()


def test_evidence_names_the_words(county: County) -> None:
    assert lexicon.build(county).find("胡同里的路灯")[0].evidence == ("路灯",)


def test_words_are_cut_from_behind(county: County) -> None:
    own = lexicon.build(_county(county, c010101=("村口路",), c010102=("路灯",)))
    assert [guess.code for guess in own.find("村口路灯")] == ["010102"]
