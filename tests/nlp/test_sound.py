"""What a recogniser wrote is read by its sound: a misheard place is found, a doubt is asked about."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.county import County
from nlp.normalize import normalize
from nlp.places import gazetteer, hearing, sound, sounding
from nlp.places.gazetteer import Gazetteer
from nlp.segment import Segmenter
from nlp.understand import Understander

ALPHABET = "东西南北侯后韩函村镇的在是我贾宋营郄，。 0123456789aA儿社区乡一二三\ud7ff瓩"


@pytest.fixture(scope="module")
def places(county: County, tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    segmenter = Segmenter(tmp_path_factory.mktemp("jieba"), gazetteer.words(county))
    return gazetteer.build(county, segmenter.is_ordinary, segmenter.words)


def _close(places: Gazetteer, text: str) -> list[str]:
    """The places between which a question would choose; one alone is taken."""
    found = places.find(normalize(text), heard=True)
    return [g.code for g in found if found[0].confidence - g.confidence < hearing.SPLIT]


def _chance(said: str, heard: str) -> float:
    ids = [sound.SYLLABLES.index(syllable) for syllable in (said, heard)]
    return float(sound.likelihoods()[ids[0], ids[1]])


@pytest.mark.parametrize(
    ("said", "local", "far"),
    [
        ("zhang", "zang", "bei"),
        ("cheng", "chen", "bu"),
        ("shi", "si", "ma"),
        ("nan", "lan", "bu"),
        ("fan", "huan", "dui"),
        ("xin", "xing", "pa"),
        ("yang", "yan", "ku"),
        ("han", "fan", "zhu"),
    ],
)
def test_local_confusions_are_likelier_than_other_syllables(
    said: str, local: str, far: str
) -> None:
    assert _chance(said, said) > _chance(said, local) > _chance(said, far) + 2


def test_what_may_be_heard_for_a_syllable_adds_up() -> None:
    heard = np.exp(sound.likelihoods()[: sound.OTHER, : sound.OTHER]).sum(axis=1)
    assert np.allclose(heard, 1.0, atol=0.01)


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("东韩村", ["dong", "han", "cun"]),
        ("果寨1村", ["guo", "zhai", "yi", "cun"]),
        ("", []),
    ],
)
def test_a_text_is_read_syllable_by_syllable(text: str, syllables: list[str]) -> None:
    assert [sound.SYLLABLES[at] for at in sound.read(text)] == syllables


@given(st.text(max_size=60))
def test_every_character_has_one_reading(text: str) -> None:
    assert len(sound.read(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我是冬含村的，路灯坏了三天", "130506100225"),
        ("我是东函的，路灯坏了", "130506100225"),
        ("西动韩村停水了", "130506100227"),
        ("贾宋镇切村村口的垃圾没人收", "130506101210"),
        ("甲松镇成牌村没电", "130506101201"),
        ("在善白佛村有人烧秸秆", "130506101240"),
        ("兵庄村没水", ""),
        ("我家住里守村", "130506103206"),
        ("闫里乡大好村", "130506201202"),
        ("史召乡东东林村的路", "130506203210"),
        ("东韩儿村的路灯", "130506100225"),
        ("和阳大阶的便道", "street-heyang"),
        ("在星城花元", "130506100400"),
    ],
)
def test_a_misheard_place_is_found(text: str, code: str, places: Gazetteer, county: County) -> None:
    units = {county.places_by_code[close].unit for close in _close(places, text)}
    if code:
        assert units == {county.places_by_code[code].unit}
    else:
        assert len(units) != 1


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("郝桥镇侯东村停电", {"130506102229", "130506102205"}),
        ("郝桥镇后东村停电", {"130506102229", "130506102205"}),
        ("我是李庄村的", {"130506101247", "130506101221", "130506101222"}),
        ("梁排村路灯坏了", {"130506104201", "130506203201"}),
        ("我在阎里", {"130506201", "130506201201"}),
    ],
)
def test_what_sounds_alike_is_a_question(text: str, codes: set[str], places: Gazetteer) -> None:
    assert set(_close(places, text)) == codes


@pytest.mark.parametrize(
    "text",
    [
        "我们村的路灯坏了三天没人修",
        "邻村有人烧秸秆",
        "家里停水了",
        "路灯不亮了，俺村的",
        "三思而后行",
        "康庄大道",
        "村东头的变压器坏了",
        "我的电话是13931956782",
        "小区物业乱收费",
        "镇上的医院几点下班",
        "",
        "。",
        "儿",
    ],
)
def test_no_place_is_heard_in_ordinary_talk(text: str, places: Gazetteer) -> None:
    assert places.find(normalize(text), heard=True) == ()


def test_a_township_chooses_among_those_that_sound_alike(places: Gazetteer) -> None:
    assert _close(places, "史召乡梁拍村") == ["130506203201"]
    assert _close(places, "河郭镇梁拍村") == ["130506104201"]


def test_a_village_that_is_called_so_is_not_its_township(places: Gazetteer) -> None:
    assert _close(places, "东三召村停水了") == ["130506200201"]
    assert _close(places, "东三召乡停水了") == ["130506200"]


def test_a_village_not_made_out_is_not_its_whole_township(places: Gazetteer) -> None:
    assert "130506101" not in _close(places, "贾宋镇扑噜村停水")
    assert _close(places, "贾宋镇停水") == ["130506101"]


def test_written_messages_are_read_by_their_characters(places: Gazetteer) -> None:
    assert places.find("冬含村停水") == ()


def test_every_place_is_heard_by_its_own_name(places: Gazetteer, county: County) -> None:
    lost = []
    for place in county.places:
        if place.kind in ("village", "community"):
            codes = {g.code for g in places.find(f"我是{place.name}的，停水了", heard=True)}
            if place.unit not in {county.places_by_code[code].unit for code in codes}:
                lost.append(place.name)
    assert lost == []


@pytest.mark.parametrize("text", ["东韩村的路灯坏了，" * 300, "郝" * 2500, "，" * 2500, "1" * 2500])
def test_only_the_beginning_of_a_long_text_is_listened_to(text: str, places: Gazetteer) -> None:
    assert len(places.find(text, heard=True)) <= gazetteer.MOST_PLACES


@settings(max_examples=60)
@given(st.text(alphabet=ALPHABET, max_size=40))
def test_confidences_fall_and_stay_between_0_and_1(places: Gazetteer, text: str) -> None:
    found = places.find(text, heard=True)
    confidences = [guess.confidence for guess in found]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < confidence <= 1 for confidence in confidences)
    assert places.find(text, heard=True) == found


def test_names_are_listened_for_without_a_word_of_the_language(county: County) -> None:
    bare = gazetteer.build(county, lambda _: False)
    assert bare.find("冬含村停水", heard=True)[0].code == "130506100225"


def test_nobody_listens_where_there_are_no_names() -> None:
    assert sounding.build({}, _no_words).listen("东韩村") == []


def test_sounds_are_made_once_and_not_before_something_is_heard(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    build = sounding.build
    monkeypatch.setattr(sounding, "build", lambda *a: made.append("sounds") or build(*a))
    places = gazetteer.build(county, lambda _: False)
    places.find("东韩村的路灯坏了")
    assert made == []
    places.prepare_hearing()
    assert made == ["sounds"]
    assert places.find("东汉村的路灯坏了", heard=True)
    assert made == ["sounds"]


def test_heard_messages_are_understood_with_their_places(understander: Understander) -> None:
    assert understander("冬含村路灯坏了", heard=True).places[0].code == "130506100225"
    assert understander("冬含村路灯坏了").places == ()


def test_words_of_talk_have_their_chances(tmp_path: Path) -> None:
    words = list(Segmenter(tmp_path, ["西东韩村"]).words("我在西东韩村，路灯"))
    assert [(start, end) for start, end, _ in words] == [(0, 1), (1, 2), (2, 6), (7, 9)]
    assert all(chance < 0 for _, _, chance in words)


def _no_words(_: str) -> Iterable[tuple[int, int, float]]:
    return ()


def test_names_are_made_ready_once_however_many_threads_ask() -> None:
    made: list[object] = []

    def make() -> object:
        made.append(object())
        time.sleep(0.05)
        return made[-1]

    ask = gazetteer._once(make)  # type: ignore[arg-type]
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: ask(), range(8)))
    assert len(made) == 1
    assert got == made * 8
