"""He wants it kept secret, or his name: from the first word, or from now on where the ticket is
there. Either way he is told that he has it. Pure.
"""

from dataclasses import replace

from channels.message import Reply
from intake.talk import later
from intake.talk.steps import HandOver, Hide, Move, Open, Press, ReadBack, Say, Step, Supplement
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Standing, Turn
from nlp import secrecy

PROMISED = "secret_promised"
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


def kept(turn: Turn, heard: Heard, before: Conversation) -> Turn:
    """The turn, its ticket hidden before anything else of it is told; that is what he hears. Of
    one that is only opened, or still asked about, he hears once that it is kept secret.

    `before`: as it was when he spoke; what was said in public was promised to nobody.
    """
    promised = before.secret and before.stage is not Stage.PUBLIC
    if not secrecy.wanted(heard.words):
        return turn if promised else _promised(turn, heard, asked=False)
    steps: list[Step] = []
    for step in turn.steps:
        if isinstance(step, _OF_A_TICKET) and not any(isinstance(each, Hide) for each in steps):
            steps.append(Hide(ticket=step.ticket))
        if isinstance(step, Supplement) and not step.phone:
            steps.append(replace(step, quiet=True))
        else:
            steps.append(step)
    hidden = replace(turn, steps=tuple(steps))
    if promised or any(isinstance(each, Hide) for each in steps):
        return hidden
    return _promised(hidden, heard)


def _promised(turn: Turn, heard: Heard, *, asked: bool = True) -> Turn:
    """The promise, before a question or a receipt; what to do in a danger comes before it.

    In public nothing is said of him. `asked`: he has just wished for it.
    """
    opens = any(isinstance(step, Open) and step.draft.confidential for step in turn.steps)
    waits = asked and turn.conversation.secret
    speaks = any(isinstance(step, Open | ReadBack | Say) for step in turn.steps)
    if heard.message.public or not speaks or not (opens or waits):
        return turn
    dangers = [
        at for at, each in enumerate(turn.steps, 1) if isinstance(each, Open) and each.danger
    ]
    at = max(dangers, default=0)
    said = Say(reply=Reply(key=PROMISED))
    return replace(turn, steps=(*turn.steps[:at], said, *turn.steps[at:]))
