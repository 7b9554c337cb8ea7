"""He wants a person: with the ticket that he has, or with one of what he tells; once. Pure.

Beside a danger he gets both: what to do, and a person.
"""

from dataclasses import replace

from intake.talk import dangers, drafts, joining, later, reasons
from intake.talk.steps import HandOver, Say, Step
from intake.talk.turn import Conversation, Heard, Knowledge, Standing, Turn
from nlp import person

TOO = "danger_person"


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The turn of such a wish."""
    if joining.waits_for_place(conversation) and not joining.is_finished(conversation, heard):
        return _while_asked_where(conversation, heard, knowledge)
    number = _his(conversation, heard, knowledge)
    if number:
        told = heard.words if person.beside(heard.understanding.text) else ""
        step = HandOver(ticket=number, reason=reasons.PERSON_ASKED, text=told)
        rest = drafts.forget(conversation)
        return Turn(conversation=rest, steps=(step,), person=reasons.PERSON_ASKED)
    asked = (conversation.about,) if conversation.about and not conversation.texts else ()
    whole = drafts.remember(replace(conversation, texts=(*asked, *conversation.texts)), heard)
    handed = drafts.hand_over(whole, heard, knowledge, reasons.PERSON_ASKED)
    # Who has told nothing yet tells it to that person: it is all of one matter.
    # A telephone alone, left for that person, is his own.
    return replace(handed, conversation=replace(handed.conversation, mixed=True, phone_asked=True))


def beside(turn: Turn, heard: Heard) -> Turn:
    """The turn of a danger, and a person: on the telephone at once, so nothing more is asked."""
    # The danger's own ticket, opened just before this step where it is new.
    step = HandOver(ticket="", reason=reasons.PERSON_ASKED, key=TOO)
    asked = [at for at, each in enumerate(turn.steps) if _asks(each)]
    if heard.message.spoken:
        steps: tuple[Step, ...] = (*(s for s in turn.steps if not _asks(s)), step)
        rest = drafts.forget(turn.conversation)
        return Turn(conversation=rest, steps=steps, person=reasons.PERSON_ASKED)
    at = asked[0] if asked else len(turn.steps)
    steps = (*turn.steps[:at], step, *turn.steps[at:])
    return replace(turn, steps=steps, person=reasons.PERSON_ASKED)


def _asks(step: Step) -> bool:
    return isinstance(step, Say) and step.reply.key in dangers.QUESTIONS


def _while_asked_where(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """We have asked where a danger is: what he says of that counts, and the question stands."""
    if person.beside(heard.understanding.text):
        answered = dangers.answered(conversation, heard, knowledge)
        if answered is not None:
            return beside(answered, heard)
    standing = dangers.still_asked(conversation, knowledge)
    return beside(Turn(conversation=conversation, steps=standing), heard)


def _his(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> str:
    """The ticket with which he is given to a person; empty where it is one of its own."""
    if conversation.texts:
        return ""
    if heard.message.spoken:
        live = drafts.has_live_ticket(conversation, heard, knowledge)
        return conversation.ticket if live else ""
    rest = person.beside(heard.understanding.text)
    if rest and later.is_another(conversation, knowledge.understand(rest), knowledge):
        return ""
    if heard.standing.get(conversation.ticket) is Standing.LIVE:
        return conversation.ticket
    return ""
