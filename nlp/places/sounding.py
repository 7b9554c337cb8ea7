"""Names heard in a text by their sound: every name is laid along the text, all at once.

The score of a name at a place of the text is the logarithm of a ratio: how likely these syllables
are heard where the name was said, against how likely they are in ordinary talk. Syllables may be
lost, doubled or put in between; what stands before and after speaks for a place or against it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from config.county import SETTLED
from nlp.places import sound, surroundings
from nlp.places.sound import Floats
from nlp.places.spellings import Name, core
from nlp.places.surroundings import NEVER, Words

MOST_HEARD = 400  # characters listened to
MOST_FOUND = 48
LONGEST_NAME = 12  # syllables laid along the text
SAME_CHARACTER = 1.0  # the recogniser even wrote it as the county does
LOST = -3.8
MOST_LOST = 1  # syllables of one name
DOUBLED = -4.2
PUT_IN = -6.0
WEAK_R = -1.5  # 儿 lost or added
ANY_NAME = -9.2  # that this name is said here, before anything was heard
GUARDED = -3.0
LEAST = -9.0  # scores below are not even compared

_VILLAGE, _COMMUNITY, _GUARDED_VILLAGE, _GUARDED_COMMUNITY, _WHOLE, _GUARDED_WHOLE = range(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A name that may have been said from `start` to `end`; `score` in nats, 0 an even chance."""

    names: tuple[Name, ...]
    start: int
    end: int
    score: float
    bare: bool = False  # nothing says what it is: no 村, no 社区 behind it
    framed: bool = False  # 村 behind it, or 在 before and 的 behind


class Sounding:
    """Listens for names; made once by `build`, may be called from several threads."""

    def __init__(
        self,
        names: Sequence[tuple[str, int, tuple[Name, ...]]],
        words: Words,
        usual: Collection[str],
    ) -> None:
        """`names` are the text to listen for, the sort of what may follow, and what it means."""
        self._usual = frozenset(usual)
        ordered = sorted(names, key=lambda name: -len(name[0]))
        self._names = tuple(means for _, _, means in ordered)
        self._texts = tuple(text for text, _, _ in ordered)
        self._sorts = np.array([sort for _, sort, _ in ordered], dtype=np.int64)
        self._lengths = np.array([len(text) for text in self._texts], dtype=np.int64)
        self._characters = sorted({character for text in self._texts for character in text})
        place = {character: index for index, character in enumerate(self._characters)}
        self._said = np.zeros((len(ordered), LONGEST_NAME), dtype=np.int64)
        for row, text in enumerate(self._texts):
            self._said[row, : len(text)] = [place[character] for character in text]
        self._readings = _readings(self._texts)
        self._words = words
        self._table = sound.likelihoods()

    def listen(self, text: str) -> list[Heard]:
        """Names that may have been said, best first; only the first 400 characters are heard."""
        text = text[:MOST_HEARD]
        if not text or not self._names:
            return []
        ids = np.array(sound.read(text), dtype=np.int64)
        talk, inside = surroundings.talk(text, self._words, self._usual)
        after = self._after(text, ids, talk)
        scores = self._laid_along(text, ids, talk, inside, after)
        rows, ends = np.nonzero(scores > LEAST)
        best: dict[tuple[int, int], Heard] = {}
        order = np.argsort(-scores[rows, ends], kind="stable")[:MOST_FOUND]
        for row, end in zip(rows[order].tolist(), ends[order].tolist(), strict=True):
            start = self._start(row, end, ids)
            if end - start >= max(1, self._lengths[row] - MOST_LOST):
                bare = bool(after[self._sorts[row], end] < 0)
                heard = Heard(
                    names=self._names[row],
                    start=start,
                    end=end,
                    score=float(scores[row, end]),
                    bare=bare,
                    framed=not bare or surroundings.is_framed(text, start, end),
                )
                best.setdefault((row, start), heard)
        return list(best.values())

    def _laid_along(
        self, text: str, ids: Any, talk: Floats, inside: Floats, after: Floats
    ) -> Floats:
        """Scores (names, ends): the best alignment of each name that ends before each character."""
        fits = self._fits(text, ids) - talk
        extra = _extra(text, ids, self._table) - talk
        before = surroundings.before(text) - 0.5 * inside
        reached = np.broadcast_to(before, (len(self._names), len(text) + 1))
        scores = np.full((len(self._names), len(text) + 1), NEVER, dtype=np.float32)
        for step in range(int(self._lengths[0])):
            active = int(np.searchsorted(-self._lengths, -step, side="left"))
            reached = _stepped(reached[:active], fits[self._said[:active, step]], extra)
            done = int(np.searchsorted(-self._lengths, -(step + 1), side="left"))
            scores[done:active] = reached[done:] + after[self._sorts[done:active]]
        scores += ANY_NAME - 0.5 * inside
        return scores

    def _fits(self, text: str, ids: Any) -> Floats:
        """How likely each character of names is heard as each of the text."""
        fits: Floats = self._table[self._readings[:, 0]][:, ids]
        np.maximum(fits, self._table[self._readings[:, 1]][:, ids], out=fits)
        same = np.array(self._characters)[:, None] == np.array(list(text))[None, :]
        fits[same] = np.log(sound.KEPT) + SAME_CHARACTER
        return fits

    def _after(self, text: str, ids: Any, talk: Floats) -> Floats:
        """What follows, for each sort of name: 村, 社区, 的 ... speak for it."""
        village = self._tail("村", text, ids, talk) - 0.5
        village = np.maximum(village, surroundings.written("大队", text))
        community = np.maximum(self._tail("社区", text, ids, talk), village)
        community = np.maximum(community, self._tail("居委会", text, ids, talk)) - 0.5
        community = np.maximum(community, surroundings.written("小区", text))
        bare = surroundings.after(text)
        after = np.empty((6, len(text) + 1), dtype=np.float32)
        after[_VILLAGE] = np.maximum(bare, village)
        after[_COMMUNITY] = np.maximum(bare, community)
        after[_GUARDED_VILLAGE] = np.maximum(bare + GUARDED, village)
        after[_GUARDED_COMMUNITY] = np.maximum(bare + GUARDED, community)
        after[_WHOLE] = 0.5 * bare
        after[_GUARDED_WHOLE] = bare + GUARDED
        return after

    def _tail(self, tail: str, text: str, ids: Any, talk: Floats) -> Floats:
        score = np.full(len(text) + 1, NEVER, dtype=np.float32)
        length = len(text) - len(tail) + 1
        if length > 0:
            score[:length] = 0.0
            for step, syllable in enumerate(sound.read(tail)):
                fit = self._table[syllable][ids[step : step + length]]
                score[:length] += fit - talk[step : step + length]
        return score

    def _start(self, row: int, end: int, ids: Any) -> int:
        length = int(self._lengths[row])
        said = self._readings[self._said[row, :length], 0]
        first = max(0, end - length - 3)
        return first + _start(self._table[said][:, ids[first:end]])


def build(
    names: Mapping[str, tuple[Name, ...]], words: Words, usual: Collection[str] = ()
) -> Sounding:
    """Listens for every name once: by its core where 村 or 社区 may be left away.

    `usual` are words of the hotline's matters, commoner here than in the language at large.
    """
    listened: list[tuple[str, int, tuple[Name, ...]]] = []
    plain = {tuple(sound.read(n.text)) for m in names.values() for n in m if not n.guarded}
    for text, means in names.items():
        guarded = tuple(sound.read(text)) not in plain  # 后东 is not, for 侯东 sounds like it
        townships = tuple(name for name in means if name.is_township)
        settled = tuple(name for name in means if not name.is_township)
        if townships and len(text) <= LONGEST_NAME:
            listened.append((text, _sort(townships[0], guarded), townships))
        if settled and len(text) <= LONGEST_NAME and not _by_core(text, settled, names):
            listened.append((text, _sort(settled[0], guarded), settled))
    return Sounding(listened, words, usual)


def _by_core(text: str, settled: Sequence[Name], names: Mapping[str, Any]) -> bool:
    """Is it enough to listen for the core, with what may follow?"""
    short = core(text)
    if short == text or short not in names:
        return False
    return settled[0].place.kind in SETTLED or text.endswith(("小区", "居委会"))


def _sort(name: Name, guarded: bool) -> int:
    if name.place.kind not in SETTLED or not name.bare:
        return _GUARDED_WHOLE if guarded else _WHOLE
    if name.place.kind == "community":
        return _GUARDED_COMMUNITY if guarded else _COMMUNITY
    return _GUARDED_VILLAGE if guarded else _VILLAGE


def _readings(texts: Sequence[str]) -> Any:
    """Two readings (the same twice for most) of every character that names are made of."""
    found: dict[str, tuple[int, ...]] = {}
    for text in texts:
        for character, read in zip(text, sound.readings(text), strict=True):
            found.setdefault(character, tuple(dict.fromkeys((*found.get(character, ()), *read))))
    return np.array(
        [(found[character][0], found[character][-1]) for character in sorted(found)],
        dtype=np.int64,
    ).reshape(-1, 2)


def _stepped(reached: Floats, fits: Floats, extra: Floats) -> Floats:
    """One more syllable of each name: heard, lost, or heard with another put in before it."""
    beyond = reached + np.float32(LOST)
    np.maximum(beyond[:, 1:], reached[:, :-1] + fits, out=beyond[:, 1:])
    added = beyond[:, :-1] + extra
    np.maximum(beyond[:, 1:], added, out=beyond[:, 1:])
    return beyond


def _extra(text: str, ids: Any, table: Floats) -> Floats:
    """The chance of each character as one too many: a syllable said twice, 儿, anything."""
    extra = np.full(len(text), PUT_IN + np.log(1 / sound.OTHER), dtype=np.float32)
    twice = DOUBLED + table[ids[:-1], ids[1:]]
    extra[1:] = np.maximum(extra[1:], twice)
    for at, character in enumerate(text):
        if character == "儿":
            extra[at] = WEAK_R + surroundings.RARE
    extra[ids == sound.SILENCE] = NEVER
    return extra


def _start(fits: Floats) -> int:
    """Where an alignment of a whole name (rows) that ends with the window (columns) begins."""
    row = [(0.0, at) for at in range(fits.shape[1] + 1)]
    for chances in fits.tolist():
        beyond = [(row[0][0] + LOST, row[0][1])]
        for at, chance in enumerate(chances):
            heard = (row[at][0] + chance - surroundings.RARE, row[at][1])
            lost = (row[at + 1][0] + LOST, row[at + 1][1])
            beyond.append(max(heard, lost, (beyond[at][0] + DOUBLED, beyond[at][1])))
        row = beyond
    return row[-1][1]
