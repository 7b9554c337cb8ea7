"""A text as people say it on the telephone, pure: no digits and no signs are left in it.

Ticket and telephone numbers are read digit by digit in groups (一 as 幺), amounts as amounts, dates
and times as people say them. What is read already comes back unchanged.
"""

import re
from collections.abc import Callable

from channels.phone.voice import numerals

MOST_CHARACTERS = 2000  # nobody listens to more

_WIDE = str.maketrans(
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ％～．",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ%~.",
)
_MARKS = str.maketrans({
    ",": "，", ";": "；", "?": "？", "!": "。", "！": "。", ":": "，", "：": "，", "；": "，",
    "(": "，", ")": "，", "（": "，", "）": "，", "【": "，", "】": "，", "[": "，", "]": "，",
    "…": "，", "—": "，", "\n": "。", "\r": "。", "|": "，", "/": "，", "·": "，",
    "“": "", "”": "", "‘": "", "’": "", '"': "", "'": "", "《": "", "》": "", "「": "", "」": "",
    "〇": "零", "#": "", "*": "", "_": "", "`": "", "=": "", "<": "", ">": "", "~": "",
    "^": "", "\\": "",
})  # fmt: skip
_MARKED_RUN = re.compile(r"[\s，。？、]*([，。？、])[\s，。？、]*")
_HAN = r"\u3400-\u9fff"
_SPACE_BY_HAN = re.compile(rf"(?<=[{_HAN}，。？、])\s+|\s+(?=[{_HAN}，。？、])")
_UNSAID = re.compile(rf"[^{_HAN}A-Za-z，。？、 ]")

_Say = Callable[[re.Match[str]], str]
_PARTS_OF_DAY = "凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里"
_COUNTED = (  # 两, not 二, before these
    "个|天|户|人|次|条|件|位|处|米|公里|千米|小时|分钟|周|倍|亩|吨|斤|公斤|辆|家|间|棵|盏|块|名|台|只|头|口|"
    "座|根|张|份|批|种|趟|回|年|元|万|千|亿|栋|套|遍|杯|袋|顿|夜|晚|平方米|立方米|毫米|厘米"
)
_ROOMS = "室|房|户室"
_SIGNS = {
    "℃": "摄氏度", "㎡": "平方米", "m²": "平方米", "m2": "平方米", "m³": "立方米", "㎥": "立方米",
    "km": "公里", "kg": "公斤", "cm": "厘米", "mm": "毫米", "kW": "千瓦", "m": "米",
}  # fmt: skip


def read(text: str) -> str:
    """The text as it is said; of more than MOST_CHARACTERS the beginning."""
    said = text[:MOST_CHARACTERS].translate(_WIDE)
    for pattern, say in _RULES:
        said = pattern.sub(say, said)
    said = said.translate(_MARKS)
    said = _UNSAID.sub("", said)
    said = _MARKED_RUN.sub(_strongest, said)
    said = _SPACE_BY_HAN.sub("", " ".join(said.split()))
    return said.strip("，、 ").removeprefix("。")


def _strongest(match: re.Match[str]) -> str:
    """Of marks in a row the one with the longest pause."""
    run = match.group()
    return next(mark for mark in "。？，、" if mark in run)


def _ticket(match: re.Match[str]) -> str:
    day, count, letter = match.group("day"), match.group("count"), match.group("letter")
    groups = [day[:4], day[4:], *numerals.groups(count)]
    said = "，".join(numerals.spell(group) for group in groups)
    return f"{said}，督办{numerals.amount(int(letter))}" if letter else said


def _mobile(match: re.Match[str]) -> str:
    digits = match.group(1)
    return "，".join(map(numerals.spell, (digits[:3], digits[3:7], digits[7:])))


def _landline(match: re.Match[str]) -> str:
    area, local = match.group(1), match.group(2)
    return "，".join(map(numerals.spell, (area, *numerals.groups(local))))


def _in_groups(match: re.Match[str]) -> str:
    return "，".join(map(numerals.spell, match.groups()))


def _date(match: re.Match[str]) -> str:
    year, month, day = match.group("year"), int(match.group("month")), int(match.group("day"))
    said = f"{numerals.amount(month)}月{numerals.amount(day)}号"
    return f"{numerals.spell(year, one='一')}年{said}" if year else said


def _clock(match: re.Match[str]) -> str:
    part, hour, minute = match.group("part"), int(match.group("hour")), int(match.group("minute"))
    if hour > 24 or minute > 59:
        return "，".join(map(numerals.spell, (match.group("hour"), match.group("minute"))))
    return numerals.clock(hour, minute, part=part or "")


def _oclock(match: re.Match[str]) -> str:
    hour = numerals.counted(int(match.group(1)))
    minute = match.group(2)
    if not minute:
        return f"{hour}点"
    return f"{hour}点{'零' if int(minute) < 10 else ''}{numerals.amount(int(minute))}分"


def _stake(match: re.Match[str]) -> str:
    """K12+300, the sign beside a road: twelve kilometres and 300 metres."""
    metres = int(match.group(2).ljust(3, "0"))
    before = match.string[: match.start()][-1:]
    pause = "，" if before.isascii() and before.isalnum() else ""  # behind the road's own number
    said = f"{pause}{numerals.counted(int(match.group(1)))}公里"
    return f"{said}{numerals.counted(metres)}米" if metres else said


def _percent(match: re.Match[str]) -> str:
    return f"百分之{numerals.decimal(match.group(1))}"


def _counted(match: re.Match[str]) -> str:
    whole = match.group(1)
    said = numerals.counted(int(whole)) if whole.isdecimal() else numerals.decimal(whole)
    return said + match.group(2)


def _plain(match: re.Match[str]) -> str:
    """What no rule above has read: an amount, or digits where it is too long for one."""
    digits = match.group()
    if "." in digits:
        return numerals.decimal(digits)
    if len(digits) >= 7 or (digits.startswith("0") and len(digits) > 1):
        return "，".join(map(numerals.spell, numerals.groups(digits)))
    return numerals.amount(int(digits))


_RULES: tuple[tuple[re.Pattern[str], _Say], ...] = tuple(
    (re.compile(pattern), say)
    for pattern, say in (
        (r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d{9})(?!\d)", _mobile),
        (r"(?<!\d)(0\d{2,3})[- ]?(\d{7,8})(?!\d)", _landline),
        (r"(?<!\d)(400)[- ]?(\d{3})[- ]?(\d{4})(?!\d)", _in_groups),
        (r"(?<=[\d元%])\s+(?=[\d¥￥])", lambda m: "，"),
        (r"(?:https?://|www\.)[^\s，。；、）)]+", lambda m: "网页链接"),
        (r"(?<!\d)(?P<day>(?:19|20)\d{6})-(?P<count>\d{4,})(?:-D(?P<letter>\d{1,3}))?", _ticket),
        (r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)日?", _date),
        (r"(?:(?<!\d)(?P<year>\d{4})年)?(?P<month>(?<!\d)\d{1,2})月(?P<day>\d{1,2})[日号]", _date),
        (r"(?<!\d)(\d{4})\s*[-~—至到]\s*(?=\d{4}年)",
         lambda m: numerals.spell(m.group(1), one="一") + "到"),
        (r"(\d{4})年(?!级)", lambda m: numerals.spell(m.group(1), one="一") + "年"),
        (
            rf"(?P<part>{_PARTS_OF_DAY})?(?<!\d)(?P<hour>\d{{1,2}})[:：](?P<minute>\d{{2}})"
            r"(?:[:：]\d{2})?(?!\d)",
            _clock,
        ),
        (r"(?<!\d)(\d{1,2})[点时](?!间)(?:(\d{1,2})分)?", _oclock),
        (rf"(?<!\d)(?:11[0249]|12[02]|12\d{{3}}|95\d{{3}}|100\d{{2}})(?![\d.,%])(?!{_COUNTED})",
         lambda m: numerals.spell(m.group())),
        (r"\s*(?<![A-Za-z])[Kk](\d{1,4})\+(\d{1,3})(?!\d)", _stake),
        (r"(?<=\d),(?=\d{3}(?!\d))", lambda m: ""),
        (r"(?<=\d)\s*(?:℃|㎡|m²|m2|m³|㎥|km|kg|cm|mm|kW|m)(?![A-Za-z])",
         lambda m: _SIGNS[m.group().strip()]),
        (r"(?<=按)\s*\*", lambda m: "星号"),
        (r"(?<=按)\s*(\d{4,6})(?!\d)",
         lambda m: "，".join(map(numerals.spell, numerals.groups(m.group(1))))),
        (r"[¥￥]\s*(\d+(?:\.\d+)?)", lambda m: numerals.decimal(m.group(1)) + "元"),
        (r"(\d+(?:\.\d+)?)\s*%", _percent),
        (r"(?<=\d)\s*[-~—–至]\s*(?=\d+(?:\.\d+)?[\u4e00-\u9fff])", lambda m: "到"),
        (rf"(?<![\d.])(\d{{3,4}})(?={_ROOMS})", lambda m: numerals.spell(m.group(1))),
        (r"(?<=[A-Z])(\d{1,4})(?!\d)", lambda m: numerals.spell(m.group(1))),
        (rf"(?<![\d.])(\d{{1,12}}(?:\.\d{{1,6}})?)({_COUNTED})(?!级)", _counted),
        (r"\d+(?:\.\d+)?", _plain),
    )
)  # fmt: skip
