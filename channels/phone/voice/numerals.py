"""Numbers in Chinese words, pure: spelt digit by digit, as amounts, as times of the day."""

DIGITS = "零一二三四五六七八九"
YAO = "幺"  # how 一 is said where a number is spelt, so that nobody hears 七
MOST_AMOUNT = 10**12

_PLACES = ("", "十", "百", "千")
_MYRIADS = ("", "万", "亿")
_PARTS = ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def spell(digits: str, *, one: str = YAO) -> str:
    """`0001` -> 零零零幺."""
    return "".join(one if digit == "1" else DIGITS[int(digit)] for digit in digits)


def groups(digits: str) -> list[str]:
    """A long number in the breaths that people read it in: threes first, then fours."""
    if len(digits) <= 5:
        return [digits]
    head = 3 * (-len(digits) % 4)
    threes = [digits[n : n + 3] for n in range(0, head, 3)]
    return threes + [digits[n : n + 4] for n in range(head, len(digits), 4)]


def amount(number: int) -> str:
    """105 -> 一百零五, 12 -> 十二; beyond MOST_AMOUNT digit by digit."""
    if number >= MOST_AMOUNT:
        return spell(str(number), one="一")
    if number == 0:
        return DIGITS[0]
    said, skipped = "", False
    for power in range(2, -1, -1):
        four = number // 10_000**power % 10_000
        if four == 0:
            skipped = bool(said)
            continue
        said += (DIGITS[0] if said and (four < 1000 or skipped) else "") + _four(four)
        said += _MYRIADS[power]
        skipped = False
    return said.removeprefix("一") if said.startswith("一十") else said


def counted(number: int) -> str:
    """An amount of things: 2 -> 两, all others as amounts."""
    return "两" if number == 2 else amount(number)


def decimal(text: str) -> str:
    """3.50 -> 三点五零."""
    whole, _, part = text.partition(".")
    said = amount(int(whole))
    return f"{said}点{spell(part, one='一')}" if part else said


def clock(hour: int, minute: int, *, part: str = "") -> str:
    """17:30 -> 下午五点半; with a part of the day said before, in its own hours."""
    if not part:
        part = next(name for limit, name in _PARTS if hour % 24 < limit)
    short = hour % 12 if hour % 24 != 12 else 12
    said = f"{part}{'零' if hour % 24 == 0 else counted(short or 12)}点"
    if minute == 30:
        return f"{said}半"
    if not minute:
        return said
    return f"{said}{DIGITS[0] if minute < 10 else ''}{amount(minute)}分"


def _four(number: int) -> str:
    """1..9999."""
    said, skipped = "", False
    for power in range(3, -1, -1):
        digit = number // 10**power % 10
        if digit == 0:
            skipped = bool(said)
            continue
        said += (DIGITS[0] if skipped else "") + DIGITS[digit] + _PLACES[power]
        skipped = False
    return said
