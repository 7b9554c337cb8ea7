"""He wants it kept secret, or his name, after the ticket is there: then it is from now on. Pure."""

from dataclasses import replace

from channels.message import Reply
from intake.talk import later
from intake.talk.steps import HandOver, Hide, Move, Press, Say, Step, Supplement
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Standing, Turn
from nlp import secrecy

_OF_A_TICKET = (Supplement, Move, Press, HandOver)


def wished(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The turn of such a wish; None for none, for one beside another matter, and where no ticket is
    his.
    """
    said = heard.understanding
    number = said.tickets[0] if said.tickets else conversation.ticket
    busy = conversation.stage is not Stage.OPEN or conversation.texts
    if busy or not number or not secrecy.wanted(heard.words):
        return None
    rest = secrecy.beside(said.text)
    if rest and later.is_another(conversation, knowledge.understand(rest), knowledge):
        return None
    match heard.standing.get(number, Standing.LIVE):
        case Standing.LIVE:
            left = later.number_left(conversation, said)
            kept = Supplement(ticket=number, text=heard.words, phone=left)
            return Turn(conversation=conversation, steps=(kept,))
        case Standing.FINISHED:
            reply = Reply(key="secret_finished", values={"number": number})
            return Turn(conversation=conversation, steps=(Say(reply=reply),))
        case Standing.STRANGE:
            return None


def kept(turn: Turn, heard: Heard) -> Turn:
    """The turn, its ticket hidden before anything else of it is told; that is what he hears."""
    if not secrecy.wanted(heard.words):
        return turn
    steps: list[Step] = []
    for step in turn.steps:
        if isinstance(step, _OF_A_TICKET) and not any(isinstance(each, Hide) for each in steps):
            steps.append(Hide(ticket=step.ticket))
        if isinstance(step, Supplement) and not step.phone:
            steps.append(replace(step, quiet=True))
        else:
            steps.append(step)
    return replace(turn, steps=tuple(steps))
