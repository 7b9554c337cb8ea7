"""How a sentence is understood and where it would go, with the reasons, as a table."""

from datetime import datetime

from rich.console import Console

from channels.message import Contact, InboundMessage
from config import load, runtime
from config.county import County
from config.settings import Settings
from intake.cli import common
from intake.replies import Replies
from intake.talk import drafts
from intake.talk.turn import Conversation
from nlp import understand
from nlp.understanding import REQUEST_KIND_NAMES, URGENCY_NAMES, Guess, Understanding
from routing import deadline
from routing.opening import Opening
from routing.route import Router
from routing.ticket import Draft
from routing.worktime import Calendar


def understood(out: Console, settings: Settings, text: str) -> None:
    """How a sentence is understood and where it would go, with the reasons."""
    county = load.load_county(settings.county)
    said = understand.build(county, settings.state / "cache")(text)
    replies = Replies(county)
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
    for label, value in _routed(settings, county, said):
        table.add_row(label, value)
    out.print(table)


def _routed(settings: Settings, county: County, said: Understanding) -> list[tuple[str, str]]:
    """As the front desk decides it, of a message with which a conversation begins."""
    now = runtime.system().now()
    opening = Opening(
        county=county,
        router=Router(county),
        calendar=Calendar(county.workday_overrides),
        certain_above=settings.certain_above,
    )
    draft = _draft(said, now)
    route, why_a_person = opening.decided(draft)
    if route is None or why_a_person:
        proposal = f"（机器的建议：{route.reason}）" if route else ""
        return [("去向", f"转人工研判：{why_a_person}{proposal}")]
    _, due = opening.preview(draft, now)
    names = "、".join(county.units[code].name for code in route.assisting)
    return [
        ("主办", county.units[route.unit].name),
        ("协办", names or "无"),
        ("依据", f"{route.rule}：{route.reason}"),
        ("期限", deadline.speak(due, now)),
    ]


def _draft(said: Understanding, now: datetime) -> Draft:
    contact = Contact(scheme="web", path="")
    message = InboundMessage(
        channel="web",
        external_id="",
        sender=contact,
        thread=str(contact),
        text=said.text,
        received_at=now,
    )
    return drafts.draft(Conversation(thread="", texts=(said.text,)), message, said=said)


def _with_words(name: str, words: tuple[str, ...]) -> str:
    return f"{name}（{'、'.join(words)}）" if words else name


def _guess(name: str, guess: Guess) -> str:
    return f"{_with_words(name, guess.evidence)}  把握 {guess.confidence:.0%}"
