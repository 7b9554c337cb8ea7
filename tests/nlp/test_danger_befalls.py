"""A danger is one whomever it befalls, wherever it is: no name of a person or a place hides it."""

import pytest

from config.county import County, UnitKind
from nlp import urgency
from nlp.danger import tables
from nlp.normalize import normalize
from nlp.places import gazetteer
from nlp.segment import Segmenter
from nlp.understanding import Urgency
from nlp.urgency import Watch

LISTS = {name: said.split() for name, said in tables.words().items()}

ELSEWHERE = [
    "工会",
    "年会",
    "展会",
    "运动会",
    "培训班",
    "宣传部",
    "医保局",
    "法院",
    "保险公司",
    "报销窗口",
    "低保户家",
    "防疫站",
    "演习场",
    "麻将馆",
    "换热站",
    "快递点",
    "手机店",
    "消防队",
    "会议室",
    "反光镜厂",
    "防洪堤",
    "模拟考场",
]
# What the first words of some rows make.
NO_SENTENCES = {"炮把人手炸", "狗人手咬", "伤人", "轮子底下人", "道口卡车", "嘴歪嘴歪"}


@pytest.fixture(scope="module")
def watch(county: County, tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """The tables without the second ear; it knows the names of the county."""
    words = gazetteer.words(county)
    return urgency.build(Segmenter(tmp_path_factory.mktemp("jieba"), words))


@pytest.mark.parametrize(
    "said", ["{}触电了", "{}被车撞了", "{}掉井里了", "{}突然倒地上了", "有人拿刀砍{}"]
)
def test_it_befalls_anybody(said: str, watch: Watch) -> None:
    told = [said.format(person) for person in LISTS["person"]]
    assert [each for each in told if _is_missed(each, watch)] == []


@pytest.mark.parametrize("said", ["{}着火了", "{}着火了快来", "俺家{}着火了"])
def test_fire_breaks_out_anywhere(said: str, watch: Watch) -> None:
    told = [said.format(place) for place in LISTS["burnable"]]
    assert [each for each in told if _is_missed(each, watch)] == []


@pytest.mark.parametrize(
    "said",
    [
        "{}着火了",
        "{}发生爆炸了",
        "{}里有人触电了",
        "有人在{}晕倒了",
        "{}有人拿刀砍人",
        "{}塌了压着人了",
    ],
)
def test_no_name_of_a_place_or_an_office_hides_it(said: str, county: County, watch: Watch) -> None:
    units = (u.name for u in county.units.values() if u.kind is not UnitKind.GRID)
    names = {*units, *(place.name for place in county.places), *ELSEWHERE}
    assert [each for each in map(said.format, names) if _is_missed(each, watch)] == []


def test_each_row_hears_the_words_that_it_is_made_of(watch: Watch) -> None:
    told = {_in_its_words(rule.slots) for rule in tables.rules("dangers") if _is_grave(rule.danger)}
    assert {each for each in told if _is_missed(each, watch)} == NO_SENTENCES


@pytest.mark.parametrize(
    "said",
    [
        "村委会着火了",
        "居委会着火了",
        "鞭炮店着火了",
        "俺村会计掉河里了",
        "打工的掉下去了",
        "他把我胳膊打折了",
        "液化气罐爆炸了",
        "化工厂反应釜爆炸了",
        "鞭炮把头炸了",
        "炮仗把孩子脑袋炸了",
        "河水进屋了",
        "有人抢我手机",
        "有人想杀我",
        "我被人性侵了",
        "手卷到机器里去了",
        "他们不让我走还打我",
        "不让走还扣着人",
        "扬言要炸法院",
        "防盗门被撬了",
        "人被防盗窗卡住出不来",
        "老人反锁在家里没动静",
        "老人出去买菜一天没回来",
        "打工的把刀架在人脖子上",
        "他拿着汽油和打火机",
        "车卡在铁道上了",
        "道口卡车停铁路上了",
        "水没过炕了",
        "农民工把门堵了",
        "我的包被抢了",
        "包让人抢走了",
        "一辆货车把老人撞了",
        "大火烧到我家了",
        "火烧到房子了",
        "宣传栏着火了",
        "俺家老人在电梯里，没人管",
        "房子塌了压着人没人管",
        "我要反映有人掉井里了",
        "他打我问我要钱",
        "孩子在快递站走丢了",
        "瓦固着火了",
    ],
)
def test_what_stands_beside_it_does_not_hide_it(said: str, watch: Watch) -> None:
    assert not _is_missed(said, watch)


@pytest.mark.parametrize(
    "said",
    [
        "小区里放烟花爆竹，吵得睡不着",
        "过节烟花爆竹增添气氛",
        "禁止燃放烟花爆竹",
        "渴得嗓子都冒烟了",
        "手机中毒了",
        "店里超市打折",
        "我真想揍他一顿",
        "机井电机烧了",
        "他们抢我家地",
        "防盗门坏了",
        "培训会反响不好",
        "会计算错账了",
        "没有人受伤",
        "光缆断了",
        "小区电梯坏了没人管",
        "大车压坏路没人管",
        "我要反映大车压坏路的问题",
        "我要反映压级压价的问题",
        "我要反映淹地的问题",
        "传销拉人头没人管",
    ],
)
def test_what_is_harmless_stays_so(said: str, watch: Watch) -> None:
    assert _is_missed(said, watch)


def _is_missed(said: str, watch: Watch) -> bool:
    return watch(normalize(said)).urgency is not Urgency.DANGER


def _is_grave(danger: str) -> bool:
    return danger not in {"bite", "fraud", "theft"}


def _in_its_words(slots: tuple[str, ...]) -> str:
    first = (slot.split("/")[0] for slot in slots)
    return "".join(LISTS.get(each, [each])[0] for each in first)
