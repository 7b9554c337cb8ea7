"""Calls as pages show them: names, lengths, and a transcript with its doubtful words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import Contact
from channels.phone import number
from channels.phone.book import Purpose, Voice
from intake.phone import register
from intake.phone.register import Entry, Sort, Spoken
from nlp import redact

DOUBTFUL = 0.6  # a word of which the recogniser is less sure than that
BEFORE_S = 2.0  # heard before what was clicked

PURPOSES = {
    Purpose.INBOUND: "来电",
    Purpose.FOLLOW_UP: "回访",
    Purpose.NOTICE: "通知",
    Purpose.ALARM: "报险",
    Purpose.CALL_BACK: "回拨",
}
SORTS = {
    Sort.SERVED: "热线办完",
    Sort.TAKEN: "话务员接了",
    Sort.UNANSWERED: "转人工没人接",
    Sort.MISSED: "未接",
    Sort.HUNG_UP: "没说完就挂了",
    Sort.BROKEN: "中断",
}

RUNG_BACK = "，已回拨"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list of calls."""

    id: str
    began_at: datetime
    purpose: str
    number: str
    end: str
    wrong: bool  # somebody should look: nobody served the caller
    operator: str
    waited: str
    lasted: str
    tickets: tuple[str, ...]
    recorded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words of a line; `at_s` is where to listen from, None where it is not known."""

    text: str
    at_s: float | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line of the talk."""

    ours: bool
    at: str  # 1:05
    at_s: float
    from_s: float
    until_s: float
    doubtful: bool
    pieces: tuple[Piece, ...]


def rows(calls: Sequence[Entry], living: frozenset[str] = frozenset()) -> list[Row]:
    """The lines for calls; `living` are those that are still on the line."""
    return [row(call, lives=call.id in living) for call in calls]


def row(call: Entry, *, lives: bool = False) -> Row:
    """One line; numbers are masked."""
    sort = register.sort_of(call)
    alone = sort in (Sort.MISSED, Sort.UNANSWERED, Sort.BROKEN)
    end = SORTS[sort] + (RUNG_BACK if alone and call.rung_back else "") if sort else ""
    return Row(
        id=call.id,
        began_at=call.began_at,
        purpose=PURPOSES[call.purpose],
        number=masked(call.contact),
        end="正在通话" if lives else end,
        wrong=not lives and alone and not call.rung_back,
        operator=call.operator,
        waited="" if call.waited_s is None else length(call.waited_s),
        lasted="" if lives or call.lasted_s is None else length(call.lasted_s),
        tickets=call.tickets,
        recorded=call.recorded,
    )


def masked(contact: Contact) -> str:
    """The ends of the number, or that there is none."""
    digits = number.to_dial(contact)
    return redact.mask_phone(digits) if digits else "没有显示号码"


def whole(contact: Contact) -> str:
    """The number as one dials it."""
    return number.to_dial(contact) or "没有显示号码"


def length(seconds: float) -> str:
    """`45 秒`, `3 分 05 秒`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes} 分 {rest:02} 秒" if minutes else f"{rest} 秒"


def talk(lines: Sequence[Spoken], *, mask: bool) -> list[Said]:
    """The transcript; with `mask`, without numbers and names."""
    return [_said(line, mask=mask) for line in lines]


def _said(line: Spoken, *, mask: bool) -> Said:
    minutes, seconds = divmod(line.start_ms // 1000, 60)
    return Said(
        ours=line.voice is Voice.LINE,
        at=f"{minutes}:{seconds:02}",
        at_s=_from(line.start_ms),
        from_s=line.start_ms / 1000,
        until_s=line.end_ms / 1000,
        doubtful=line.confidence is not None and line.confidence < DOUBTFUL,
        pieces=_pieces(line, mask=mask),
    )


def _pieces(line: Spoken, *, mask: bool) -> tuple[Piece, ...]:
    """Word by word where the words are known and nothing in them has to be hidden."""
    shown = redact.mask(line.text) if mask else line.text
    words = line.words
    if shown != line.text or "".join(w.text for w in words) != line.text.replace(" ", ""):
        return (Piece(text=shown),)
    return tuple(
        Piece(text=w.text, at_s=_from(w.start_ms), doubtful=w.confidence < DOUBTFUL) for w in words
    )


def _from(start_ms: int) -> float:
    return max(0.0, round(start_ms / 1000 - BEFORE_S, 1))
