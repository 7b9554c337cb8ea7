"""Words of a text, by a jieba tokenizer of our own whose cache lies in our own folder."""

import logging
import re
import warnings
from pathlib import Path

LONGEST_RUN = 200  # Han characters cut at once: jieba's cost grows faster than the run's length
_HAN = re.compile(r"[\u4e00-\u9fff]+")


class Segmenter:
    """Cuts text into words; safe to call from several threads."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._tokenizer = _tokenizer(cache)

    def cut(self, text: str) -> list[str]:
        """The Chinese words of a text, in order; everything else is left out."""
        words: list[str] = []
        for run in _HAN.findall(text):
            for start in range(0, len(run), LONGEST_RUN):
                words.extend(self._tokenizer.cut(run[start : start + LONGEST_RUN], HMM=False))
        return words


def _tokenizer(cache: Path):  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(cache)
    tokenizer.cache_file = "jieba.cache"
    tokenizer.initialize()
    return tokenizer
