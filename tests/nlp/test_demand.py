"""Several demands in one message are split where that is simple."""

import pytest

from config.county import County
from nlp.normalize import normalize
from nlp.understand import Understander


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("路灯不亮还有井盖没了", ["010217", "010218"]),
        ("东韩村路灯坏了，另外垃圾没人拉", ["010217", "010219"]),
        ("1、停水三天了 2、路灯也不亮", ["190101", "010217"]),
        ("路灯坏了；暖气不热", ["010217", "190401"]),
    ],
)
def test_different_matters_are_split(
    text: str, codes: list[str], understander: Understander
) -> None:
    demands = understander(text).demands
    assert [understander(part).categories[0].code for part in demands] == codes


@pytest.mark.parametrize(
    "text",
    [
        "路灯坏了，还有人管吗",
        "路灯坏了三天，还有两盏也快坏了",
        "村里路灯坏了，晚上太黑",
        "你好，另外谢谢你们",
        "还有没有人管这个路灯",
    ],
)
def test_one_matter_stays_whole(text: str, understander: Understander) -> None:
    said = understander(text)
    assert said.demands == (said.text,)


def test_a_letter_stays_whole(understander: Understander, county: County) -> None:
    text = "路灯坏了，还有井盖没了，" * 40
    said = understander(text)
    assert len(said.demands) <= 4


def test_matters_in_several_places_are_split(understander: Understander) -> None:
    demands = understander("王庄村路灯坏了，大会塔村也停水了").demands
    assert demands == ("王庄村路灯坏了", "大会塔村也停水了")
    assert len(understander("王庄村停水了。大会塔村也停水了。").demands) == 2


@pytest.mark.parametrize(
    "text",
    [
        "东韩村停水了，俺是和阳镇的",
        "王庄村停水了，路灯也坏了",
        "从王庄村到大会塔村路坏了",
        "东韩村停水了，东韩村路灯也坏了",
        "和阳镇停水了，东韩村没水",
    ],
)
def test_a_matter_in_one_place_stays_whole(text: str, understander: Understander) -> None:
    assert understander(text).demands == (normalize(text),)
