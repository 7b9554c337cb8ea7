"""The sayings, the sounds and the language model of the trial recogniser, without its libraries."""

import itertools
import math
import random
from collections import defaultdict
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from config import load
from config.county import County
from nlp.segment import Segmenter
from nlp.speech.training import (
    extra,
    graph,
    homophones,
    language,
    measure,
    sayings,
    telephone,
    train,
    units,
    voices,
)
from nlp.speech.training.extra import ExtraMissing
from nlp.speech.training.language import Grammar
from nlp.speech.training.sayings import Names, SayingFault
from nlp.speech.training.voices import Kokoro, VoicesMissing

NAMES = Names(
    towns=("和阳镇", "和阳", "贾宋镇"),
    places={"和阳镇": ("东韩村", "东韩"), "贾宋镇": ("程牌村",), "": ("汽车站",)},
    full={"和阳": "和阳镇"},
)


@pytest.fixture(scope="module")
def county() -> County:
    return load.load_county(Path("config/nanhe"))


def test_every_village_is_known_by_its_name_and_without_its_last_word(county: County) -> None:
    names = sayings.names_of(county)
    assert {"和阳镇", "史召乡", "三思乡"} <= set(names.towns)
    assert {"东韩村", "东韩", "宋台村", "和阳大街"} <= set(names.all_places)
    assert "东韩村" in names.at("和阳镇")
    assert names.at("和阳") == names.at("和阳镇")
    assert "东韩村" not in names.at("贾宋镇")


def test_sentences_to_be_spoken_have_no_open_slot_and_bring_every_name(county: County) -> None:
    names, words = sayings.names_of(county), sayings.words_of(county)
    endless = sayings.spoken(sayings.read(), names, words, random.Random(1))
    texts = list(itertools.islice(endless, 3000))
    assert not any("{" in text or "}" in text for text in texts)
    spoken = "\n".join(texts)
    assert [name for name in names.all_places if name not in spoken] == []


def test_sayings_for_the_language_model_keep_the_names_open() -> None:
    texts = list(sayings.with_open_names(sayings.read(), ("停水",), random.Random(1), 2))
    slots = {part.split("}")[0] for text in texts for part in text.split("{")[1:]}
    assert slots == set(sayings.NAMES)


@pytest.mark.parametrize(
    ("text", "character", "sound"),
    [
        ("白佛村", "佛", "fo2"),
        ("肖庄村", "肖", "xiao1"),
        ("西任城东队村", "任", "ren2"),
        ("澧都社区", "都", "du1"),
        ("犬只管理", "只", "zhi1"),
        ("特困人员供养", "供", "gong1"),
        ("疫苗接种", "种", "zhong4"),
        ("退耕还林", "还", "huan2"),
        ("您说的比较长", "长", "chang2"),
        ("办得怎么样", "得", "de"),
        ("还有别的事", "还", "hai2"),
    ],
)
def test_words_are_read_as_people_say_them(text: str, character: str, sound: str) -> None:
    written = homophones.written(text)
    assert len(written) == len(text)
    assert lazy_pinyin(written, style=Style.TONE3)[text.index(character)] == sound


def test_recogniser_hears_a_name_as_the_voices_speak_it() -> None:
    assert units.of_text("白佛") == ["b", "ai", "f", "o"]


class Clicks:
    """A voice that clicks once for each character."""

    spoken = 0

    def say(self, text: str, blend: dict[str, float], speed: float = 1.0) -> voices.Sound:
        self.spoken += 1
        return np.tile(np.array([0.5] + [0.0] * 99, np.float32), len(text))


def test_sentences_of_unheard_voices_keep_their_words_in_a_later_run(
    county: County, tmp_path: Path
) -> None:
    kokoro = Clicks()
    first = train.held_out(cast(Kokoro, kokoro), county, tmp_path)
    again = train.held_out(cast(Kokoro, kokoro), county, tmp_path)
    assert kokoro.spoken == train.HELD_OUT_SENTENCES
    assert [text for text, _, _ in again] == [text for text, _, _ in first]
    assert all(len(sound) == 100 * len(text) for text, sound, _ in again)


def test_line_that_is_no_saying_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sayings.txt"
    path.write_text("3 停水了\n停电了\n", encoding="utf-8")
    with pytest.raises(SayingFault, match=r"line 2.*停电了"):
        sayings.read(path)


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("路灯", "l u d eng"),
        ("是", "sh iii"),
        ("四", "s ii"),
        ("幺", "y ao"),
        ("绿", "l v"),
        ("东韩村", "d ong h an c un"),
        ("好的 谢谢", "h ao d e x ie x ie"),
    ],
)
def test_text_becomes_initials_and_finals(text: str, sounds: str) -> None:
    assert units.of_text(text) == sounds.split()


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20))
def test_any_characters_become_known_units_one_entry_for_each(text: str) -> None:
    spelled = units.of_characters(text)
    assert len(spelled) == len(text)
    assert {unit for each in spelled for unit in each} <= set(units.UNITS)


def test_every_name_of_the_county_can_be_spelled(county: County) -> None:
    names = sayings.names_of(county)
    every = (*names.towns, *names.all_places, *sayings.words_of(county))
    assert [name for name in every if not units.spelled(units.of_text(name))] == []


def grammar(*sentences: str) -> Grammar:
    return language.build(
        [sentence.split() for sentence in sentences], ("停水", "路灯", *sayings.DIGITS), NAMES
    )


def cost(made: Grammar, text: str) -> float:
    """The cheapest way to say these words; infinite where they can't be said."""
    arcs = defaultdict(list)
    for arc in made.arcs:
        arcs[arc.source].append(arc)
    best = {(0, 0): 0.0}
    waiting = [(0, 0)]
    words = text.split()
    while waiting:
        state, at = waiting.pop()
        for arc in arcs[state]:
            if arc.said and (at == len(words) or arc.said != words[at]):
                continue
            there, new = (arc.target, at + bool(arc.said)), best[state, at] + arc.cost
            if new < best.get(there, math.inf) - 1e-9:
                best[there] = new
                waiting.append(there)
    ends = [
        c + made.final[s] for (s, at), c in best.items() if at == len(words) and s in made.final
    ]
    return min(ends, default=math.inf)


def test_what_residents_say_is_cheaper_than_what_they_do_not() -> None:
    made = grammar("{place} 停水 了", "{place} 停水 了", "路灯 坏 了")
    assert cost(made, "东韩村 停水 了") < cost(made, "停水 东韩村 了")
    assert math.isfinite(cost(made, "路灯 停水"))
    assert math.isinf(cost(made, "飞机"))


def test_place_of_another_township_is_dearer_after_a_township() -> None:
    made = grammar("{town}{place} 停水", "{town} 停水", "{place} 停水")
    within, across = cost(made, "和阳镇 东韩村 停水"), cost(made, "和阳镇 程牌村 停水")
    assert within < across
    assert cost(made, "贾宋镇 的 程牌村 停水") < cost(made, "和阳镇 的 程牌村 停水")


def test_digits_go_on_as_long_as_the_number() -> None:
    made = grammar("单号 {digits}")
    number = " ".join("二零二六零三幺五零零八六")
    assert math.isfinite(cost(made, f"单号 {number}"))


@given(st.lists(st.lists(st.sampled_from(["停水", "{place}", "了", "{digits}"]), max_size=5)))
def test_chances_out_of_every_state_sum_to_one_but_for_what_is_kept_for_the_unseen(
    sentences: list[list[str]],
) -> None:
    made = language.build(sentences, ("停水", "了"), NAMES)
    out: defaultdict[int, float] = defaultdict(float)
    for arc in made.arcs:
        out[arc.source] += math.exp(-arc.cost / language.WEIGHT)
    for state, end in made.final.items():
        out[state] += math.exp(-end / language.WEIGHT)
    assert all(total < 1.01 + language.DISCOUNT for total in out.values())


def test_township_before_a_place_is_one_class(tmp_path: Path) -> None:
    segmenter = Segmenter(tmp_path)
    assert graph.tokens(segmenter, "{town}{place}的路灯") == ["{town}{place}", "的", "路灯"]
    assert graph.tokens(segmenter, "{town}的{place}") == ["{town}{place}"]
    assert graph.tokens(segmenter, "不是 是{place}") == ["不是", "是", "{place}"]


def test_short_answer_is_one_word_of_the_graph(tmp_path: Path) -> None:
    segmenter = graph.segmenter_for(tmp_path, ("东韩村",))
    for answer in ("不对", "不是", "没解决", "来过", "联系过", "不满意"):
        assert segmenter.cut(answer) == [answer]
    assert segmenter.cut("一直不给") == ["一直", "不", "给"]


def test_word_is_also_known_as_it_sounds_within_a_sentence() -> None:
    found = graph.pronounced(["银行", "行"], [["银", "行"], ["行"]])
    assert ("h", "ang") in found["行"]
    assert ("x", "ing") in found["行"]


@pytest.mark.parametrize("codec", ["mu-law", "a-law", "gsm", "none"])
def test_sound_through_a_line_keeps_its_length_and_loses_its_high_tones(codec: str) -> None:
    chance = np.random.default_rng(1)
    at = np.arange(24_000) / 24_000
    high = (0.5 * np.sin(2 * np.pi * 3900 * at)).astype(np.float32)
    tone = (0.5 * np.sin(2 * np.pi * 1000 * at)).astype(np.float32)
    line = telephone.Line(codec=codec, lead_s=0.0, tail_s=0.0, peak_db=-3.0)
    heard = telephone.through(high * 0.5 + tone, 24_000, line, chance)
    assert abs(len(heard) - 8000) <= 320
    spectrum = np.abs(np.fft.rfft(heard[:8000]))
    assert spectrum[3850:3950].max() < spectrum[950:1050].max() * 0.05
    assert np.abs(heard).max() <= 1.0


def test_every_line_that_is_drawn_carries_any_sound() -> None:
    chance = np.random.default_rng(2)
    for _ in range(50):
        heard = telephone.through(
            np.zeros(2400, np.float32), 24_000, telephone.draw(chance), chance
        )
        assert np.isfinite(heard).all()


def test_errors_are_counted_in_characters_and_yao_is_one() -> None:
    found = measure.errors([("幺三九", "一三九"), ("东韩村 停水", "东韩停水了"), ("对", "")])
    assert (found.wrong, found.said, found.sentences, found.whole) == (3, 9, 3, 1)


def test_missing_library_is_told_in_chinese_with_what_to_run() -> None:
    with pytest.raises(ExtraMissing, match=r"训练.*pip install 'nanhe-hotline\[speech\]'"):
        extra.need("torch_that_is_not_there", "训练语音识别")
    with pytest.raises(ExtraMissing, match=r"生成解码图.*pip install kaldifst_that_is_not_there（"):
        extra.need("kaldifst_that_is_not_there", "生成解码图", alone=True)


def test_missing_voices_are_told_in_chinese(tmp_path: Path) -> None:
    with pytest.raises(VoicesMissing, match=r"model\.onnx.*docs/speech\.md"):
        voices.load(tmp_path)
