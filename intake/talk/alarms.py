"""A danger that is told again, or told in public. Pure.

Told again by the same resident, at the same place or at none, it joins its ticket: he hears once
more what to do, and whoever was told of it is told again. Another one elsewhere has its own. What
is said in public is as urgent; the answer there names no ticket and no person.
"""

from dataclasses import replace

from channels.message import Reply
from intake.talk import dangers, drafts, joining, later, questions, reasons, whereabouts
from intake.talk.steps import Move, Say, Step, Supplement
from intake.talk.turn import Conversation, Heard, Knowledge, Raised, Stage, Turn
from nlp import repair

TOLD_AGAIN = "danger_again"
IN_PUBLIC = "danger_public"


def told(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The turn of a danger; None where it is the answer to what we asked of one."""
    before = _before(heard, knowledge)
    if before is None:
        return dangers.told(conversation, heard, knowledge)
    asked = joining.waits_for_place(conversation) and conversation.ticket == before.ticket
    says_where = heard.understanding.places or dangers.names_a_spot(heard.understanding.text)
    if asked and says_where:
        return None
    return _again(conversation, heard, knowledge, before)


def in_public(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Everybody reads the answer: what to do, that we look at it, and where to say more."""
    before = _before(heard, knowledge)
    if before is not None:
        kept = Supplement(ticket=before.ticket, text=heard.words, quiet=True, alarm=True)
        said = Say(reply=Reply(key=IN_PUBLIC))
        first = _advice(heard, before, knowledge)
        return Turn(conversation=conversation, steps=(first, kept, said))
    whole = drafts.gathered(drafts.remember(conversation, heard))
    reason = reasons.DANGER_IN_PUBLIC
    turn, draft = dangers.opened(whole, heard, knowledge, reason, IN_PUBLIC)
    if draft.place:
        return turn
    return replace(
        turn, conversation=questions.waiting(turn.conversation, heard, knowledge, Stage.PLACE)
    )


def _before(heard: Heard, knowledge: Knowledge) -> Raised | None:
    """The danger that he has told of a short while ago and speaks of now."""
    said = heard.understanding
    lately = [
        each
        for each in heard.raised
        if (heard.at - each.at).total_seconds() <= knowledge.same_matter_s
    ]
    corrects = repair.last(said.text).denies
    there = {guess.code for guess in said.places}
    meant = [each for each in lately if each.ticket in said.tickets or each.place in there]
    agreed = [each for each in lately if whereabouts.agree(each.place, said.places, knowledge)]
    return next(iter((*meant, *agreed, *(lately if corrects else ()))), None)


def _again(conversation: Conversation, heard: Heard, knowledge: Knowledge, before: Raised) -> Turn:
    at_it = _turned_to(drafts.forget(conversation), before, heard)
    moved = later.placed(at_it, heard, knowledge)
    busy = conversation.stage is not Stage.OPEN or bool(conversation.texts)
    if moved is not None and not busy:
        turn = dangers.alarmed(moved)
    else:
        kept = _kept(moved, heard, before)
        turn = Turn(conversation=conversation if busy else at_it, steps=kept)
    turn = replace(turn, steps=(_advice(heard, before, knowledge), *turn.steps))
    if busy:
        return _asked_again(turn, heard, knowledge)
    if turn.conversation.stage is not Stage.OPEN or before.place or moved is not None:
        return dangers.offered(turn, heard)
    if dangers.names_a_spot(heard.understanding.text):
        return dangers.offered(turn, heard)
    return dangers.ask_where(turn, None, heard, knowledge)


def _turned_to(conversation: Conversation, before: Raised, heard: Heard) -> Conversation:
    """What comes next is of this danger."""
    return replace(
        conversation,
        ticket=before.ticket,
        ticket_category=before.category,
        ticket_place=before.place,
        ticket_danger=True,
        ticket_at=heard.at,
    )


def _kept(moved: Turn | None, heard: Heard, before: Raised) -> tuple[Step, ...]:
    """His words in the ticket, and a place that is certain; a question would be one too many."""
    if moved is not None and all(isinstance(step, Move) for step in moved.steps):
        return moved.steps
    text = heard.words or drafts.shown(heard.message)
    said = Reply(key=TOLD_AGAIN, values={"number": before.ticket})
    kept = Supplement(ticket=before.ticket, text=text, quiet=True, alarm=True)
    return (kept, Say(reply=said))


def _asked_again(turn: Turn, heard: Heard, knowledge: Knowledge) -> Turn:
    """What we wait for stands, and is asked no more than twice."""
    state = turn.conversation
    if state.stage is Stage.DANGER:
        return dangers.offered(replace(turn, conversation=replace(state, stage=Stage.OPEN)), heard)
    if state.asked >= questions.MOST_QUESTIONS:
        rest = drafts.forget(state) if joining.waits_for_place(state) else state
        return dangers.offered(replace(turn, conversation=rest), heard)
    again = replace(state, asked=state.asked + 1)
    return replace(
        turn, conversation=again, steps=(*turn.steps, *dangers.still_asked(state, knowledge))
    )


def _advice(heard: Heard, before: Raised, knowledge: Knowledge) -> Say:
    """For the danger that he speaks of now; where only the first words told which, for that."""
    kind = heard.understanding.danger_kind or knowledge.understand(before.text).danger_kind
    return dangers.advice(kind)
