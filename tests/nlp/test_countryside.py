"""A hole in a village's road is none in a street of the town."""

import pytest

from config.county import County
from nlp import countryside
from nlp.understand import Understander
from nlp.understanding import Guess, RequestKind

TOWN, COUNTRY = "010222", "060207"
DONGHAN = Guess(code="130506100225", confidence=0.95)
STREET = Guess(code="street-jianshe", confidence=0.95)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("宋台村道上大坑", COUNTRY),
        ("东韩村路面塌陷", COUNTRY),
        ("俺庄上那路坏得没法走", COUNTRY),
        ("建设大街大坑", TOWN),
        ("文明路路面塌陷", TOWN),
        ("停车场地里边有个大坑", TOWN),
        ("小区进出村口的马路有坑", TOWN),
    ],
)
def test_road_is_called_by_where_it_lies(text: str, code: str, understander: Understander) -> None:
    assert understander(text).categories[0].code == code


def test_what_is_called_both_ways_counts_once(county: County) -> None:
    both = (Guess(code=TOWN, confidence=0.5), Guess(code=COUNTRY, confidence=0.3))
    (one,) = countryside.build(county).called(both, (DONGHAN,), "")
    assert (one.code, one.confidence) == (COUNTRY, 0.8)
    assert countryside.build(county).called(both, (STREET,), "俺村") == both


@pytest.mark.parametrize("text", ["停电了啥时候来", "没水了几点能来水", "暖气不热咋回事"])
def test_what_is_urgent_is_not_merely_asked(text: str, understander: Understander) -> None:
    assert understander(text).kind is RequestKind.HELP
