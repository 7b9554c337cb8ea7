"""How a sentence is understood and where it would go, with the reasons, as a table."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console

from channels.message import Contact, InboundMessage
from config import runtime
from config.settings import Settings
from intake import app
from intake.cli import common
from intake.replies import Replies
from intake.talk import conversation
from intake.talk.steps import AskWhich, AskWithdraw, Open, Say, TellProgress
from intake.talk.turn import Conversation, Heard, Knowledge, Turn
from nlp.understanding import REQUEST_KIND_NAMES, URGENCY_NAMES, Guess, Understanding
from routing import deadline
from routing.opening import Opening
from routing.route import Router
from routing.ticket import Draft
from routing.worktime import Calendar


def understood(out: Console, settings: Settings, text: str) -> None:
    """How a sentence is understood, what is said to it and where it goes, with the reasons."""
    county = common.county(settings)
    understander = app.load_understander(settings, county)
    said = understander(text)
    replies = Replies(county, settings.certain_above)
    table = common.table()
    table.add_row("听到", said.text)
    table.add_row("诉求", _with_words(REQUEST_KIND_NAMES[said.kind], said.kind_evidence))
    table.add_row("紧急程度", _with_words(URGENCY_NAMES[said.urgency], said.danger_words))
    if said.danger_rules:
        table.add_row("险情规则", "，".join(said.danger_rules))
    for guess in said.categories[:3]:
        table.add_row("类别", _guess(county.category_path(guess.code), guess))
    for guess in said.places[:3]:
        table.add_row("地点", _guess(replies.place_name(guess.code), guess))
    if len(said.demands) > 1:
        table.add_row("分成几件事", "\n".join(said.demands))
    router, now = Router(county), runtime.system().now()
    opening = Opening(
        county=county,
        router=router,
        calendar=Calendar(county.workday_overrides),
        certain_above=settings.certain_above,
    )
    turn = _turn(said, text, app.knowledge(settings, county, understander, router, replies), now)
    for label, value in _led_to(turn, now, opening, replies):
        table.add_row(label, value)
    out.print(table)


def _turn(said: Understanding, text: str, knowledge: Knowledge, now: datetime) -> Turn:
    """What the conversation makes of it, as the first that somebody writes."""
    contact = Contact(scheme="web", path="")
    message = InboundMessage(
        channel="web",
        external_id="",
        sender=contact,
        thread=str(contact),
        text=text,
        received_at=now,
    )
    heard = Heard(message=message, inbox_id="", understanding=said, at=now)
    return conversation.step(Conversation(thread=str(contact)), heard, knowledge)


def _led_to(
    turn: Turn, now: datetime, opening: Opening, replies: Replies
) -> Iterator[tuple[str, str]]:
    for step in turn.steps:
        match step:
            case Say(reply=reply):
                yield "热线回话", replies.render(reply)
            case Open(draft=draft):
                yield from _routed(opening, draft, now)
            case TellProgress() | AskWithdraw() | AskWhich():
                yield "热线回话", "看这位居民有没有单子，再回他的话"
            case _:
                yield "热线回话", "要看这位居民以前说过什么"


def _routed(opening: Opening, draft: Draft, now: datetime) -> Iterator[tuple[str, str]]:
    """As the front desk decides it."""
    units = opening.county.units
    route, why_a_person = opening.decided(draft)
    if route is None or why_a_person:
        proposal = f"（机器的建议：{route.reason}）" if route else ""
        yield "去向", f"转人工研判：{why_a_person}{proposal}"
        return
    _, due = opening.preview(draft, now)
    yield "主办", units[route.unit].name
    yield "协办", "、".join(units[code].name for code in route.assisting) or "无"
    yield "依据", f"{route.rule}：{route.reason}"
    yield "期限", deadline.speak(due, now)


def _with_words(name: str, words: tuple[str, ...]) -> str:
    return f"{name}（{'、'.join(words)}）" if words else name


def _guess(name: str, guess: Guess) -> str:
    return f"{_with_words(name, guess.evidence)}  把握 {guess.confidence:.0%}"
