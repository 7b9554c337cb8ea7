"""Names in a drawing, where they cover neither each other nor what is marked. All of it pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

LETTER = 14.0  # how large they are written; a Chinese character is as wide
LONGEST = 11  # characters of a name; the rest gives way to …
MARK = 10.0  # half of what a mark takes
GAP = 2.0
_RISE = 5.0  # from the middle of a line of writing down to where it stands
_SHIFTS = (0.0, -LETTER, LETTER, -2 * LETTER, 2 * LETTER)

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Anchor(StrEnum):
    """Which part of a name stands at its x."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name; `y` is where the letters stand."""

    text: str
    x: float
    y: float
    anchor: Anchor

    @property
    def box(self) -> Box:
        """What it covers, at the most."""
        wide = len(self.text) * LETTER
        left = self.x - {Anchor.START: 0.0, Anchor.MIDDLE: wide / 2, Anchor.END: wide}[self.anchor]
        middle = self.y - _RISE
        return left, middle - LETTER / 2, left + wide, middle + LETTER / 2


@dataclass(slots=True, kw_only=True)
class Labels:
    """What is covered already, of a drawing that is so wide and so high."""

    width: float
    height: float
    taken: list[Box] = field(default_factory=list)

    def keep_free(self, point: Point) -> None:
        """Something is marked there."""
        x, y = point
        self.taken.append((x - MARK, y - MARK, x + MARK, y + MARK))

    def beside(self, point: Point, text: str) -> Label | None:
        """A name by its mark; None where there is no room."""
        x, y = point
        away = MARK + GAP
        at = ((x + away, y + _RISE, Anchor.START), (x - away, y + _RISE, Anchor.END))
        over = ((x, y - away - GAP, Anchor.MIDDLE), (x, y + away + LETTER, Anchor.MIDDLE))
        return self._first(_label(text, *each) for each in (*at, *over))

    def over(self, point: Point, text: str) -> Label | None:
        """A name for an area, over its middle or nearly so; None where there is no room."""
        x, y = point
        if not (0 <= x <= self.width and 0 <= y <= self.height):
            return None
        return self._first(_label(text, x, y + _RISE + shift, Anchor.MIDDLE) for shift in _SHIFTS)

    def _first(self, labels: Iterable[Label]) -> Label | None:
        """The first for which there is room, which it takes."""
        for label in labels:
            if self._holds(label) and not any(_meet(label.box, other) for other in self.taken):
                self.taken.append(label.box)
                return label
        return None

    def _holds(self, label: Label) -> bool:
        left, top, right, bottom = label.box
        return left >= 0 and top >= 0 and right <= self.width and bottom <= self.height


def _label(text: str, x: float, y: float, anchor: Anchor) -> Label:
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return Label(text=short, x=round(x, 1), y=round(y, 1), anchor=anchor)


def _meet(one: Box, other: Box) -> bool:
    left, top, right, bottom = one
    return left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
