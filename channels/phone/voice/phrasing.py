"""A read text cut into what was recorded and what must be synthesised, pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from channels.phone.voice import phrases

PAUSES_MS: Mapping[str, int] = {"。": 320, "？": 320, "，": 150, "、": 110, " ": 60}
JOIN_MS = -40  # within a phrase the pieces' own edges are a pause that nobody makes
MOST_RUN = 120  # characters that are synthesised in one piece

_RECORDED_COST = 1.0  # each recording is a join
_SYNTHESIS_COST = 4.0  # another voice in the middle of a sentence is worse than joins
_CHARACTER_COST = 0.6
_MARKS = "，。？、 "


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something said in one go, and the silence after it."""

    text: str
    recorded: bool
    pause_ms: int  # negative: so much less than the pieces' own silence


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The texts there are recordings of, as keys."""

    texts: Collection[str]

    @cached_property
    def lengths(self) -> Mapping[str, tuple[int, ...]]:
        """Lengths of the texts that begin with a character, the longest first."""
        found: dict[str, set[int]] = {}
        for text in self.texts:
            found.setdefault(text[0], set()).add(len(text))
        return {first: tuple(sorted(sizes, reverse=True)) for first, sizes in found.items()}

    def at(self, text: str, start: int) -> Iterator[int]:
        """Where recordings end that begin at `start`."""
        for length in self.lengths.get(text[start], ()):
            end = start + length
            if end <= len(text) and text[start:end] in self.texts:
                yield end


def cut(read: str, recorded: Recorded) -> tuple[Piece, ...]:
    """The cheapest way to say it; together the pieces hold every character but marks."""
    key = "".join("，" if each in _MARKS else each for each in read)
    steps = _cheapest(key, recorded)
    pieces: list[Piece] = []
    for start, end, is_recorded in steps:
        tail = end
        while tail < len(read) and read[tail] in _MARKS:
            tail += 1
        pause_ms = max((PAUSES_MS[mark] for mark in read[end:tail]), default=JOIN_MS)
        if is_recorded:
            text = phrases.plain(key[start:end])
            pieces.append(Piece(text=text, recorded=True, pause_ms=pause_ms))
        else:
            pieces.extend(_runs(read[start:end], pause_ms))
    return tuple(pieces)


def _cheapest(key: str, recorded: Recorded) -> list[tuple[int, int, bool]]:
    """(start, end, recorded) of the pieces that cost least; marks between them are free."""
    # best[end][synthesising]: cost, start of this piece, whether what came before synthesised
    best: list[list[tuple[float, int, bool] | None]] = [[None, None] for _ in range(len(key) + 1)]
    best[0][False] = (0.0, 0, False)

    def offer(end: int, state: bool, cost: float, start: int, before: bool) -> None:
        known = best[end][state]
        if known is None or cost < known[0]:
            best[end][state] = (cost, start, before)

    for at in range(len(key)):
        for state in (False, True):
            here = best[at][state]
            if here is None:
                continue
            cost = here[0]
            if key[at] == "，":
                offer(at + 1, False, cost, at, state)
                if state:
                    offer(at + 1, True, cost, at, state)
                continue
            for end in recorded.at(key, at):
                offer(end, False, cost + _RECORDED_COST, at, state)
            started = cost if state else cost + _SYNTHESIS_COST
            offer(at + 1, True, started + _CHARACTER_COST, at, state)
    return _traced(key, best)


def _traced(
    key: str, best: list[list[tuple[float, int, bool] | None]]
) -> list[tuple[int, int, bool]]:
    end, found = len(key), []
    state = min(
        (each for each in (False, True) if best[end][each] is not None),
        key=lambda each: (best[end][each] or (0.0,))[0],
    )
    while end > 0:
        step = best[end][state]
        assert step is not None
        _, start, before = step
        found.append((start, end, state))
        end, state = start, before
    return _merged(key, reversed(found))


def _merged(key: str, steps: Iterator[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
    """Characters that are synthesised one after the other as one run; marks alone are no piece."""
    merged: list[tuple[int, int, bool]] = []
    for start, end, synthesised in steps:
        if merged and synthesised and not merged[-1][2] and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end, False)
        elif synthesised:
            merged.append((start, end, False))
        elif key[start:end] != "，":
            merged.append((start, end, True))
    return [(*_bare(key, start, end), kind) for start, end, kind in merged]


def _bare(key: str, start: int, end: int) -> tuple[int, int]:
    """Without marks at its end; they become the pause."""
    while end > start and key[end - 1] == "，":
        end -= 1
    return start, end


def _runs(text: str, pause_ms: int) -> Iterator[Piece]:
    """A synthesised run in bounded pieces, cut at marks where there are any."""
    while len(text) > MOST_RUN:
        cuts = [at for at in range(MOST_RUN // 2, MOST_RUN) if text[at] in _MARKS]
        at = cuts[-1] if cuts else MOST_RUN
        mark = text[at] if cuts else ""
        yield Piece(text=text[:at].strip(_MARKS), recorded=False, pause_ms=PAUSES_MS.get(mark, 0))
        text = text[at:].lstrip(_MARKS)
    if text.strip(_MARKS):
        yield Piece(text=text.strip(_MARKS), recorded=False, pause_ms=pause_ms)
