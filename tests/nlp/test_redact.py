"""Nothing that tells who somebody is leaves the house."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import redact

SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我电话13912345678，急", "我电话［电话］，急"),
        ("+86-139-1234-5678", "［电话］"),
        ("一三九，一二三四，五六七八", "［电话］"),
        ("座机0319-4569899", "座机［电话］"),
        ("身份证130527199001011234", "身份证［身份证号］"),
        ("13052719900101123X", "［身份证号］"),
        ("1305 2719 9001 0112 34", "［身份证号］"),
        ("卡号6222 0212 3456 7890 123", "卡号［卡号］"),
        ("车牌冀E12345", "车牌［车牌］"),
        ("冀E·D12345", "［车牌］"),
        ("冀e 88a88", "［车牌］"),
        ("我叫张三住东韩村", "我叫某某住东韩村"),
        ("我叫李小明，电话", "我叫某某，电话"),
        ("我叫欧阳明月", "我叫某某"),
        ("我姓王", "我姓某"),
        ("姓名：赵铁柱", "姓名：某某"),
        ("我是刘建国，路灯坏了", "我是某某，路灯坏了"),
        ("我是张师傅家的", "我是某师傅家的"),
    ],
)
def test_what_tells_who_somebody_is_is_masked(text: str, masked: str) -> None:
    assert redact.mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "工单20261124-0001",
        "2026年11月24日",
        "2026-11-24",
        "欠我120000块",
        "1234567元",
        "1,234,567",
        "1、2、3、4、5、6、7、8",
        "我是东韩村的",
        "我叫了三次",
        "打12345没人接",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert redact.mask(text) == text


@settings(deadline=None, max_examples=200)
@given(
    MOBILE,
    st.sampled_from(("", " ", "-", "，", "  ")),
    st.sampled_from(("plain", "wide", "spoken")),
    st.text(max_size=12),
    st.text(max_size=12),
)
def test_no_telephone_number_is_left(
    number: str, gap: str, form: str, before: str, after: str
) -> None:
    said = gap.join((number[:3], number[3:7], number[7:]))
    said = said.translate({"plain": {}, "wide": WIDE, "spoken": SPOKEN}[form])
    masked = unicodedata.normalize("NFKC", redact.mask(f"{before}，电话{said}。{after}"))
    assert number not in masked.replace(" ", "").replace("-", "").replace(",", "")
    assert said not in masked


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), st.text(alphabet="0123456789 -，幺三九x、", max_size=40)))
def test_mask_leaves_no_eleven_digit_phone(text: str) -> None:
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", redact.mask(text))


@settings(deadline=None, max_examples=200)
@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_no_identity_number_is_left(number: str) -> None:
    assert redact.mask(f"身份证号{number}") == "身份证号［身份证号］"


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13912345678", "139****5678"),
        ("+8613912345678", "139****5678"),
        ("+85261234567", "+85****4567"),
        ("4569899", "456****9899"),
        ("110", "****10"),
        ("", ""),
    ],
)
def test_a_phone_number_keeps_its_ends(phone: str, masked: str) -> None:
    assert redact.mask_phone(phone) == masked
