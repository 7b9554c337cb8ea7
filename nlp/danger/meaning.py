"""Whether a danger that is spoken of is meant: said of what happens now, or is threatened."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from nlp import clauses
from nlp.danger import contexts
from nlp.danger.rules import Match, Span

_LOOK_BACK = 30
_LOOK_AHEAD = 26
_ASPECT = "了着啦"  # 中毒了 says no more than 中毒
_MOST_BETWEEN = 5  # light words between a denial and what it denies


class Meaning:
    """The dangers found in one text, told apart: meant or not."""

    def __init__(self, text: str, cut: Sequence[Span], harmless_ones: Sequence[Match]) -> None:
        self._text = text
        self._words = [text[start:end] for start, end in cut]
        self._cut = cut
        self._starts = [start for start, _ in cut]
        self._harmless = harmless_ones

    def sorted(self, found: Sequence[Match]) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
        """Those meant and those dismissed; a denial reaches the weak signs of its danger too."""
        denied = {match.rule.danger for match in found if self._is_denied(match)}
        meant: list[Match] = []
        dismissed: list[Match] = []
        for match in found:
            reached = match.rule.weak and match.rule.danger in denied
            (meant if not reached and self._is_meant(match) else dismissed).append(match)
        return tuple(meant), tuple(dismissed)

    def _is_meant(self, match: Match) -> bool:
        if self._is_denied(match) or self._is_idiom(match):
            return False
        danger, text = match.rule.danger, self._text
        before = text[max(0, match.start - _LOOK_BACK) : match.start]
        after = text[match.end : match.end + _LOOK_AHEAD]
        said = text[match.start : match.end]
        clause = clauses.before(text, match.parts[-1][0], _LOOK_BACK)
        resolved = contexts.RESOLVED.get(danger, contexts.RESOLVED["*"])
        if contexts.PREVENTING.search(clause) or resolved.search(text, match.end):
            return False
        now = contexts.NOW.search(
            clauses.before(text, match.start, _LOOK_BACK)
            + said
            + clauses.after(text, match.end, _LOOK_AHEAD)
        )
        if not now and self._is_told(match, before, said, after):
            return False
        if (
            danger == "collapse"
            and contexts.REBUILD.search(text)
            and not contexts.TRAPPED.search(text)
            and not re.search("人|孩子", said)
        ):
            return False
        return danger in contexts.THEIR_OWN or not _is_feared(clause, said, text[match.end :])

    def _is_told(self, match: Match, before: str, said: str, after: str) -> bool:
        """Past, over, lasting for long, or spoken about for the sake of something else."""
        danger, text = match.rule.danger, self._text
        past = _is_past(before) or _happened_then(text, match)
        if danger not in ("suicide", "missing") and past:
            return True
        if danger != "suicide" and contexts.LASTING.match(after):
            return True
        if re.match("过(?!去|来|敏)", after):
            return True
        happened = said.endswith(("了", "啦", "呢")) or contexts.HAPPENED.match(after)
        if not happened and contexts.TOPIC.match(after):
            return True
        if danger not in contexts.STORIED:
            return False
        around = text[match.end :] if danger in contexts.SUDDEN else _without(text, match)
        return bool(contexts.ADMIN.search(around)) and not contexts.ACUTE.search(text)

    def _is_idiom(self, match: Match) -> bool:
        return any(
            _concerns(other, match.rule.danger)
            and any(_touch((other.start, other.end), part) for part in match.parts[-2:])
            and not _says_more(self._text, match, other)
            for other in self._harmless
        )

    def _is_denied(self, match: Match) -> bool:
        """Does a denial stand before any of its words, light words alone lying between?"""
        return any(self._denied_at(start, match) for start, _ in match.parts)

    def _denied_at(self, position: int, match: Match) -> bool:
        index = bisect_left(self._starts, position) - 1
        at = position
        for _ in range(_MOST_BETWEEN):
            if index < 0 or self._cut[index][1] < at:
                return False
            word = self._words[index]
            if word in contexts.NOT:
                if any(_holds(part, self._cut[index]) for part in match.parts):
                    return False  # it is part of what is told: 不让走, 水没过炕
                return index == 0 or self._words[index - 1] not in contexts.ASKING
            if word not in contexts.BETWEEN:
                return False
            at = self._cut[index][0]
            index -= 1
        return False


def _happened_then(text: str, match: Match) -> bool:
    """Is he named, then a time of the past and at once what happened, and is that all?
    俺爹去年掉井里了; 老公上次打了俺，拿刀堵门口 goes on.
    """
    if clauses.around(text, match.start, match.end)[1] < len(text):
        return False
    gaps = zip(match.parts, match.parts[1:], strict=False)
    return any(contexts.ONLY_PAST.fullmatch(text, left[1], right[0]) for left, right in gaps)


def _is_past(before: str) -> bool:
    """Is a time of the past told, and since then none of today?"""
    told = contexts.PAST.search(before)
    return told is not None and not any(
        words.search(before, told.start()) for words in (contexts.NOW, contexts.OF_A_THING)
    )


def _says_more(text: str, match: Match, harmless: Match) -> bool:
    """Does the danger hold all that was taken for harmless, and more? 打折 in 手打折, 气 in
    液化气罐, 丢了 behind the 走 of 走丢.
    """
    first = harmless.parts[0]
    longer = any(
        _holds(part, first) and _plain(text, part) != _plain(text, first) for part in match.parts
    )
    split = any(
        part[0] < each[0] < part[1] and _plain(text, each)
        for part in match.parts
        for each in harmless.parts[1:]
    )
    return longer or split or set(harmless.parts) < set(match.parts)


def _plain(text: str, span: Span) -> str:
    return text[span[0] : span[1]].rstrip(_ASPECT)


def _holds(span: Span, other: Span) -> bool:
    return span[0] <= other[0] and other[1] <= span[1]


def _touch(span: Span, other: Span) -> bool:
    return span[0] < other[1] and other[0] < span[1]


def _without(text: str, match: Match) -> str:
    """The text but for what the danger's row has found."""
    ends = [0, *(at for part in match.parts for at in part), len(text)]
    return "，".join(text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True))


def _concerns(other: Match, danger: str) -> bool:
    return other.rule.danger == "*" or danger in other.rule.danger.split("/")


def _is_feared(clause: str, said: str, after: str) -> bool:
    """怕着火 and 万一着火了 are fears; 怕老人摔倒了 may well have happened."""
    happened = bool(said.endswith(("了", "啦", "不动")) or contexts.HAPPENED.match(after))
    supposed = contexts.SUPPOSED.search(clause)
    if supposed and not (happened and supposed.group().startswith(contexts.CAUSED)):
        return True
    risk = re.match(r"[^，。！？]{0,5}(?:隐患|风险)", after)
    return bool(risk or (not happened and contexts.WORRIED.search(clause)))
