"""The one question that tells places apart says what splits them, and no more."""

from dataclasses import dataclass

import pytest

from config.county import County
from nlp.places import glosses, which


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    name: str
    township: str = ""


def _options(*names: str) -> list[Option]:
    pairs = (name.split() for name in names)
    return [Option(name=pair[-1], township=pair[0] if len(pair) > 1 else "") for pair in pairs]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("和阳镇 东韩村", "和阳镇 沙道村"), ("东韩村", "沙道村")),
        (("河郭镇 梁牌村", "史召乡 梁牌村"), ("河郭镇的梁牌村", "史召乡的梁牌村")),
        (("郝桥镇 侯东村", "东三召乡 后东村"), ("郝桥镇的侯东村", "东三召乡的后东村")),
        (
            ("郝桥镇 侯东村", "郝桥镇 后东村"),
            ("郝桥镇的侯东村，侯爷的侯", "郝桥镇的后东村，前后的后"),
        ),
        (
            ("郝桥镇 侯东村", "郝桥镇 后东村", "东三召乡 后东村"),
            ("郝桥镇的侯东村，侯爷的侯", "郝桥镇的后东村，前后的后", "东三召乡的后东村"),
        ),
        (("贾宋镇 李庄村", "贾宋镇 北里庄村"), ("李庄村", "北里庄村")),
        (
            ("贾宋镇 南师村", "贾宋镇 兰师村", "和阳镇 焦庄村"),
            ("贾宋镇的南师村，南北的南", "贾宋镇的兰师村，兰花的兰", "焦庄村"),
        ),
        (("文明路",), ("文明路",)),
        ((), ()),
    ],
)
def test_options_say_what_splits_them(names: tuple[str, ...], said: tuple[str, ...]) -> None:
    assert which.split(_options(*names)) == said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("侯东村", "后东村"),
        ("南师村", "兰师村"),
        ("朱营村", "租营村"),
        ("丰化庄", "红化庄"),
        ("程庄村", "陈庄村"),
    ],
)
def test_names_sound_alike_in_the_countys_speech(one: str, other: str) -> None:
    assert which.sound_alike(one, other)
    assert which.sound_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("侯东村", "侯西村"), ("东韩村", "西东韩村"), ("丁庄村", "马庄村")]
)
def test_other_names_do_not(one: str, other: str) -> None:
    assert not which.sound_alike(one, other)


def test_every_two_places_of_the_county_can_be_told_apart(county: County) -> None:
    townships = {p.unit: p.name for p in county.places if p.kind == "township"}
    options = [
        Option(name=p.name, township=townships.get(p.unit[:9], ""))
        for p in county.places
        if p.kind != "township"
    ]
    for one in options:
        alike = [one, *(o for o in options if o != one and which.sound_alike(one.name, o.name))]
        said = which.split(alike)
        assert len(set(said)) == len(said), said


def test_every_character_of_the_countys_names_is_explained(county: County) -> None:
    names = [name for place in county.places for name in (place.name, *place.aliases)]
    assert {c for name in names for c in name if not glosses.gloss(c)} == set()
    assert glosses.gloss("犇") == ""
