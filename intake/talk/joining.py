"""More words of a matter that has a number already: into which ticket do they go? All of it pure.

A finished ticket takes no more: what is told of it begins a new matter that names the old one.
"""

from dataclasses import replace
from datetime import timedelta

from channels.message import Reply
from intake.talk import drafts, telling
from intake.talk.turn import Conversation, Heard, Knowledge, Say, Stage, Standing, Supplement, Turn
from nlp.understanding import RequestKind


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The turn of words or photos that speak of a ticket; None for a matter of their own."""
    number = _spoken_of(conversation, heard) or _just_opened(conversation, heard, knowledge)
    if not number:
        return None
    match heard.standing.get(number, Standing.LIVE):
        case Standing.LIVE:
            return _add(conversation, heard, number)
        case Standing.FINISHED:
            begun = telling.tell(replace(conversation, follows=number), heard, knowledge)
            key = "ticket_finished"
        case Standing.STRANGE:
            begun = Turn(conversation=conversation)
            if _tells(heard):
                begun = telling.tell(conversation, heard, knowledge)
            key = "progress_unknown"
    said = Say(reply=Reply(key=key, values={"number": number}))
    return replace(begun, steps=(said, *begun.steps))


def same_danger(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """More words of a danger that an operator has been called for already."""
    within_s = knowledge.same_matter_s if heard.message.spoken else knowledge.join_s
    young = conversation.ticket_danger and is_young(conversation, heard, within_s)
    return young and not is_finished(conversation, heard)


def is_young(conversation: Conversation, heard: Heard, within_s: float) -> bool:
    """Was the last ticket of this thread opened a moment ago?"""
    at = conversation.ticket_at
    return at is not None and heard.at - at <= timedelta(seconds=within_s)


def _spoken_of(conversation: Conversation, heard: Heard) -> str:
    """补充: the ticket named, or the last one where no other matter is being told."""
    if heard.understanding.kind is not RequestKind.SUPPLEMENT:
        return ""
    named = heard.understanding.tickets
    return named[0] if named else "" if conversation.texts else conversation.ticket


def _just_opened(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> str:
    """The ticket opened a moment ago, where this is still part of its matter.

    Within the joining time (on the telephone: the call) it is, unless it speaks of another group of
    the catalogue, or with certainty of the same in another place.
    """
    said, spoken = heard.understanding, heard.message.spoken
    within_s = knowledge.same_matter_s if spoken or not said.text else knowledge.join_s
    if conversation.stage is not Stage.OPEN or not is_young(conversation, heard, within_s):
        return ""
    if not said.text:
        return conversation.ticket
    if is_finished(conversation, heard):
        return ""
    best = drafts.best(said.categories)
    elsewhere = conversation.ticket_place not in {guess.code for guess in said.places}
    other_place = bool(said.places and conversation.ticket_place) and elsewhere
    other = best.code[:4] != conversation.ticket_category[:4] or other_place
    return "" if other and best.confidence >= knowledge.certain_above else conversation.ticket


def _tells(heard: Heard) -> bool:
    """Is there a matter in it, beside the number?"""
    written = sum("\u4e00" <= character <= "\u9fff" for character in heard.understanding.text)
    return written >= telling.LONG_ENOUGH and bool(heard.understanding.categories)


def is_finished(conversation: Conversation, heard: Heard) -> bool:
    """Does the last ticket of this thread take no more words?"""
    return heard.standing.get(conversation.ticket) is Standing.FINISHED


def _add(conversation: Conversation, heard: Heard, number: str) -> Turn:
    """Who reads is told once that more words join it; who listens never meets silence."""
    text = heard.understanding.text or drafts.shown(heard.message)
    asked_for = heard.understanding.kind is RequestKind.SUPPLEMENT
    quiet = conversation.noted and not heard.message.spoken and not asked_for
    noted = conversation if asked_for else replace(conversation, noted=True)
    return Turn(conversation=noted, steps=(Supplement(ticket=number, text=text, quiet=quiet),))
