"""What is written after a ticket is there, minutes or hours later: does it belong to it? A
telephone, a place put right, impatience and whatever tells no other certain matter do. Pure.
"""

from dataclasses import replace

from intake.talk import drafts, questions, reasons, whereabouts
from intake.talk.steps import Move, Press, Step, Supplement, TellProgress
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Turn
from nlp import kind, names, nudge, repair
from nlp.nudge import Nudge
from nlp.repair import Repair, Slot
from nlp.understanding import RequestKind, Understanding, Urgency

DOMAIN = 2  # letters of a category's code; longer ones are named by words of the catalogue
GROUP, LEAF = 4, 6
NAMED = 0.3  # measured on tests/quality: see docs/conversation.md
GUESSED = 0.5
WHOLE_SENTENCE = 8  # characters
ONLY_A_PLACE = 12  # characters up to which a message may be a place and nothing else

_DEMANDS = frozenset(
    {
        RequestKind.HELP,
        RequestKind.ENQUIRY,
        RequestKind.COMPLAINT,
        RequestKind.REPORT,
        RequestKind.SUGGESTION,
        RequestKind.ERRAND,
        RequestKind.DISPUTE,
    }
)


def is_another(conversation: Conversation, said: Understanding, knowledge: Knowledge) -> bool:
    """Surely a matter of its own: another group of the catalogue, of which something is wanted; or
    something wanted in another place.
    """
    best = drafts.best(said.categories)
    if not best.code or repair.last(said.text).denies:
        return False
    place = conversation.ticket_place
    elsewhere = bool(place and said.places) and place not in {each.code for each in said.places}
    wanted = wants(said) or said.urgency is not Urgency.NORMAL
    if elsewhere and wanted and best.confidence >= NAMED and len(best.code) > DOMAIN:
        return True
    now = conversation.ticket_category
    other = not now or not (best.code.startswith(now) or now.startswith(best.code))
    return other and wanted and best.confidence >= knowledge.certain_above


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The turn of words that belong to the thread's last ticket, for all that we can tell."""
    number, said, place = conversation.ticket, heard.understanding, conversation.ticket_place
    known = left(conversation, heard) or placed(conversation, heard, knowledge)
    if known is not None:
        return known
    elsewhere = said.places and place not in {each.code for each in said.places}
    wish = None if elsewhere else nudge.of(said.text)
    if wish is Nudge.PRESSES:
        press = Press(ticket=number, text=heard.words)
        return Turn(conversation=conversation, steps=(press,))
    if wish is Nudge.ASKS:
        return Turn(conversation=conversation, steps=(TellProgress(ticket=number),))
    return add(conversation, heard, number, look=_why_look(conversation, said))


def left(conversation: Conversation, heard: Heard) -> Turn | None:
    """A telephone or a name that he leaves; None for words with neither."""
    phone = number_left(conversation, heard.understanding)
    name = names.own(heard.understanding.text)
    if not phone and not name:
        return None
    step = Supplement(ticket=conversation.ticket, text=heard.words, phone=phone, name=name)
    return Turn(conversation=conversation, steps=(step,))


def placed(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """不对，是西韩村; 在东三召, where no place was known; None for words that move nothing."""
    said, place = heard.understanding, conversation.ticket_place
    read = repair.last(said.text)
    if not read.denies:
        unknown = said.places and (not place or _is_finer(place, said, knowledge))
        return _to(conversation, heard, knowledge, said) if unknown else None
    meant = knowledge.understand(read.meant) if read.meant else None
    if meant is not None and meant.places:
        return _to(conversation, heard, knowledge, meant)
    unknown = whereabouts.is_village_name(read.meant)  # 范家庄, which the county has not
    if unknown or read.slot is Slot.PLACE or _denies_place(conversation, read, knowledge):
        key = "ask_place_again" if unknown and not heard.message.spoken else ""
        asked = replace(conversation, correcting=conversation.ticket)
        return _kept(questions.ask(asked, heard, knowledge, Stage.PLACE, key), heard)
    if meant is not None and drafts.best(meant.categories).confidence >= knowledge.certain_above:
        return add(conversation, heard, conversation.ticket, look=reasons.MATTER_DENIED)
    return None


def answered(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The answer to 在哪里, or to which of these, of a ticket that is there."""
    rest = replace(
        drafts.forget(conversation), ticket=conversation.correcting, asked=conversation.asked
    )
    chosen = whereabouts.chosen(conversation, heard.understanding, knowledge)
    if chosen:
        step = Move(ticket=rest.ticket, place=chosen, text=heard.words)
        return Turn(conversation=drafts.forget(rest), steps=(step,))
    if heard.understanding.places and rest.asked < questions.MOST_QUESTIONS:
        which = _to(rest, heard, knowledge, heard.understanding)
        if which is not None:
            return which
    look = reasons.LATER_PLACE if conversation.ticket_place else reasons.PLACE_UNKNOWN
    return add(drafts.forget(rest), heard, rest.ticket, look=look)


def add(conversation: Conversation, heard: Heard, number: str, *, look: str = "") -> Turn:
    """Who reads is told at length once that more words join it; then, and ever, that they do."""
    text = heard.words or drafts.shown(heard.message)
    asked_for = heard.understanding.kind is RequestKind.SUPPLEMENT
    brief = conversation.noted and not heard.message.spoken and not asked_for
    noted = conversation if asked_for else replace(conversation, noted=True)
    of_danger = conversation.ticket_danger and number == conversation.ticket
    step = Supplement(ticket=number, text=text, brief=brief, look=look, alarm=of_danger)
    return Turn(conversation=noted, steps=(step,))


def _to(
    conversation: Conversation, heard: Heard, knowledge: Knowledge, meant: Understanding
) -> Turn | None:
    """To the place that is meant, or the question which of several."""
    places = whereabouts.corrected(conversation.ticket_place, meant.places, (), knowledge)
    if not places:
        return None
    if len(places) > 1:
        asked = replace(conversation, correcting=conversation.ticket)
        return _kept(questions.ask_which(asked, heard, knowledge, places), heard)
    step: Step = Move(ticket=conversation.ticket, place=places[0], text=heard.words)
    return Turn(conversation=conversation, steps=(step,))


def _kept(asked: Turn, heard: Heard) -> Turn:
    """We ask, and the words are in the ticket already."""
    ticket = asked.conversation.correcting
    return replace(
        asked, steps=(Supplement(ticket=ticket, text=heard.words, quiet=True), *asked.steps)
    )


def _is_finer(place: str, said: Understanding, knowledge: Knowledge) -> bool:
    """A village of the township that was all we knew."""
    town = knowledge.place(place)
    inside = [knowledge.place(code) for code in whereabouts.rivals(said.places)]
    return not town.township and bool(inside) and all(x.township == town.name for x in inside)


def _denies_place(conversation: Conversation, read: Repair, knowledge: Knowledge) -> bool:
    """不是东韩村: what it is at is denied, and nothing said instead."""
    denied = knowledge.understand(read.denied or read.meant).places
    return conversation.ticket_place in {each.code for each in denied}


def number_left(conversation: Conversation, said: Understanding) -> str:
    """The number that he calls his own; or one alone, of a danger or where we have asked for it."""
    alone = said.kind is RequestKind.SUPPLEMENT and not any(x >= "\u4e00" for x in said.text)
    awaited = conversation.phone_asked or conversation.ticket_danger
    asked = awaited and alone and len(said.phones) == 1
    return said.own_phone or (said.phones[0] if asked else "")


def wants(said: Understanding) -> bool:
    """Is something wanted or amiss by these words themselves, not by the sound of their matter?"""
    return kind.judge(said.text)[0] in _DEMANDS


def _why_look(conversation: Conversation, said: Understanding) -> str:
    """Why a person should look at words that are kept with this ticket; empty for no reason."""
    best, place = drafts.best(said.categories), conversation.ticket_place
    codes = {each.code for each in said.places}
    if place and codes and place not in codes and len(said.text) <= ONLY_A_PLACE:
        return reasons.LATER_PLACE
    group = best.code[:GROUP] != conversation.ticket_category[:GROUP]
    named = group and len(best.code) > DOMAIN and best.confidence >= NAMED
    domain = best.code[:DOMAIN] != conversation.ticket_category[:DOMAIN]
    sure = best.confidence >= (NAMED if wants(said) else GUESSED)
    guessed = bool(best.code) and domain and len(said.text) >= WHOLE_SENTENCE and sure
    return reasons.LATER_ANOTHER if named or guessed else ""
