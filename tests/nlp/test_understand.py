"""The one way in answers any text, the same each time, within bounds."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.county import County
from nlp import classify
from nlp.ranking import MOST_GUESSES
from nlp.understand import Understander
from nlp.understanding import RequestKind, Understanding, Urgency

FAST = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HOSTILE = (
    "路" * 100_000,
    "着火" * 50_000,
    "没有" * 50_000,
    "嗯，" * 50_000,
    "一杠" * 50_000,
    "，" * 100_000,
    "😀" * 100_000,
    "1" * 100_000,
    "还有路灯坏了" * 20_000,
    "我叫王王" * 30_000,
    "\ud800" * 100_000,
    "ﷺ" * 50_000,
)


def test_the_story_of_the_street_lamp(understander: Understander, county: County) -> None:
    said = understander("东韩村村口的路灯坏了三天了没人修，我电话幺三九零零一二三四五六")
    assert said.kind is RequestKind.HELP
    assert said.urgency is Urgency.NORMAL
    assert county.category_path(said.categories[0].code).endswith("路灯照明")
    assert said.categories[0].confidence >= 0.8
    assert "路灯坏" in said.categories[0].evidence
    assert county.places_by_code[said.places[0].code].name == "东韩村"
    assert said.phones == ("13900123456",)
    assert said.demands == (said.text,)
    assert said.model


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("跑了八个部门互相踢皮球，俺家的低保到现在没办下来", "090801"),
        ("互相推诿，俺娘的残疾证办不下来", "090708"),
        ("跑了六趟互相推诿，养老金还没发", "1508"),
        ("村里不作为，啥事不管", "050201"),
        ("村东头砖窑又冒黑烟了", "040206"),
        ("桥栏杆断了怕掉下去", "060208"),
    ],
)
def test_matter_is_what_was_wanted_and_not_what_is_said_of_it(
    text: str, code: str, understander: Understander
) -> None:
    assert understander(text).categories[0].code.startswith(code)


def test_swindlers_that_he_calls_us_are_no_fraud(understander: Understander) -> None:
    said = understander("你们政府都是骗子，我要上北京告你们去")
    assert all(guess.code != "130712" for guess in said.categories)
    assert said.categories[0].confidence < 0.8


def test_ticket_numbers_are_read(understander: Understander) -> None:
    said = understander("工单二零二六一一二四杠零零零三怎么样了")
    assert said.kind is RequestKind.PROGRESS
    assert said.tickets == ("20261124-0003",)


@pytest.mark.parametrize("text", ["你好", "对", "不用了", "转人工", "查进度", "", "？？"])
def test_talk_is_no_matter(text: str, understander: Understander) -> None:
    assert understander(text).categories == ()


def test_danger_names_a_danger_of_the_catalogue(understander: Understander, county: County) -> None:
    said = understander("有个孩子掉机井里了")
    assert said.urgency is Urgency.DANGER
    assert county.category_path(said.categories[0].code).endswith("溺水坠落")


@pytest.mark.parametrize(
    "text", ["俺老伴摔了起不来了", "老人摔倒了起不来", "俺娘摔倒起不来了，家里就俺一个人"]
)
def test_danger_is_told_by_what_was_found_in_his_words(
    understander: Understander, text: str
) -> None:
    said = understander(text)
    assert (said.kind, said.urgency) == (RequestKind.HELP, Urgency.DANGER)
    evidence = said.categories[0].evidence
    assert "流血" not in evidence and any("摔" in word for word in evidence)


def test_a_denied_danger_names_none(understander: Understander) -> None:
    said = understander("没有着火，是想问路灯什么时候修")
    assert said.urgency is Urgency.NORMAL
    assert said.categories[0].code == "010217"
    assert said.danger_words == ()


@FAST
@given(st.text(max_size=300))
def test_any_text_is_answered(understander: Understander, text: str) -> None:
    _holds(understander(text))


@FAST
@given(st.text(alphabet="没有不是着火停水坏了路灯东韩村我要投诉，。？还有1390幺 \n", max_size=120))
def test_any_likely_text_is_answered(understander: Understander, text: str) -> None:
    said = understander(text)
    _holds(said)
    assert understander(text) == said


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:6]))
def test_hostile_length_is_read_in_part(text: str, understander: Understander) -> None:
    _holds(understander(text))


def test_several_threads_understand_alike(understander: Understander) -> None:
    text = "河郭镇刘义屯村又跳闸了，一天停八回"
    expected, found = understander(text), []
    threads = [threading.Thread(target=lambda: found.append(understander(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def _holds(said: Understanding) -> None:
    assert len(said.text) <= 2500
    assert len(said.categories) <= MOST_GUESSES
    assert 1 <= len(said.demands) <= 4
    for guess in (*said.categories, *said.places):
        assert guess.code
        assert 0 <= guess.confidence <= 1
    named = [guess.code for guess in said.categories]
    assert len(set(named)) == len(named)
    assert (said.urgency is Urgency.DANGER) == bool(said.danger_words)


@pytest.mark.parametrize(
    "text",
    ["有时候三五天没人收垃圾", "路灯有时候三天不亮", "到时候一下雨就积水", "王庄达是我老板"],
)
def test_a_name_that_cuts_through_a_word_is_no_place(text: str, understander: Understander) -> None:
    assert understander(text).places == ()


@pytest.mark.parametrize("text", ["在邢台汽车站", "在北京汽车站", "偶闻西地省M3县人民医院"])
def test_a_landmark_of_another_county_is_not_ours(text: str, understander: Understander) -> None:
    assert understander(text).places == ()


@pytest.mark.parametrize("text", ["在南和汽车站", "我们县人民医院门口", "在汽车站等车"])
def test_our_own_landmarks_are_found(text: str, understander: Understander) -> None:
    assert understander(text).places


@pytest.mark.parametrize(
    "text",
    [
        *("人呢", "来人啊", "饿死了", "网没了", "手机掉河里了", "这歌火了", "没有塌", "没死人"),
        *("没着火你们别来了", "没人跳楼，是演习", "别跳楼", "没有煤气泄漏，你们弄错了"),
    ],
)
def test_what_says_next_to_nothing_or_denies_a_danger_is_not_sure_of_anything(
    text: str, understander: Understander
) -> None:
    said = understander(text)
    assert said.urgency is not Urgency.DANGER
    assert all(guess.confidence < 0.5 for guess in said.categories)


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("污水井冒水", "水污染"),
        ("和阳大街红绿灯不亮", "交通信号与标志"),
        ("打药中毒了", "其他险情"),
    ],
)
def test_a_word_inside_another_names_no_category(
    text: str, ending: str, understander: Understander, county: County
) -> None:
    assert county.category_path(understander(text).categories[0].code).endswith(ending)


@pytest.mark.parametrize(
    "text", ["跳楼价甩卖的喇叭", "楼下商店天天放跳楼价甩卖的喇叭", "店门口喇叭喊跳楼价吵死人"]
)
def test_a_shops_loudspeaker_is_noise(text: str, understander: Understander) -> None:
    assert understander(text).categories[0].code.startswith("04")


def test_of_few_words_the_classifier_is_less_sure() -> None:
    warm, cool = classify.load(cools=False), classify.load()
    words = ["物业", "收费"]
    assert cool.guess(words)[0].code == warm.guess(words)[0].code
    assert cool.guess(words)[0].confidence < warm.guess(words)[0].confidence
