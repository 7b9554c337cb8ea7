"""Calls as pages show them: names, lengths, and a transcript with its doubtful words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from channels.message import Contact
from channels.phone import number
from channels.phone.book import Purpose, Voice
from intake.phone import register
from intake.phone.recordings import Kind
from intake.phone.register import Entry, Sort, Spoken
from intake.phone.transcripts import State, Transcription
from nlp import redact
from nlp.speech.contract import LONGEST_RECORDING_S

DOUBTFUL = 0.6  # a word of which the recogniser is less sure than that
BEFORE_S = 2.0  # heard before what was clicked

PURPOSES = {
    Purpose.INBOUND: "来电",
    Purpose.FOLLOW_UP: "回访",
    Purpose.NOTICE: "通知",
    Purpose.ALARM: "报险",
    Purpose.CALL_BACK: "回拨",
    Purpose.CONTACT: "联系居民",
}
SORTS = {
    Sort.SERVED: "热线办完",
    Sort.TAKEN: "话务员接了",
    Sort.UNANSWERED: "转人工没人接",
    Sort.MISSED: "未接",
    Sort.HUNG_UP: "没说完就挂了",
    Sort.LIMITED: "限制来电",
    Sort.RELAYED: "转接居民",
    Sort.BROKEN: "中断",
}

RUNG_BACK = "，已回拨"
WAITS = "机器还在排队听这段录音，听出来的话会显示在这里"
FAILED_ONCE = "（上次没有成：{problem}，还会再试）"
GIVEN_UP = "机器没能把这段录音转成文字（{problem}）"
LISTEN = "，请听录音"  # to those who may
CUT = "机器只听了前 {minutes} 分钟，后面的没有转成文字"
NOT_IN_TICKET = "上面的话没能记进工单（{problem}），请照着记一下"
NOTE_WAITS = "机器还在排队听这段语音，听出来的话会显示在这里"
NOTE_STAYS = "这里没有装语音识别，语音不会转成文字"
OPEN = "，请点开听"
NO_WORDS = "机器从这段录音里没有听出话来"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a machine made of a recording after the call: its words, and what is to be said of it.

    `of_message`: of what he left on the recorder; else of what nobody understood while he told it.
    """

    of_message: bool
    from_s: float
    at: str
    text: str
    says: str


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


def heard(
    found: Sequence[Transcription], *, mask: bool = True, may_hear: bool
) -> dict[str, list[Heard]]:
    """By their calls; with `mask`, without numbers and names. Who may not hear a recording is not
    told to.
    """
    made: dict[str, list[Heard]] = {}
    for each in found:
        made.setdefault(each.call_id, []).append(_heard(each, LISTEN * may_hear, mask=mask))
    return made


def _heard(one: Transcription, listen: str, *, mask: bool) -> Heard:
    return Heard(
        of_message=one.kind == Kind.MISSED,
        from_s=_from(one.from_ms),
        at=_at(one.from_ms),
        text=redact.mask(one.text) if mask else one.text,
        says=_says(one, listen),
    )


def _says(one: Transcription, listen: str) -> str:
    cut = one.text or one.state is State.DONE
    if cut and one.seconds > LONGEST_RECORDING_S:
        whole = _says(replace(one, seconds=0.0), "")
        only = CUT.format(minutes=LONGEST_RECORDING_S // 60)
        return "；".join(each for each in (whole, only) if each) + listen
    match one.state:
        case State.DONE:
            return "" if one.text else NO_WORDS
        case State.GIVEN_UP if one.text:
            return NOT_IN_TICKET.format(problem=one.problem)
        case State.GIVEN_UP:
            return GIVEN_UP.format(problem=one.problem) + listen
        case State.WAITING:
            return WAITS + (FAILED_ONCE.format(problem=one.problem) if one.problem else "")
    return ""


def note(one: Transcription, *, hears: bool, may_hear: bool) -> str:
    """What is to be said of a voice note; `hears`: is there a recogniser at all?"""
    listen = OPEN * may_hear
    match one.state:
        case State.DONE:
            return "" if one.text else NO_WORDS
        case State.GIVEN_UP if not one.text:
            return one.problem + listen
        case State.GIVEN_UP:
            return NOT_IN_TICKET.format(problem=one.problem)
        case State.WAITING:
            return NOTE_WAITS if hears else NOTE_STAYS + listen
    return ""


def _at(start_ms: int) -> str:
    minutes, seconds = divmod(start_ms // 1000, 60)
    return f"{minutes}:{seconds:02}"


def _said(line: Spoken, *, mask: bool) -> Said:
    return Said(
        ours=line.voice is Voice.LINE,
        at=_at(line.start_ms),
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
