"""Words that the pronouncing dictionaries read wrongly, written with characters that sound right.

Both the voices and the recogniser's lexicon read by dictionary: 白佛村 would be spoken as 白服村,
and heard only so.
"""

import re

_READ_AS = {
    "白佛": "白仏",  # fó
    "肖庄": "消庄",  # the surname
    "任城": "人城",  # rén in names of places
    "澧都": "澧督",  # dū, a capital
    "犬只": "犬支",
    "供养": "工养",
    "接种": "接众",
    "还林": "环林",
    "还草": "环草",
    "较长": "较常",
    "办得": "办的",
    "看得": "看的",
}
_WORDS = re.compile("|".join(_READ_AS))


def written(text: str) -> str:
    """The text to be looked up instead: as many characters, the right sounds."""
    return _WORDS.sub(lambda word: _READ_AS[word[0]], text)
