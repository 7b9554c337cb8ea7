"""When is it open, where is it done: what is only asked of an office."""

import pytest

from nlp import enquiry


@pytest.mark.parametrize(
    "text",
    [
        "社保局几点上班",
        "周末上班不",
        "俺想问问医保局礼拜六开门不",
        "派出所中午上班吗",
        "政务大厅下午几点下班",
        "国庆办事大厅上班吗",
    ],
)
def test_hours_are_asked(text: str) -> None:
    assert enquiry.asks_hours(text)


@pytest.mark.parametrize(
    "text", ["办身份证去哪", "结婚证在哪领啊", "残疾证去哪里办", "补社保卡去什么地方", "低保在哪办"]
)
def test_where_is_asked(text: str) -> None:
    assert enquiry.asks_where(text)


@pytest.mark.parametrize(
    "text",
    [
        "垃圾车几点来",
        "厂里周末上班不给加班费",
        "俺闺女周末有人接吗",
        "路灯坏了",
        "路灯不亮找谁换",
        "下水道堵了归哪个部门管",
        "低保归谁管",
        "残疾证找谁办",
        "派出所中午有人吗",
        "社保局几点上班我等了三天了",
        "派出所几点开门一直锁着门",
        "派出所周六不上班吗",
        "卫生室周末不开门吗",
        "学校啥时候开门都停课一个月了",
        "隔壁烧烤摊几点关门",
        "工地几点下班",
        "厕所几点开门",
        "房产证啥时候能办",
        "上交的扶贫款都去哪里了",
        "拖欠的工资去哪领",
        "办低保去哪办跑了三趟",
        "办的低保去哪了",
        "俺村路灯坏了三天了想问问你们几点上班能不能快点派个人来修一修",
    ],
)
def test_other_things_are_not(text: str) -> None:
    assert not enquiry.asks_hours(text)
    assert not enquiry.asks_where(text)
