"""From what is remembered of a conversation to drafts of tickets. All of it pure."""

from dataclasses import replace
from datetime import datetime

from channels.message import InboundMessage
from intake.talk import reasons, whereabouts
from intake.talk.steps import HandOver, Open
from intake.talk.turn import Conversation, Heard, Knowledge, Turn
from nlp import names, phones, secrecy
from nlp.understanding import Guess, RequestKind, Understanding, Urgency
from routing.ticket import Draft

MOST_REMEMBERED = 20  # texts of a matter not yet in a ticket; then it becomes one
MOST_MESSAGES = 100  # the same of messages, most of them photos

VERDICTS = frozenset(
    {
        RequestKind.SOLVED,
        RequestKind.UNSOLVED,
        RequestKind.SATISFIED,
        RequestKind.UNSATISFIED,
    }
)
_NO_REQUEST = VERDICTS | {
    RequestKind.GREETING,
    RequestKind.GOODBYE,
    RequestKind.YES,
    RequestKind.NO,
    RequestKind.PERSON,
    RequestKind.REPEAT,
    RequestKind.SLOWER,
    RequestKind.WAIT,
    RequestKind.INVALID,
    RequestKind.UNKNOWN,
}


def best(guesses: tuple[Guess, ...]) -> Guess:
    """The first guess, or one of nothing."""
    return guesses[0] if guesses else Guess(code="", confidence=0.0)


def joined(conversation: Conversation) -> str:
    """All that is told and not yet in a ticket, as one text to understand."""
    return "，".join(conversation.texts)


def remember(conversation: Conversation, heard: Heard) -> Conversation:
    """With the message's words, or with what stands for one that has none: once for many photos."""
    text = heard.words
    stand_in = "" if text else shown(heard.message)
    told = text or (stand_in if conversation.texts[-1:] != (stand_in,) else "")
    texts = (*conversation.texts, told) if told else conversation.texts
    secret = conversation.secret or secrecy.wanted(heard.words)
    return replace(noted(conversation, heard), texts=texts, secret=secret)


def noted(conversation: Conversation, heard: Heard) -> Conversation:
    """The message belongs to the matter, its words (对, 不对) say nothing of it."""
    return replace(conversation, messages=(*conversation.messages, heard.inbox_id))


def is_much(conversation: Conversation) -> bool:
    """Is it time for a ticket, whatever we still want to know? Nothing that was told is dropped."""
    texts = len(conversation.texts) + len(conversation.pending)
    return texts >= MOST_REMEMBERED or len(conversation.messages) >= MOST_MESSAGES


def forget(conversation: Conversation) -> Conversation:
    """Nothing pending; only the last ticket is remembered."""
    return Conversation(
        thread=conversation.thread,
        ticket=conversation.ticket,
        ticket_category=conversation.ticket_category,
        ticket_place=conversation.ticket_place,
        ticket_danger=conversation.ticket_danger,
        ticket_at=conversation.ticket_at,
        noted=conversation.noted,
        proved=conversation.proved,
        fills=conversation.fills,
        mixed=conversation.mixed,
        phone_asked=conversation.phone_asked,
    )


def gathered(conversation: Conversation) -> Conversation:
    """Everything told and not yet in a ticket as one matter, for a person."""
    texts = (*conversation.texts, *conversation.pending)
    return replace(conversation, texts=texts, pending=())


def said(whole: Conversation, heard: Heard, knowledge: Knowledge) -> Understanding:
    """What the whole matter says, understood anew only where it is more than this message."""
    if whole.matter:
        return pinned(whole, knowledge)
    if whole.texts == (heard.words,):
        return heard.understanding
    return knowledge.understand(joined(whole))


def pinned(whole: Conversation, knowledge: Knowledge) -> Understanding:
    """A matter that was read back: its category comes from `matter`, its place is settled."""
    everything = knowledge.understand(joined(whole))
    matter = knowledge.understand(whole.matter)
    kind = everything.kind if matter.kind in _NO_REQUEST else matter.kind
    return replace(everything, categories=matter.categories, kind=kind)


def draft(
    whole: Conversation, message: InboundMessage, *, said: Understanding, reason: str = ""
) -> Draft:
    """The ticket that this would become; `reason` is why a person must decide."""
    matter = best(said.categories)
    places = whereabouts.rivals(said.places)
    tel = message.sender.path if message.sender.scheme == "tel" else ""
    return Draft(
        text="\n".join((*whole.texts, *_followed(whole))),
        kind=RequestKind.HELP if said.kind in _NO_REQUEST else said.kind,
        urgency=said.urgency,
        category=matter.code,
        category_confidence=matter.confidence,
        place=whole.place or (places[0] if len(places) == 1 else ""),
        address=message.point.words if message.point else "",
        evidence=matter.evidence,
        reporter=str(message.sender),
        reporter_name=names.own(said.text),
        reporter_phone=tel or said.own_phone or _left_first(whole),
        confidential=whole.secret or any(secrecy.wanted(text) for text in whole.texts),
        channel=message.channel,
        messages=whole.messages,
        handover_reason=reason,
    )


def _left_first(whole: Conversation) -> str:
    """The telephone that he left alone, before he told anything: nobody else's can be meant yet."""
    first = whole.texts[0] if len(whole.texts) > 1 else ""
    alone = not any(character >= "\u4e00" for character in first)
    return next(iter(phones.find(first)), "") if alone else ""


def opened(whole: Conversation, at: datetime, *opening: Open) -> Turn:
    """The tickets to open. The clerk writes their number into the conversation once they have
    one. Whom we rang back fills with the first the ticket that waits for it.
    """
    first, into = opening[0].draft, replace(opening[0], into=whole.fills)
    fresh = Conversation(
        thread=whole.thread,
        proved=whole.proved,
        phone_asked=whole.phone_asked,
        pending=whole.pending,
        secret=whole.secret and bool(whole.pending),
        ticket_at=at,
        ticket_category=first.category,
        ticket_place=first.place,
        ticket_danger=first.urgency is Urgency.DANGER,
    )
    return Turn(conversation=fresh, steps=(into, *opening[1:]))


def hand_over(whole: Conversation, heard: Heard, knowledge: Knowledge, reason: str) -> Turn:
    """To a person, with everything that was heard."""
    everything = gathered(whole)
    understood = said(everything, heard, knowledge)
    case = draft(everything, heard.message, said=understood, reason=reason)
    transfer = heard.message.spoken or reason == reasons.PERSON_ASKED
    turn = opened(everything, heard.at, Open(draft=case, transfer=transfer))
    return replace(turn, person=reason)


def to_person(conversation: Conversation, heard: Heard, knowledge: Knowledge, reason: str) -> Turn:
    """To a person: with the ticket just opened on the telephone, else with one of what was told.

    `conversation` holds this message's words already, unless they belong to that ticket.
    """
    if has_live_ticket(conversation, heard, knowledge) and not conversation.texts:
        step = HandOver(ticket=conversation.ticket, reason=reason)
        return Turn(conversation=forget(conversation), steps=(step,), person=reason)
    return hand_over(conversation, heard, knowledge, reason)


def has_live_ticket(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """Somebody on the telephone has a ticket from this very conversation."""
    if not heard.message.spoken or not conversation.ticket or conversation.ticket_at is None:
        return False
    return (heard.at - conversation.ticket_at).total_seconds() <= knowledge.same_matter_s


def _followed(whole: Conversation) -> tuple[str, ...]:
    return (reasons.FOLLOWS.format(number=whole.follows),) if whole.follows else ()


def shown(message: InboundMessage) -> str:
    """What stands for a message without words."""
    names = {"image": "［照片］", "voice": "［语音］", "video": "［视频］", "link": "［链接］"}
    return "".join(names.get(a.kind, "［文件］") + a.caption for a in message.attachments)
