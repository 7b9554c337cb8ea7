"""Texts as people say them on the telephone."""

import cn2an
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.phone.voice import numerals, reading

SAID = {
    "单号 20261124-0001。": "单号二零二六，幺幺二四，零零零幺。",
    "督办单号 20261124-0012-D2": "督办单号二零二六，幺幺二四，零零幺二，督办二",
    "20261124-10234": "二零二六，幺幺二四，幺零二三四",
    "11月27日 17:30": "十一月二十七号下午五点半",
    "2026年12月1日前": "二零二六年十二月一号前",
    "2026-11-27 09:05": "二零二六年十一月二十七号，上午九点零五分",
    "2026年": "二零二六年",
    "2025-2026年": "二零二五到二零二六年",
    "下午3:20": "下午三点二十分",
    "12:00": "中午十二点",
    "0:15": "凌晨零点十五分",
    "2点，2时30分": "两点，两点三十分",
    "后天下午五点半前（已超期）": "后天下午五点半前，已超期",
    "本周五17:30前": "本周五下午五点半前",
    "请先拨打 110、119 或 120。": "请先拨打幺幺零、幺幺九或幺二零。",
    "12345热线": "幺二三四五热线",
    "电话13912345678": "电话幺三九，幺二三四，五六七八",
    "+86 13912345678": "幺三九，幺二三四，五六七八",
    "0319-4569899": "零三幺九，四五六，九八九九",
    "热线4569899": "热线四五六，九八九九",
    "按 *，再按 123456": "按星号，再按幺二三，四五六",
    "满意，按 1": "满意，按一",
    "400-123-4567": "四零零，幺二三，四五六七",
    "3天2个小时": "三天两个小时",
    "12户，2户": "十二户，两户",
    "2号楼2单元501室": "二号楼二单元五零幺室",
    "3.5公里": "三点五公里",
    "85%": "百分之八十五",
    "12.5%": "百分之十二点五",
    "1,200元": "一千二百元",
    "¥50": "五十元",
    "3-5天": "三到五天",
    "G107国道": "G幺零七国道",
    "省道S329 K12+300处": "省道S三二九，十二公里三百米处",
    "K5+020": "五公里二十米",
    "k102+000路边": "一百零二公里路边",
    "K3+2": "三公里二百米",
    "200㎡，5km，30℃": "二百平方米，五公里，三十摄氏度",
    "澧都社区1号网格": "澧都社区一号网格",
    "100005": "十万零五",
    "看 https://example.org/a?b=1 吧": "看网页链接吧",
    "事情：路灯\n地点：东韩村": "事情，路灯。地点，东韩村",
    "您要是想说，回“人工”。": "您要是想说，回人工。",
    "好！！！": "好。",
    "１２３４５６７": "幺二三，四五六七",
    "二〇二六年": "二零二六年",
    "😀您好": "您好",
    "": "",
    "……": "",
}
AMOUNTS = {
    0: "零", 2: "二", 10: "十", 15: "十五", 20: "二十", 105: "一百零五", 110: "一百一十", 1001: "一千零一",
    10_000: "一万", 10_500: "一万零五百", 100_005: "十万零五", 101_000: "十万一千", 1_000_000: "一百万",
    100_000_001: "一亿零一", 123_456_789: "一亿二千三百四十五万六千七百八十九", 10**12: "一零零零零零零零零零零零零",
}  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_text_is_read_as_people_say_it(text: str) -> None:
    assert reading.read(text) == SAID[text]


@pytest.mark.parametrize("number", AMOUNTS)
def test_amount_is_said_as_people_say_it(number: int) -> None:
    assert numerals.amount(number) == AMOUNTS[number]


@settings(deadline=None)
@given(st.integers(1, 10**12 - 1))
def test_amount_is_understood_by_another_program(number: int) -> None:
    assert cn2an.cn2an(numerals.amount(number), "smart") == number


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789"), min_size=6, max_size=30))
def test_groups_hold_every_digit_in_threes_and_fours(digits: str) -> None:
    groups = numerals.groups(digits)
    assert "".join(groups) == digits
    assert {len(group) for group in groups} <= {3, 4}


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=8),
            st.from_regex(r"[0-9.,:/%¥ -]{1,12}", fullmatch=True),
            st.sampled_from(
                ["年", "月", "日", "点", "个", "室", "20261124-0001", "东韩村", "G", "km"]
            ),
        ),
        max_size=12,
    )
)
def test_whatever_is_read_has_no_digits_and_is_read_once(parts: list[str]) -> None:
    said = reading.read("".join(parts))
    assert not any(each.isdigit() for each in said)
    assert reading.read(said) == said


def test_very_long_text_is_read_from_its_beginning() -> None:
    assert len(reading.read("路灯坏了" * 10_000)) == reading.MOST_CHARACTERS
