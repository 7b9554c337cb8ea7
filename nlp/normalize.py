"""Raw text to the form that the rest of the package reads: plain, bounded, without fillers."""

import re
import unicodedata

MOST_CHARACTERS = 2000  # read from the start of a message
LAST_CHARACTERS = 500  # and from its end, where people say what they want

_SPOKEN = str.maketrans("〇零幺一二三四五六七八九两", "0011234567892")
_SPOKEN_RUN = re.compile(r"[〇零幺一二三四五六七八九两\d](?:[ -]?[〇零幺一二三四五六七八九两\d]){6,}")
_FILLER = re.compile(r"(?:^|(?<=[，。！？、,.!?\s]))(?:嗯+|呃+|额+|唉+|那个|就是说|这个这个)+[，、,\s]*")
_REPEATED = re.compile(r"([\u4e00-\u9fff]{2,6}?)\1+")
_SPACE_IN_HAN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])[ \t]+(?=[\u3000-\u9fff\uff00-\uffef])")
_SPACES = re.compile(r"\s+")


def normalize(text: str) -> str:
    """The text with plain widths, spoken numbers as digits, no fillers, no repeated words, bounded."""
    plain = _bounded(unicodedata.normalize("NFKC", _clean(text)))
    plain = _SPOKEN_RUN.sub(_digits, plain)
    plain = _SPACES.sub(" ", _SPACE_IN_HAN.sub("", plain))
    before = None
    while before != plain:  # each round makes the text shorter, so this ends
        before = plain
        plain = _REPEATED.sub(r"\1", _FILLER.sub("", plain)).strip()
    return plain


def _clean(text: str) -> str:
    """Without control characters, lone surrogates and pictures; lines become commas."""
    joined = text.replace("\r", "\n").replace("\n", "，")
    return "".join(c for c in joined if unicodedata.category(c) not in ("Cc", "Cs", "Cf", "So", "Co"))


def _bounded(text: str) -> str:
    if len(text) <= MOST_CHARACTERS + LAST_CHARACTERS:
        return text
    return text[:MOST_CHARACTERS] + text[-LAST_CHARACTERS:]


def _digits(match: re.Match[str]) -> str:
    return match.group().translate(_SPOKEN).replace(" ", "").replace("-", "-")
