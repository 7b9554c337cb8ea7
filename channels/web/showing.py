"""What the resident's page makes of a conversation: lines, numbers, tickets to ask for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from channels.channel import Line

MOST_TICKETS = 6
SHORT = 18  # of what was said, enough to know it again
HELD = "store:"
_NUMBER = re.compile(r"\d{8}-\d{4,}")
# Who comes in danger, unless it is an amount; a number with its area; a mobile.
_TO_RING = re.compile(
    r"(?<![\d.-])(?:(?:110|119|120|122)(?!\s*[.%元号米户人斤亩块天年月日时分平岁个])"
    r"|0\d{2,3}-?[2-8]\d{6,7}|1[3-9]\d{9})(?![\d-])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A ticket by which its resident knows it again: its number, and how he began."""

    number: str
    said: str


def tickets(lines: Sequence[Line]) -> list[Asked]:
    """The tickets of a conversation, the latest first."""
    begun: dict[str, str] = {}
    for line in lines:
        if line.ticket:
            begun.setdefault(line.ticket, "" if line.from_us else line.text)
    return [Asked(number=n, said=_short(t)) for n, t in reversed(begun.items())][:MOST_TICKETS]


def begins(lines: Sequence[Line]) -> int:
    """Which line to read first: of our answers since the resident spoke, danger is told first."""
    first = len(lines) - 1
    while first > 0 and lines[first].from_us and lines[first - 1].from_us:
        first -= 1
    return first


def choices(lines: Sequence[Line]) -> tuple[str, ...]:
    """The short answers to what we asked last, as long as the resident has said nothing since."""
    for line in reversed(lines):
        if not line.from_us:
            return ()
        if line.choices:
            return line.choices
    return ()


def spoken(text: str, *, rings: bool = False) -> Markup:
    """A line of the talk: its own line ends, ticket numbers that catch the eye, and where the
    reader holds a telephone (`rings`) numbers that ring.
    """
    marked = str(escape(text))
    if rings:
        marked = _TO_RING.sub(lambda m: f'<a href="tel:{m.group()}">{m.group()}</a>', marked)
    marked = _NUMBER.sub(lambda m: f'<b class="number">{m.group()}</b>', marked)
    return Markup("<br>").join(Markup(line) for line in marked.splitlines())


def photo(reference: str) -> str:
    """Where its sender sees a picture of ours; empty for what we have not got."""
    return f"/photo/{reference.removeprefix(HELD)}" if reference.startswith(HELD) else ""


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHORT else plain[:SHORT] + "……"
