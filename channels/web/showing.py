"""What the resident's page makes of a conversation: lines, numbers, tickets to ask for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from channels.channel import Line

MOST_TICKETS = 6
SHORT = 18  # of what was said, enough to know it again
_NUMBER = re.compile(r"\d{8}-\d{4,}")


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


def spoken(text: str) -> Markup:
    """A line of the talk: its own line ends, and ticket numbers that catch the eye."""
    marked = _NUMBER.sub(lambda m: f'<b class="number">{m.group()}</b>', str(escape(text)))
    return Markup("<br>").join(Markup(line) for line in marked.splitlines())


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHORT else plain[:SHORT] + "……"
