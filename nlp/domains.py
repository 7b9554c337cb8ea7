"""The trained classifier in one county's words: its domains as the county's own categories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from config import domains
from config.county import County
from nlp.classify import NONE, Classifier
from nlp.understanding import Guess


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyClassifier:
    """Guesses by the county's codes; made by `build`."""

    classifier: Classifier
    codes: Mapping[str, str]  # the model's code of a domain -> the county's

    @property
    def version(self) -> str:
        """Which weights judge."""
        return self.classifier.version

    def known(self, words: Sequence[str]) -> int:
        """How many different words of meaning the model knows."""
        return self.classifier.known(words)

    def guess(self, words: Sequence[str]) -> tuple[Guess, ...]:
        """The county's domains, best first. The chance of those that it lacks stands last, under
        no code: what is left is no likelier for it.
        """
        own: dict[str, Guess] = {}
        for guess in self.classifier.guess(words):
            code = self.codes.get(guess.code, NONE)
            before = own.get(code)
            own[code] = replace(
                guess,
                code=code,
                confidence=guess.confidence + (before.confidence if before else 0.0),
                evidence=(before.evidence if before else ()) or (guess.evidence if code else ()),
            )
        return tuple(sorted(own.values(), key=lambda each: (not each.code, -each.confidence)))


def build(classifier: Classifier, county: County) -> CountyClassifier:
    """The classifier for one county."""
    return CountyClassifier(classifier=classifier, codes=domains.of(county.categories.values()))
