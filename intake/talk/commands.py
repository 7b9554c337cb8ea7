"""What is asked of us rather than told to us: how it stands, to withdraw, to say it again, and what
somebody says of a result. All of it pure.
"""

from datetime import timedelta

from channels.message import Reply
from intake.talk import drafts, joining, questions
from intake.talk.steps import AskWithdraw, Judge, Say, Step, TellProgress
from intake.talk.turn import ASKED_WHERE, Conversation, Heard, Knowledge, Stage, Standing
from nlp import repair
from nlp.understanding import RequestKind, Urgency

SHORT_THANKS = 8  # characters; longer thanks tell of something

_GONE = ("没了", "没有了")  # 井盖。东韩村学校门口。没了
_AGAIN = {RequestKind.REPEAT: "repeat", RequestKind.SLOWER: "slower"}
_TALK = frozenset({RequestKind.GREETING, RequestKind.YES, RequestKind.NO})
_QUESTIONS = frozenset({Stage.MATTER, Stage.PLACE, Stage.WHICH})
_NO_VERDICT = frozenset({RequestKind.PERSON, RequestKind.PROGRESS})


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Step | None:
    """The step that a command leads to, the conversation staying as it is; None for a telling."""
    said, spoken = heard.understanding, heard.message.spoken
    named = said.tickets[0] if said.tickets else ""
    if said.kind in _AGAIN:
        return _again(conversation, said.kind, knowledge, spoken=spoken)
    if said.kind is RequestKind.WAIT:
        return Say(reply=Reply(key="wait"))
    if said.kind is RequestKind.GOODBYE:
        return Say(reply=Reply(key="goodbye"))
    if said.kind is RequestKind.PROGRESS:
        return TellProgress(ticket=named)
    if said.kind is RequestKind.WITHDRAW:
        return AskWithdraw(ticket=named, until=questions.deadline(heard, knowledge))
    if not spoken and _lets_be(conversation, heard, knowledge):
        until = questions.deadline(heard, knowledge)
        return AskWithdraw(ticket=conversation.ticket, until=until)
    if spoken and said.kind is RequestKind.GREETING and conversation.stage in _QUESTIONS:
        return Say(reply=Reply(key="repeat"))  # 喂: he has not heard what we asked
    nothing_pending = conversation.stage is Stage.OPEN and not conversation.texts
    done = spoken and nothing_pending and drafts.has_live_ticket(conversation, heard, knowledge)
    if said.kind is RequestKind.THANKS and len(said.text) < SHORT_THANKS:
        return Say(reply=Reply(key="goodbye" if done else "thanks"))
    young = joining.is_young(conversation, heard, knowledge.same_matter_s) and not spoken
    if said.kind is RequestKind.NO and young and said.text.startswith(_GONE):
        return None
    if said.kind is RequestKind.INVALID and nothing_pending and _says_nothing(heard, spoken=spoken):
        return None if young else Say(reply=Reply(key="greeting"))
    if said.kind in _TALK and nothing_pending:
        finished = done and said.kind is not RequestKind.GREETING
        return Say(reply=Reply(key="goodbye" if finished else "greeting"))
    return None


def _says_nothing(heard: Heard, *, spoken: bool) -> bool:
    """哈哈, ？？？, 114: written, and nothing beside it."""
    message = heard.message
    return bool(message.text) and not (spoken or message.attachments or message.point)


def verdict(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Judge | None:
    """没解决, 满意 and the like, where a result was told or the ticket is named.

    Without either, the same words mean nothing of the kind; nor while we wait for an answer, nor
    where they surely tell of another matter.
    """
    said = heard.understanding
    ticket = said.tickets[0] if said.tickets else heard.told.ticket if heard.told else ""
    if not ticket or not (_free(conversation) or _asked_last(conversation, heard, knowledge)):
        return None
    if said.kind in _NO_VERDICT or said.urgency is Urgency.DANGER:
        return None
    judged = knowledge.verdicts(said.text)
    if not judged:
        return None
    if not said.tickets and heard.told is not None:
        best = drafts.best(said.categories)
        other = best.code[:4] != heard.told.category[:4] and len(best.code) > 2
        later = conversation.ticket_at is not None and conversation.ticket_at > heard.told.at
        newer = later and conversation.ticket != heard.told.ticket
        if newer or (other and best.confidence >= knowledge.certain_above):
            return None
    return Judge(ticket=ticket, verdicts=judged, words=said.text)


def _free(conversation: Conversation) -> bool:
    return conversation.stage is Stage.OPEN and not conversation.texts


def _asked_last(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """Was he told of the result after we had asked where something else is? And he names no
    place.
    """
    due, told = conversation.due_at, heard.told
    if conversation.stage not in ASKED_WHERE or due is None or told is None or heard.message.spoken:
        return False
    asked_at = due - timedelta(seconds=knowledge.silence_s)
    return told.at > asked_at and not heard.understanding.places


def _lets_be(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """算了不用了, with a ticket of his that is being handled and nothing else to let be."""
    if not _free(conversation):
        return False
    at, live = conversation.ticket_at, heard.standing.get(conversation.ticket) is Standing.LIVE
    young = at is not None and (heard.at - at).total_seconds() <= knowledge.later_s
    return live and young and repair.lets_be(heard.understanding.text)


def _again(
    conversation: Conversation, kind: RequestKind, knowledge: Knowledge, *, spoken: bool
) -> Step:
    """The telephone says its last words again; who reads gets the question that stands."""
    standing = None if spoken else questions.again(conversation, knowledge)
    return standing or Say(reply=Reply(key=_AGAIN[kind]))
