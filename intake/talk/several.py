"""Several matters written in one message: a ticket each, sharing the place where only one was
named, or asked for once where none was. Whatever he answers then, or nothing, each has its ticket.
Pure.
"""

from dataclasses import dataclass, replace

from channels.message import InboundMessage
from intake.talk import drafts, later, questions, reasons, whereabouts
from intake.talk.later import DOMAIN, LEAF
from intake.talk.steps import Open
from intake.talk.turn import ASKED_WHERE, Conversation, Heard, Knowledge, Stage, Turn
from nlp.understanding import Understanding, Urgency
from routing.ticket import Draft


@dataclass(frozen=True, slots=True)
class Matters:
    """What was told at once, and the other words, which are of each matter."""

    told: Understanding
    beside: tuple[str, ...] = ()


def told(whole: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """They are told now: the tickets, or the question where that is."""
    matters = Matters(heard.understanding)
    drafted = _drafts(whole, heard.message, knowledge, matters, reasons.PLACE_UNKNOWN)
    if not whole.asked and any(draft.handover_reason for draft in drafted):
        return questions.ask(whole, heard, knowledge, Stage.PLACE)
    return _opened(whole, heard, drafted)


def waiting(
    conversation: Conversation, message: InboundMessage, knowledge: Knowledge
) -> Matters | None:
    """Several matters, of which we have asked where they are; None where there is one."""
    texts = conversation.texts
    if message.spoken or conversation.matter or conversation.stage not in ASKED_WHERE:
        return None
    for at, text in enumerate(texts):
        understood = knowledge.understand(text)
        if len(understood.demands) > 1:
            return Matters(understood, (*texts[:at], *texts[at + 1 :]))
    return None


def asks_which(conversation: Conversation, said: Understanding) -> bool:
    """Does his answer name several places, of which we may still ask?"""
    first = conversation.stage is Stage.PLACE and conversation.asked < questions.MOST_QUESTIONS
    return first and len(whereabouts.rivals(said.places)) > 1


def only_place(said: Understanding) -> str:
    """The one that an answer names."""
    near = whereabouts.rivals(said.places)
    return near[0] if len(near) == 1 else ""


def opened(whole: Conversation, heard: Heard, knowledge: Knowledge, matters: Matters) -> Turn:
    """He has answered where: a ticket each, with his answer."""
    phone = matters.told.own_phone or heard.understanding.own_phone
    answered = Matters(
        replace(matters.told, own_phone=phone),
        (*matters.beside, heard.words) if heard.words else matters.beside,
    )
    drafted = _drafts(whole, heard.message, knowledge, answered, reasons.PLACE_UNKNOWN)
    return _opened(whole, heard, drafted)


def another(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """垃圾没人拉. 在哪里? 东韩村的水管爆了: is it the answer, and a matter of its own?"""
    said = heard.understanding
    asked = conversation.stage in ASKED_WHERE and conversation.texts and not conversation.matter
    if heard.message.spoken or not asked or not only_place(said):
        return False
    if said.urgency is Urgency.NORMAL and not later.wants(said):
        return False
    before = knowledge.understand(drafts.joined(conversation))
    first, now = drafts.best(before.categories), drafts.best(said.categories)
    sure = min(first.confidence, now.confidence) >= knowledge.certain_above
    named = min(len(first.code), len(now.code)) > DOMAIN
    return sure and named and first.code[:LEAF] != now.code[:LEAF]


def both(whole: Conversation, before: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """A ticket each, where he says that they are."""
    said = heard.understanding
    first = knowledge.understand(drafts.joined(before))
    near = replace(whole, texts=(), place=only_place(said))
    parts = (_reachable(first, said), _reachable(said, first))
    return _opened(
        whole, heard, [_piece(near, heard.message, knowledge, part, "") for part in parts]
    )


def left(
    whole: Conversation, sender: InboundMessage, knowledge: Knowledge, matters: Matters
) -> Turn:
    """He has not answered: a ticket each, for a person where a place is lacking."""
    drafted = _drafts(whole, sender, knowledge, matters, reasons.NO_ANSWER)
    return drafts.opened(whole, sender.received_at, *(Open(draft=draft) for draft in drafted))


def _opened(whole: Conversation, heard: Heard, drafted: list[Draft]) -> Turn:
    return drafts.opened(whole, heard.at, *(Open(draft=draft) for draft in drafted))


def _drafts(
    whole: Conversation,
    message: InboundMessage,
    knowledge: Knowledge,
    matters: Matters,
    reason: str,
) -> list[Draft]:
    told = matters.told
    near = whereabouts.rivals(told.places)
    each = replace(whole, texts=matters.beside, place=whole.place or (near[0] if near else ""))
    parts = [knowledge.understand(demand) for demand in told.demands]
    return [_piece(each, message, knowledge, _reachable(part, told), reason) for part in parts]


def _reachable(part: Understanding, told: Understanding) -> Understanding:
    return replace(part, own_phone=part.own_phone or told.own_phone)


def _piece(
    whole: Conversation,
    message: InboundMessage,
    knowledge: Knowledge,
    part: Understanding,
    reason: str,
) -> Draft:
    own = whereabouts.rivals(part.places)
    place = own[0] if own else whole.place
    piece = replace(whole, texts=(part.text, *whole.texts), place=place)
    category = drafts.best(part.categories).code
    lacking = not place and knowledge.needs_place(category, part.kind)
    return drafts.draft(piece, message, said=part, reason=reason if lacking else "")
