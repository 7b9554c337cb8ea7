"""The questions that want a yes or a no: shall a ticket be withdrawn, is what was said in public
meant for us, shall somebody in danger be put through now. All of it pure.
"""

from dataclasses import replace
from datetime import datetime

from channels.message import Reply
from intake.talk import commands, drafts, questions, reasons, telling
from intake.talk.steps import Say, TellProgress, Withdraw
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Turn
from nlp.understanding import RequestKind

STAGES = frozenset({Stage.WITHDRAW, Stage.PUBLIC, Stage.DANGER})


def withdrawing(conversation: Conversation, number: str, until: datetime) -> Conversation:
    """We have asked whether to withdraw this ticket; the question before that stands still."""
    asked_already = conversation.stage is Stage.WITHDRAW
    before = conversation.interrupted if asked_already else conversation.stage
    return replace(
        conversation, stage=Stage.WITHDRAW, withdrawing=number, interrupted=before, due_at=until
    )


def resumed(conversation: Conversation) -> Conversation:
    """The question is answered, dropped or forgotten: we wait for what we waited for before it."""
    return replace(
        conversation,
        stage=conversation.interrupted,
        interrupted=Stage.OPEN,
        withdrawing="",
        due_at=None,
    )


def lapsed(conversation: Conversation, at: datetime) -> Conversation:
    """A yes that comes after the time for it withdraws nothing, whether somebody noticed or not."""
    late = conversation.due_at is None or conversation.due_at <= at
    return resumed(conversation) if conversation.stage is Stage.WITHDRAW and late else conversation


def answered(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The turn of a yes or a no; None for anything else."""
    kind, rest = heard.understanding.kind, resumed(conversation)
    match conversation.stage, kind:
        case Stage.WITHDRAW, (RequestKind.YES | RequestKind.WITHDRAW) if not _another(
            conversation, heard
        ):
            withdraw = Withdraw(ticket=conversation.withdrawing)
            return Turn(conversation=rest, steps=(withdraw, *questions.standing(rest, knowledge)))
        case Stage.WITHDRAW, RequestKind.NO:
            goes_on = TellProgress(ticket=conversation.withdrawing)
            return Turn(conversation=rest, steps=(goes_on, *questions.standing(rest, knowledge)))
        case Stage.PUBLIC, RequestKind.NO:
            thanks = Say(reply=Reply(key="thanks"))
            return Turn(conversation=drafts.forget(conversation), steps=(thanks,))
        case Stage.PUBLIC, RequestKind.YES:
            said = knowledge.understand(drafts.joined(rest))
            return telling.weigh(rest, heard, knowledge, said)
        case Stage.DANGER, RequestKind.YES:
            return drafts.to_person(rest, heard, knowledge, reasons.DANGER_TRANSFER)
        case Stage.DANGER, RequestKind.NO:
            told = TellProgress(ticket=conversation.ticket)
            return Turn(conversation=rest, steps=(told,))
        case _:
            return None


def in_public(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Neither yes nor no to what was said in public: a matter or a place is as good as a yes, a
    command is done, and everything else leaves the question standing.
    """
    command, said = commands.of(conversation, heard, knowledge), heard.understanding
    if command is not None:
        return Turn(conversation=conversation, steps=(command,))
    if drafts.best(said.categories).code or said.places or heard.message.point:
        return telling.tell(resumed(conversation), heard, knowledge)
    greeted = said.kind is RequestKind.GREETING
    whole = conversation if greeted else drafts.remember(conversation, heard)
    return Turn(conversation=whole, steps=questions.standing(whole, knowledge))


def _another(conversation: Conversation, heard: Heard) -> bool:
    """撤单 with the number of a ticket that we have not asked about."""
    named = heard.understanding.tickets
    return bool(named) and conversation.withdrawing not in named
