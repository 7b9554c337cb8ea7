"""Raw text to the form that the rest of the package reads: plain, bounded, without fillers."""

import re
import unicodedata

from nlp.letters import code_points

MOST_CHARACTERS = 2000  # read from the start of a message
LAST_CHARACTERS = 500  # and from its end, where people say what they want
LONGEST_TWICE = 6  # characters said twice
SEAM = "，"  # stands where the middle of an overlong message was left out

_DIGIT_OF = dict(zip("〇零幺一二三四五六七八九", "001123456789", strict=True))
_NUMERAL = "〇零幺一二三四五六七八九0-9"
_SPOKEN_RUN = re.compile(
    rf"[{_NUMERAL}]{{2,}}(?:(?:[ ，、,-]|横?杠){{1,2}}[{_NUMERAL}]+)*|"
    rf"[{_NUMERAL}](?:(?:[ ，、,-]|横?杠){{1,2}}[{_NUMERAL}]+)+"
)
_GROUP = re.compile(rf"[{_NUMERAL}]+")
_ARABIC = re.compile(r"[0-9 ，、,-]+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_BAR = re.compile(r"横?杠")
_AMOUNT = (
    "十百千万亿点"  # beside one of these a numeral is part of an amount, not of a number read out
)
_LISTED = frozenset("，、,")  # between single numerals these count things off
_SPELT_OUT = 7  # digits from which a run is a telephone or ticket number

_PICTURES = (
    "\u2190-\u245f\u2500-\u2bff\u3004\u3012-\u3013\u3020\ue000-\uf8ff\U0001f000-\U0001ffff"
    "\U000e0000-\U0010ffff"
)
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\uffff"
)
_UNWANTED = re.compile(f"[{_PICTURES}{_INVISIBLE}]+")
_INVISIBLE_RUN = re.compile(f"[{_INVISIBLE}]+")
_NUMBERED = re.compile("[\u2460-\u2468]")  # the circled numbers of a list
_LINE_END = re.compile(r"(?<!\s)\s*[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\s*")
_HANDLE = re.compile(r"@[\w-]{1,30}(?:[:：]|(?=\s|$))")  # of an account that is called to in public
_STICKER = re.compile(r"\[[\u4e00-\u9fff]{1,4}\]")  # WeChat writes its pictures as [微笑]

_HAN = re.compile("[\u4e00-\u9fff]")
_PLAIN_MARK = re.compile(r"(?<![0-9A-Za-z])[,:]|[,:](?![0-9A-Za-z/])|[;?!()]")
_PLAIN_MARKS, _WIDE_MARKS = ",:;?!()", "，：；？！（）"
_WIDE_MARK = str.maketrans(_PLAIN_MARKS, _WIDE_MARKS)
_USUAL = re.compile(rf"[ -~\u4e00-\u9fff、。《》“”‘’—{_WIDE_MARKS}]*")  # NFKC: the wide are plain
_REPEATED_MARK = re.compile(r"([，。！？；、,.!?;~_=*#-])\1+")
_LEADING_MARK = re.compile(r"^[，、,;；\s]+|(?<![，、,\s])[，、,\s]+$")
_FILLER = re.compile(
    r"(?:(?:^|(?<=[，。！？、；,.!?;\s]))(?:[嗯呃]+(?=[，、,。那就我俺这你])|[额啊哎唉诶欸]+(?=[，、,。])|那个|那什么|就是说|"
    r"怎么说呢|我跟你说|你听我说)[，、,\s]*)+"
)
_SAID_TWICE = re.compile(
    rf"([^\W\da-zA-Z_〇零幺一二三四五六七八九十百千万]{{2,{LONGEST_TWICE}}}?)\1+"
)
_STUTTER = re.compile(
    r"([我你他她它俺咱这那就])\1+|([\u4e00-\u9fff])(?<![一二三四五六七八九谢])\2{2,}"
)
_NOT = re.compile(  # 没有 and 没 as they sound: 木有水, 木人管
    r"(?<![树林苗花草灌乔积原坑圆方竹乌红果朽枕棺伐檀])木(?:(?=有(?!限|害|益|毒))|"
    r"(?=人(?:管|修|拉|来|收|理|清|办))|(?=(?:批|修|来|给|办|收|法|啥|谁|动静|回|发|解决|处理|得(?!很)|去过|交)))"
)
_SPACE_BY_HAN = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef])\s+|\s+(?=[\u3000-\u9fff\uff00-\uffef])"
)


def normalize(text: str) -> str:
    """The text with plain widths, spoken numbers as digits, no fillers, no words said twice.

    Of more than 2,500 characters the first 2,000 and the last 500 are kept, so that the cost has a
    limit. What is normalised already comes back unchanged.
    """
    plain = _bounded(text, 2)
    plain = _UNWANTED.sub("", _LINE_END.sub("，", plain))
    plain = _NUMBERED.sub(_listed, plain)
    plain = _marked(_bounded(_compatible(plain), 1))
    before = None
    while before != plain:  # each round makes the text plainer or shorter, so this ends
        before = plain
        plain = _plainer(plain)
    return plain


def as_written(text: str) -> str:
    """The text as somebody wrote it, for people to read: only what can't be seen is taken out."""
    return _bounded(_INVISIBLE_RUN.sub("", text).strip(), 2)


def _plainer(text: str) -> str:
    plain = _compatible(_UNWANTED.sub("", text))
    plain = _STICKER.sub("", _HANDLE.sub("", plain))
    plain = _NOT.sub("没", plain)
    plain = _marked(plain)
    plain = _SPOKEN_RUN.sub(_as_digits, plain)
    plain = _SPACE_BY_HAN.sub("", " ".join(plain.split()))
    plain = _REPEATED_MARK.sub(r"\1", plain)
    plain = _FILLER.sub("", plain) or plain
    plain = _STUTTER.sub(lambda said: said.group(1) or said.group(2), plain)
    if _repeats(plain):
        plain = _SAID_TWICE.sub(r"\1", plain)
    return _bounded(_LEADING_MARK.sub("", plain), 1)


def _compatible(text: str) -> str:
    """The text in Unicode's form NFKC, which takes long where marks are wide."""
    if not _USUAL.fullmatch(text):
        return unicodedata.normalize("NFKC", text)
    for wide, plain in zip(_WIDE_MARKS, _PLAIN_MARKS, strict=True):
        text = text.replace(wide, plain)
    return text


def _marked(text: str) -> str:
    """With the marks that Chinese is written with."""
    if not _HAN.search(text):
        return text
    return _PLAIN_MARK.sub(lambda mark: mark.group().translate(_WIDE_MARK), text)


def _repeats(text: str) -> bool:
    """Do two characters follow where the same two stood up to six before? Nearly never so."""
    letters = code_points(text)
    for width in range(2, LONGEST_TWICE + 1):
        same = letters[width:] == letters[:-width]
        if (same[1:] & same[:-1]).any():
            return True
    return False


def _bounded(text: str, slack: int) -> str:
    """At most `slack` times the length that is read, first from the start and then from the end."""
    head, tail = MOST_CHARACTERS * slack, LAST_CHARACTERS * slack
    if len(text) <= head + tail:
        return text
    return text[: head - len(SEAM)] + SEAM + text[-tail:]


def _listed(match: re.Match[str]) -> str:
    return f"，{int(unicodedata.numeric(match.group()))}、"


def _as_digits(match: re.Match[str]) -> str:
    """Digits for numbers read out one by one; amounts, dates and 三组 stay as they were said."""
    run = match.group()
    groups = _GROUP.findall(run)
    if run.isdecimal() or (_ARABIC.fullmatch(run) and not _MOBILE.fullmatch("".join(groups))):
        return run
    lengths = [len(group) for group in groups]
    spelt = sum(lengths) >= _SPELT_OUT and not _is_amount(match)
    in_breaths = min(lengths) > 1 or (max(lengths) == 1 and _LISTED.isdisjoint(run))
    if spelt and max(lengths) < _SPELT_OUT and in_breaths:
        return _joined(run, groups)
    return _GROUP.sub(lambda group: _group_as_digits(group, match), _bars(run))


def _joined(run: str, groups: list[str]) -> str:
    """One number said in breaths; a bar said aloud (ticket numbers) stays as `-`."""
    if not _BAR.search(run):
        return "".join(_translated(group) for group in groups)
    head, _, tail = _BAR.sub("-", run).partition("-")
    return "-".join("".join(_translated(g) for g in _GROUP.findall(part)) for part in (head, tail))


def _group_as_digits(group: re.Match[str], run: re.Match[str]) -> str:
    said = group.group()
    read_out = len(said) >= _SPELT_OUT
    read_out = read_out or (len(said) >= 2 and "幺" in said)
    read_out = read_out or (len(said) >= 3 and not set(said).isdisjoint("零〇"))
    return _translated(said) if read_out and not _is_amount(run) else said


def _bars(run: str) -> str:
    """`20261124杠0001` is a ticket number; elsewhere 杠 is left alone."""
    return _BAR.sub("-", run) if len(run) > _SPELT_OUT else run


def _is_amount(match: re.Match[str]) -> bool:
    text, start, end = match.string, match.start(), match.end()
    return text[max(0, start - 1) : start] in _AMOUNT_SET or text[end : end + 1] in _AMOUNT_SET


def _translated(group: str) -> str:
    return "".join(_DIGIT_OF.get(character, character) for character in group)


_AMOUNT_SET = frozenset(_AMOUNT)
