"""Danger is heard at once; what is denied, past, asked or figurative is none."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp import urgency
from nlp.danger import tables as danger_tables
from nlp.normalize import normalize
from nlp.segment import Segmenter
from nlp.understanding import Urgency
from nlp.urgency import Watch

DANGER = (
    "家里着火了",
    "东韩村有房子着火了快来人",
    "没人管着火了",
    "楼上冒烟了",
    "电表箱冒烟",
    "变压器冒火",
    "厨房煤气漏了",
    "有一股煤气味",
    "闻到天然气味",
    "燃气泄漏了",
    "好像煤气泄漏了",
    "可能着火了",
    "他家房子塌了埋住人了",
    "墙倒了砸着人了",
    "房子要塌了",
    "院墙快倒了压着人",
    "高压线断了掉地上",
    "电线掉地上了",
    "有人触电了",
    "孩子掉河里了",
    "有人落水",
    "老人掉井里了",
    "有人要跳楼",
    "我不想活了",
    "我媳妇喝农药了",
    "他要自杀",
    "再不给工资我就跳楼",
    "不给解决我就死给你看",
    "我怕他想不开",
    "有人拿刀砍人",
    "正在打架",
    "打起来了",
    "我被打伤了",
    "流了好多血",
    "我老公打我老婆打得厉害",
    "家暴",
    "孩子丢了",
    "老人走丢了",
    "我妈走失了",
    "几十个人堵着厂门口",
    "村民堵路了",
    "一帮人围着村委会闹",
    "两家动手打群架",
    "电梯困人了",
    "被困电梯里了",
    "煤气罐爆炸了",
    "气罐炸了",
    "老人晕倒了",
    "食物中毒了",
    "煤气中毒",
    "出车祸了有人受伤",
    "撞死人了",
    "着火的地方在东韩村快来",
    "着火了打什么电话",
    "去年着过火现在又着火了",
    "没水了还着火了",
    "不是停电是着火了",
    "有没有着火不知道但是在冒烟",
    "救命啊",
    "秸秆着火了快烧到房子了",
    "要出人命了",
    "孩子卡在窗户里了",
    "洪水进村了",
    "养猪场沼气中毒",
    "他说要杀了我",
    "漏电了",
    "电着人了",
    "疯子拿着刀",
    "我要上吊",
    "一氧化碳中毒",
    "是不是着火了",
    "楼道里起火",
    "走水了",
    "村里有人聚众闹事",
    "我一个人在家喘不上气",
    "救救我",
    "麦子地起火了",
    "有人要轻生",
    "加油站着火",
    "有人抢劫",
    "孩子溺水",
    "我想死",
    "活着没意思",
    "化工厂爆炸了",
    "拉横幅了一大群人",
    "集体上访",
    "房顶塌下来了",
    "俺娘没气了",
    "大货车撞了人",
    "液氨泄漏",
    "闺女被拐走了",
    "有人往楼下跳要自杀",
)
NO_DANGER = (
    "没有着火",
    "不是着火",
    "着火的电话是多少",
    "气得我要爆炸了",
    "没有发生火灾",
    "没着火就是有点糊味",
    "消防演练",
    "防火宣传",
    "火灾保险怎么买",
    "去年村里着火",
    "去年着火烧的房子补助",
    "嗓子冒烟",
    "渴得嗓子都冒烟了",
    "人气爆炸",
    "跳楼价",
    "楼下商店天天放跳楼价甩卖的喇叭",
    "楼顶的广告喊跳楼价",
    "你们是死人吗",
    "你们都是死人吧，没一个管事的",
    "热死人了",
    "吵死人了",
    "打不着火",
    "灶打不着火",
    "车打不着火",
    "烟囱冒烟",
    "轮胎漏气",
    "怕着火",
    "容易着火",
    "有火灾隐患",
    "电线老化怕着火",
    "防止溺水",
    "防溺水宣传",
    "没人溺水",
    "狗走丢了",
    "手机掉沟里了",
    "井盖掉下去了",
    "生意火爆",
    "煤气中毒怎么预防",
    "如果着火了怎么办",
    "被诊断为食物中毒的赔偿标准",
    "上个月撞死人的事故赔偿",
    "车祸赔偿怎么算",
    "危房要塌了申请改造",
    "房子快塌了想申请危房补助",
    "打火机",
    "吃火锅",
    "炸了锅",
    "打电话",
    "杀虫剂",
    "手机中毒了",
    "笑死人了",
    "没有打架",
    "我不是要自杀",
    "没有人受伤",
    "别跳楼",
    "救命钱",
    "钱被困在卡里",
    "没漏气",
    "没闻到煤气味",
    "忙得我冒火",
    "电话打爆了",
    "拆迁会不会塌",
    "路面塌陷一个大坑",
    "三年前房子着火",
    "钥匙掉井里了",
    "路灯不亮",
    "垃圾没人清",
    "低保怎么办",
    "火车站",
    "发火",
    "气死人了",
    "公公发火了",
    "大火锅",
    "前年孩子溺水的事",
    "我想问下触电赔偿",
    "电线低怕触电",
    "反家暴宣传",
    "杀猪菜",
    "猫走失",
    "预防煤气中毒",
    "严禁打架",
    "以为着火了其实是做饭",
    "有着火的危险",
    "死人领钱",
    "上次打架的处理结果",
)
URGENT = (
    "停水了",
    "没水三天了",
    "停电了",
    "没电了",
    "暖气不热",
    "天然气停了",
    "没气了",
    "水管爆了",
    "井盖没了",
    "跑水了",
    "屋里不热",
    "一直跳闸",
    "没有水吃",
    "不来水",
    "变压器坏了",
)
NORMAL = (
    "没水费",
    "没有电梯",
    "手机没电了",
    "机井没电浇不了地",
    "没停水",
    "什么时候停电",
    "电动车没电",
    "没有电话",
    "水费太高",
    "没有水平",
    "没力气",
    "没有水渠",
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """The tables without the second ear."""
    return urgency.build(Segmenter(tmp_path_factory.mktemp("jieba")))


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_heard(text: str, tables: Watch) -> None:
    alarm = tables(normalize(text))
    assert alarm.urgency is Urgency.DANGER
    assert alarm.words
    assert alarm.signs
    assert alarm.rules


@pytest.mark.parametrize(
    "text",
    [
        "低保申请要啥，俺邻居家着火了",
        "我想问下医保报销，哎呀俺家着火了",
        "申请补助的事，孩子掉河里了",
    ],
)
def test_a_matter_told_before_it_does_not_hide_a_sudden_danger(text: str, tables: Watch) -> None:
    assert tables(text).urgency is Urgency.DANGER


@pytest.mark.parametrize(
    "text", ["家里着火了，房子烧没了能申请补助吗", "去年家里着火了，保险赔不赔"]
)
def test_what_is_asked_for_after_a_danger_says_that_it_is_over(text: str, tables: Watch) -> None:
    assert tables(text).urgency is not Urgency.DANGER


@pytest.mark.parametrize("text", NO_DANGER)
def test_what_only_sounds_like_danger_is_none(text: str, tables: Watch) -> None:
    assert tables(normalize(text)).urgency is not Urgency.DANGER


@pytest.mark.parametrize("text", URGENT)
def test_water_power_gas_and_heat_that_fail_are_urgent(text: str, tables: Watch) -> None:
    assert tables(normalize(text)).urgency is Urgency.URGENT


@pytest.mark.parametrize("text", NORMAL)
def test_what_only_sounds_urgent_is_normal(text: str, tables: Watch) -> None:
    assert tables(normalize(text)).urgency is Urgency.NORMAL


def test_a_denied_danger_does_not_hide_a_real_one(tables: Watch) -> None:
    alarm = tables("没有着火，是有人触电了")
    assert alarm.urgency is Urgency.DANGER
    assert alarm.dismissed == ("着火",)


@settings(
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(DANGER), st.sampled_from(("你好，", "喂，我说个事，", "东韩村，")))
def test_danger_is_heard_behind_other_words(tables: Watch, danger: str, before: str) -> None:
    assert tables(normalize(before + danger)).urgency is Urgency.DANGER


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("老公把我打了", "家里人打人"),
        ("俺婆婆要喝药", "人要喝药"),
        ("柴火垛着了", "东西着了"),
        ("老人摔倒了起不来", "摔了动不了"),
        ("河水漫上来了", "河水涨"),
    ],
)
def test_the_rule_that_found_it_is_told(text: str, rule: str, tables: Watch) -> None:
    assert rule in tables(text).rules


@pytest.mark.parametrize(
    "text", ["孩子睡着了", "我想不开通这个业务", "电话通知着火车票", "大火锅店", "气球放气"]
)
def test_a_word_inside_another_word_is_none(text: str, tables: Watch) -> None:
    assert tables(text).urgency is not Urgency.DANGER


@pytest.mark.parametrize(
    ("text", "rest"),
    [("没着火你们别来了", "没，，你们别来了"), ("没有塌方", "没有，，"), ("路灯坏了", "路灯坏了")],
)
def test_what_was_dismissed_is_left_out_of_the_rest(text: str, rest: str, tables: Watch) -> None:
    assert tables(text).rest == rest


def test_a_denial_reaches_the_weak_signs_of_its_danger(tables: Watch) -> None:
    assert tables("不是着火，是烧秸秆冒烟").urgency is not Urgency.DANGER
    assert tables("没着火，是煤气漏了").urgency is Urgency.DANGER


def test_every_row_names_lists_that_exist() -> None:
    known = danger_tables.words()
    rules = [*danger_tables.rules("dangers"), *danger_tables.rules("harmless")]
    unknown = {
        part
        for rule in rules
        for slot in rule.slots
        for part in slot.split("/")
        if part.isascii() and part.isalpha() and part not in known
    }
    assert unknown <= {"U"}
    assert all(rule.gap <= 20 and 1 <= len(rule.slots) <= 5 for rule in rules)
