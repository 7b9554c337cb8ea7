"""The second ear: a linear model over words, for dangers that no row of the tables knows.

It has learnt from `sentences.csv`, dangers and their look-alikes, and is listened to only where
nothing says that the matter is denied, past, or spoken of for the sake of money or papers.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from nlp import classify, features
from nlp.classify import Classifier
from nlp.danger import contexts

MODEL = Path(__file__).parent / "model"
DANGER = "danger"  # the one code of the model beside its none
SURE = 0.8  # set on sentences that it had not learnt from: see docs/model.md
LONGEST = 100  # characters: it has learnt from calls, not from letters
LEAST_WORDS = 2  # words of meaning, stop words left out
RULE = "像是险情"
BRIEF = 8  # characters: a place may be all that is said
FEW_WORDS = 3  # fewer than these, of which two are not known, tell no danger
_WHO_AND_WHERE = frozenset(  # words made of these say who speaks and where: 俺住东韩那边
    "俺我咱住家在是就叫姓号人村庄屯县镇乡上下里东西南北中前后旁边对面附近这那们老百姓民队部大小"
)
_SAYS_WHERE = re.compile("住|[那这]边|对面|旁边|附近")
_HAPPENS = re.compile("[了啦着呢救死倒打砍伤晕摔掉跳淹烧炸]")
SIGN = "救命"  # the plain word by which the catalogue is looked up


class Ear:
    """Says whether a message sounds like danger; made by `load`."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def hears(self, text: str, words: Sequence[str]) -> tuple[str, ...]:
        """The words that sound like danger, or none."""
        if len(text) > LONGEST:
            return ()
        kept = features.meant(words)
        least = 2 if len(text) <= BRIEF and _SAYS_WHERE.search(text) else 1  # 河, 郭 of 俺住河郭
        telling = [w for w in kept if len(w) >= least and not _WHO_AND_WHERE.issuperset(w)]
        few = len(telling) < FEW_WORDS and self._classifier.known(telling) < LEAST_WORDS
        if (few and not _HAPPENS.search(text)) or len(kept) < LEAST_WORDS:
            return ()
        guesses = self._classifier.guess(words)
        if not guesses or guesses[0].confidence < SURE or _is_only_told(text):
            return ()
        return guesses[0].evidence[:3] or tuple(words[:1])


def load(folder: Path | None = None) -> Ear:
    """The ear as it was trained; ModelMissing where there are no weights."""
    return Ear(classify.load(folder or MODEL, cools=False))


def _is_only_told(text: str) -> bool:
    if any(resolved.search(text) for resolved in contexts.RESOLVED.values()):
        return True
    if contexts.ADMIN.search(text) or contexts.PREVENTING.search(text + "，"):
        return True
    told = contexts.TOLD_BEFORE.search(text) or contexts.TOLD_ABOUT.search(text)
    return bool(told and not contexts.NOW.search(text))
