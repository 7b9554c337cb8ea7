"""A recogniser's mistakes, drawn by chance: what stands in the transcript for a name that was said.

Kinds of mistakes and their shares follow 302 mistakes that a Vosk model made on 130 utterances of
AISHELL-1 through an 8 kHz telephone (another character of the same sound 53 %, the same initial
15 %, the same final 13 %, another syllable 10 %, lost 7 %, put in 3 %), made harder: fewer of the
same sound, more of the confusions that the county's speech is known for.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pypinyin

SAME_SOUND = "same sound"  # another character; nothing is lost to who listens
LOCAL = "local confusion"
INITIAL = "same initial"
FINAL = "same final"
ANY = "any syllable"
LOST = "lost"
DOUBLED = "doubled"
SHARES: Mapping[str, float] = {
    SAME_SOUND: 0.40, LOCAL: 0.15, INITIAL: 0.11, FINAL: 0.11, ANY: 0.09, LOST: 0.09, DOUBLED: 0.05,
}  # fmt: skip
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw", "")
_SWAPPED_INITIALS = ("zh z", "ch c", "sh s", "n l", "f h")
_SWAPPED_FINALS = ("in ing", "en eng", "an ang", "ian iang", "uan uang")
MOST_TRIES = 30
_REAL_WORD = 0.5  # of the wrong characters make a word with their neighbour where one exists


@dataclass(frozen=True, slots=True, kw_only=True)
class Misheard:
    """What was written for a name, and which kinds of mistakes made it so."""

    text: str
    kinds: tuple[str, ...]


class Recogniser:
    """Writes names wrongly; `commonness` of a two-character word steers it to real words."""

    def __init__(self, chance: random.Random, commonness: Callable[[str], float]) -> None:
        self._chance = chance
        self._commonness = commonness
        self._by_syllable: dict[str, list[str]] = {}
        for high in range(0xB0, 0xD8):  # the 3,755 everyday characters of GB 2312
            for low in range(0xA1, 0xFF):
                try:
                    character = bytes((high, low)).decode("gb2312")
                except UnicodeDecodeError:
                    continue
                self._by_syllable.setdefault(_syllable(character), []).append(character)
        self._syllables = sorted(self._by_syllable)

    def mishear(self, name: str, mistakes: int, shares: Mapping[str, float] = SHARES) -> Misheard:
        """The name with so many mistakes, each at another character."""
        at = self._chance.sample(range(len(name)), min(mistakes, len(name)))
        written = list(name)
        kinds = []
        for index in at:
            kind, instead = self._mistake(name, index, shares)
            written[index] = instead
            kinds.append(kind)
        return Misheard(text="".join(written), kinds=tuple(kinds))

    def other_spelling(self, text: str, share: float) -> str:
        """The text with that share of its characters written as others of the same sound."""
        return "".join(
            self._written(_syllable(c), text, i) if self._chance.random() < share else c
            for i, c in enumerate(text)
        )

    def _mistake(self, name: str, index: int, shares: Mapping[str, float]) -> tuple[str, str]:
        character = name[index]
        said = _syllable(character)
        for _ in range(MOST_TRIES):
            kind = self._chance.choices(list(shares), list(shares.values()))[0]
            if kind == LOST and len(name) > 2:
                return kind, ""
            if kind == DOUBLED:
                return kind, character * 2
            heard = [s for s in self._like(said, kind) if s != said or kind == SAME_SOUND]
            if heard:
                instead = self._written(self._chance.choice(heard), name, index)
                if instead != character:
                    return kind, instead
        others = [syllable for syllable in self._syllables if syllable != said]
        return ANY, self._by_syllable[self._chance.choice(others)][0]  # 仝 has no other character

    def _like(self, said: str, kind: str) -> Sequence[str]:
        initial, final = _split(said)
        if kind == SAME_SOUND:
            return (said,)
        if kind == LOCAL:
            return [s for s in self._syllables if s in _swaps(initial, final)]
        if kind == INITIAL:
            return [s for s in self._syllables if _split(s)[0] == initial]
        if kind == FINAL:
            return [s for s in self._syllables if _split(s)[1] == final]
        return self._syllables if kind == ANY else ()

    def _written(self, syllable: str, name: str, index: int) -> str:
        """A character for the syllable, often one that makes a word with its neighbour."""
        characters = self._by_syllable.get(syllable) or [name[index]]
        if self._chance.random() < _REAL_WORD:
            words = {c: self._commonness(name[index - 1] + c) if index else 0 for c in characters}
            words |= {
                c: max(words[c], self._commonness(c + name[index + 1]))
                for c in characters
                if index + 1 < len(name)
            }
            best = max(characters, key=lambda c: words[c])
            if words[best] > 0 and best != name[index]:
                return best
        return self._chance.choice(characters)


def _swaps(initial: str, final: str) -> set[str]:
    initials = {initial} | _partners(initial, _SWAPPED_INITIALS)
    finals = {final} | _partners(final, _SWAPPED_FINALS)
    swapped = {i + f for i in initials for f in finals}
    if initial == "f" and final != "u":
        swapped.add("hu" + final)
    if initial == "h" and final.startswith("u") and final != "u":
        swapped.add("f" + final[1:])
    return swapped


def _partners(part: str, pairs: Sequence[str]) -> set[str]:
    return {other for pair in pairs if part in pair.split() for other in pair.split()} - {part}


def _split(syllable: str) -> tuple[str, str]:
    initial = next(i for i in _INITIALS if syllable.startswith(i))
    return initial, syllable[len(initial) :]


def _syllable(character: str) -> str:
    return str(pypinyin.lazy_pinyin(character)[0])
