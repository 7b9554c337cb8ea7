"""Text -> the sounds the recogniser knows: initials and finals of Mandarin, without tones."""

from collections.abc import Sequence

from pypinyin import Style, lazy_pinyin

from nlp.speech.training import homophones

BLANK = "<blk>"
_RETROFLEX = frozenset(("zh", "ch", "sh", "r"))
_DENTAL = frozenset(("z", "c", "s"))
_UMLAUT = {"van": "uan", "ve": "ue", "vn": "un"}
_SPOKEN = {"幺": ("y", "ao")}
UNITS = (
    BLANK,
    *[
        "b",
        "p",
        "m",
        "f",
        "d",
        "t",
        "n",
        "l",
        "g",
        "k",
        "h",
        "j",
        "q",
        "x",
        "zh",
        "ch",
        "sh",
        "r",
        "z",
        "c",
        "s",
        "y",
        "w",
    ],
    *[
        "a",
        "ai",
        "an",
        "ang",
        "ao",
        "e",
        "ei",
        "en",
        "eng",
        "er",
        "i",
        "ia",
        "ian",
        "iang",
        "iao",
        "ie",
        "ii",
        "iii",
        "in",
        "ing",
        "iong",
        "iu",
        "o",
        "ong",
        "ou",
    ],
    *["u", "ua", "uai", "uan", "uang", "ue", "ui", "un", "uo", "v"],
)
_KNOWN = frozenset(UNITS)


def of_characters(text: str) -> list[tuple[str, ...]]:
    """The units of each character, read in the whole text's context; () where none is known."""
    read = homophones.written(text)
    initials = lazy_pinyin(read, style=Style.INITIALS, strict=False)
    finals = lazy_pinyin(read, style=Style.FINALS, strict=False)
    if not len(text) == len(initials) == len(finals):
        return [unit for c in text for unit in (of_characters(c) if len(text) > 1 else [()])]
    return [_units(*each) for each in zip(text, initials, finals, strict=True)]


def of_text(text: str) -> list[str]:
    """All units of a text in order; blanks are breaks and have none."""
    return [unit for part in text.split() for units in of_characters(part) for unit in units]


def spelled(units: Sequence[str]) -> bool:
    """Can the recogniser know these?"""
    return bool(units) and all(unit in _KNOWN for unit in units)


def _units(character: str, initial: str, final: str) -> tuple[str, ...]:
    if character in _SPOKEN:
        return _SPOKEN[character]
    if final == "i" and initial in _RETROFLEX:
        final = "iii"
    elif final == "i" and initial in _DENTAL:
        final = "ii"
    final = _UMLAUT.get(final, final)
    return tuple(unit for unit in (initial, final) if unit in _KNOWN)
