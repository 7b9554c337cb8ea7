"""What is said again and again, as a county would record it: one phrase, one recording. Pure."""

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence

from channels.phone.voice import numerals, reading
from config.county import County, UnitKind

SPOKEN = "_spoken"  # a reply's variant for the telephone
_WRITTEN_ONLY = (  # replies that are never said on the telephone
    "welcome", "confirm_public", "media_kept", "media_refused", "too_long", "too_many",
    "unsupported", "received", "ask_phone", "reminded", "reminded_person",
    "ask_place_again", "danger_public", "office_hours", "office_where", "foreign",
)  # fmt: skip
_WRITTEN_PREFIXES = ("worker_", "notice_", "web_", "kiosk_")
_SENTENCE_END = re.compile(r"[。？]")
_MARKS = re.compile(r"[，。？、\s]+")
_DAYS = ("昨天", "今天", "明天", "后天", "明年")
_WEEKDAYS = "一二三四五六日"
_HOTLINES = ("110", "119", "120", "12345", "122")


def phrases(county: County, extra: Iterable[str] = ()) -> Iterable[str]:
    """Every phrase once, the most important first; `extra` are words that fill the replies."""
    return tuple(dict.fromkeys(each for group in grouped(county, extra).values() for each in group))


def grouped(county: County, extra: Iterable[str] = ()) -> Mapping[str, Sequence[str]]:
    """The phrases by what they are, in Chinese."""
    return {
        "话术": tuple(dict.fromkeys(_fixed(county.replies, extra))),
        "数字": tuple(_digits()),
        "日期时间": tuple(_dates()),
        "乡镇和部门": tuple(_units(county)),
        "地名": tuple(_said(place.name for place in county.places)),
        "事项": tuple(_said(_matters(county))),
    }


def plain(text: str) -> str:
    """A read text as a key: one kind of mark, none at its ends."""
    return _MARKS.sub("，", text).strip("，")


def spoken_template(replies: Mapping[str, str], key: str) -> str:
    """The words of a reply on the telephone."""
    return replies.get(key + SPOKEN) or replies[key]


def _fixed(replies: Mapping[str, str], extra: Iterable[str]) -> Iterator[str]:
    keys = sorted(replies, key=lambda key: (not key.startswith("phone_"), key))
    for key in keys:
        written = key in _WRITTEN_ONLY or key.startswith(_WRITTEN_PREFIXES)
        if key.endswith(SPOKEN) or (written and key + SPOKEN not in replies):
            continue
        for literal, *_ in string.Formatter().parse(spoken_template(replies, key)):
            for sentence in _SENTENCE_END.split(reading.read(literal)):
                yield from _said((sentence,))
    yield from _said(extra)


def _digits() -> Iterator[str]:
    single = "零幺二三四五六七八九"
    yield from single
    yield from ("一", "两", "十", "百", "千", "万", "点", "督办")
    yield from (a + b for a in single for b in single)  # pairs sound better than single digits
    yield from (numerals.spell(number) for number in _HOTLINES)
    yield from (numerals.amount(number) for number in range(10, 32))


def _dates() -> Iterator[str]:
    yield from _DAYS
    yield from (week + day for week in ("本周", "下周") for day in _WEEKDAYS)
    yield from (f"二零二{numerals.DIGITS[year]}年" for year in range(6, 10))
    yield from (f"{numerals.amount(month)}月" for month in range(1, 13))
    yield from (f"{numerals.amount(day)}号" for day in range(1, 32))
    yield from (numerals.clock(hour, minute) for hour in range(24) for minute in (0, 30))
    yield from (
        f"{numerals.DIGITS[0] if minute < 10 else ''}{numerals.amount(minute)}分"
        for minute in range(1, 60)
    )
    yield from ("前", "已超期", "待定")


def _units(county: County) -> Iterator[str]:
    for unit in county.units.values():
        if unit.kind is not UnitKind.GRID:
            yield from _said((unit.name, unit.short_name))
    grids = max((len(each) for each in county.grids.values()), default=0)
    yield from (f"{numerals.amount(number)}号网格" for number in range(1, grids + 1))


def _matters(county: County) -> Iterator[str]:
    return (each.name for each in county.categories.values() if not each.name.startswith("其他"))


def _said(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        said = plain(reading.read(text))
        if said:
            yield said
