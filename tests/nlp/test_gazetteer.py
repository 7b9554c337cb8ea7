"""Places are found by what residents call them."""

import pytest

from config.county import County
from nlp.normalize import normalize
from nlp.places import gazetteer
from nlp.places.gazetteer import Gazetteer
from nlp.segment import Segmenter


@pytest.fixture(scope="module")
def places(county: County, tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    segmenter = Segmenter(tmp_path_factory.mktemp("jieba"), gazetteer.words(county))
    return gazetteer.build(county, segmenter.is_ordinary)


def _best(places: Gazetteer, text: str) -> str:
    found = places.find(normalize(text))
    return found[0].code if found else ""


@pytest.mark.parametrize("text", ["张庄", "张庄村", "俺是张庄的", "在张庄村那边"])
def test_a_village_said_without_its_direction_may_be_any_of_those(
    places: Gazetteer, county: County, text: str
) -> None:
    names = {county.places_by_code[guess.code].name for guess in places.find(normalize(text))}
    assert names == {"北张庄村", "南张庄村"}


@pytest.mark.parametrize("text", ["张庄路灯坏了", "西村", "北部", "东张庄"])
def test_what_is_left_of_a_name_is_none_where_it_is_not_the_whole_answer(
    places: Gazetteer, text: str
) -> None:
    assert _best(places, text) == ""


def test_a_name_that_a_village_has_is_no_other_ones_short_name(
    places: Gazetteer, county: County
) -> None:
    assert [county.places_by_code[g.code].name for g in places.find("韩村")] == ["韩村"]


def test_every_village_and_community_is_found_by_its_full_name(
    places: Gazetteer, county: County
) -> None:
    lost = []
    for place in county.places:
        if place.kind in ("village", "community"):
            codes = {guess.code for guess in places.find(f"我是{place.name}的，路灯坏了")}
            units = {county.places_by_code[code].unit for code in codes}
            if place.unit not in units:
                lost.append(place.name)
    assert lost == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("东韩村村口的路灯坏了", "130506100225"),
        ("东韩这边没水了", "130506100225"),
        ("东韩村委会对面", "130506100225"),
        ("西东韩的路灯", "130506100227"),
        ("西韩村停水", "130506100228"),
        ("南韩村", "130506103213"),
        ("牧村", "130506101243"),
        ("闫里乡大郝村口", "130506201202"),
        ("史召乡梁牌村", "130506203201"),
        ("河郭镇梁牌村", "130506104201"),
        ("县医院门口", "landmark-hospital"),
        ("我在南头", "130506200203"),
        ("贾宋镇政府旁边", "130506101"),
        ("北关停水", "130506100014"),
    ],
)
def test_the_place_meant_is_first(text: str, code: str, places: Gazetteer) -> None:
    assert _best(places, text) == code


@pytest.mark.parametrize(
    "text",
    [
        "三思而后行",
        "南韩电视剧",
        "在岗上班",
        "我们村南头的路",
        "过得很幸福",
        "康庄大道",
        "桥西区",
        "三张照片",
        "这一段村路",
        "社区医院几点下班",
        "河上漂着垃圾",
        "",
    ],
)
def test_ordinary_words_are_no_places(text: str, places: Gazetteer) -> None:
    assert places.find(text) == ()


def test_namesakes_are_all_kept_and_share_the_confidence(places: Gazetteer) -> None:
    found = places.find("梁牌村路灯坏了")
    assert {guess.code for guess in found} == {"130506104201", "130506203201"}
    assert all(guess.confidence < 0.5 for guess in found)
    assert len(places.find("李召村的路")) == 3


@pytest.mark.parametrize(
    "text",
    ["史召村路灯坏了", "三思村没路灯", "郝桥庄路坏了", "和阳家园电梯坏了", "贾宋新城物业不管"],
)
def test_a_village_or_estate_that_the_county_has_not_is_not_its_namesake_township(
    text: str, places: Gazetteer
) -> None:
    assert places.find(text) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("史召那边路灯坏了", "130506203"),
        ("史召村里都没路灯", "130506203"),
        ("贾宋村支书不管事", "130506101"),
        ("阎里庄稼淹了", "130506201201"),
        ("和阳新村停水", "estate-heyangxincun"),
    ],
)
def test_a_bare_name_before_other_words_is_a_place(text: str, code: str, places: Gazetteer) -> None:
    assert code in {guess.code for guess in places.find(text)}


def test_a_township_beside_it_narrows_and_ranks_below(places: Gazetteer) -> None:
    found = places.find("史召乡梁牌村")
    assert found[0].confidence - found[1].confidence > 0.25


def test_a_village_said_to_be_elsewhere_is_less_certain(places: Gazetteer) -> None:
    assert places.find("贾宋镇东韩村")[0].confidence < places.find("东韩村")[0].confidence


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("里首村东头老李家门口着火了", "里首村东头老李家门口"),
        ("吴村三组张家", "吴村三组"),
        ("我在西东韩的路灯下面", "西东韩"),
        ("垃圾没人收", ""),
    ],
)
def test_the_residents_own_words_for_where_are_kept(
    text: str, address: str, places: Gazetteer
) -> None:
    assert places.address(text) == address


def test_a_county_without_places_finds_none() -> None:
    empty = County(
        code="1",
        name="无",
        hotline="",
        units={},
        workers={},
        places=(),
        categories={},
        rules=(),
        deadlines=(),
        standards=(),
        duties={},
        replies={},
    )
    assert gazetteer.build(empty, lambda _: False).find("东韩村") == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("三思村口有人打架", {"三思镇"}),
        ("俺三思的，没水了", {"三思镇"}),
        ("俺在小林住", {"前小林村", "后小林村"}),
        ("俺家住大林，路坏了", {"大林村"}),
        ("我是大林的，想问个事", {"大林村"}),
        ("大林东头路灯坏了", {"大林村"}),
        ("在东林有人打架", {"东林村"}),
        ("俺是三张的，没水了", {"三张村"}),
        ("俺是岗上的村民，想问个事", {"岗上村"}),
    ],
)
def test_a_name_that_is_a_word_too_is_a_place_where_the_words_around_say_so(
    places: Gazetteer, county: County, text: str, names: set[str]
) -> None:
    found = {county.places_by_code[guess.code].name for guess in places.find(normalize(text))}
    assert found == names


@pytest.mark.parametrize(
    "text",
    [
        "三思而后行",
        "请领导三思",
        "小林子里有垃圾",
        "在小林子里",
        "小林他们家太吵",
        "俺在小林家干活",
        "小林的媳妇跑了",
        "大林说他不来",
        "日子过得幸福，谢谢",
        "一片盛世景象",
        "去了乐园路那边",
        "在桥西有人打架",
        "河上有个人",
        "俺住南头，没水了",
    ],
)
def test_in_other_words_it_is_none(places: Gazetteer, text: str) -> None:
    assert _best(places, text) == ""
