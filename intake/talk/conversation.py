"""How a conversation goes on: a pure function from (what is remembered, what was heard) to a turn.

It asks only for what is missing, one question at a time and two at the most; after that a person
decides. Here is what goes before what; the steps of each kind live in the modules beside it.
"""

from dataclasses import replace

from channels.message import InboundMessage
from intake.talk import (
    alarms,
    asides,
    belonging,
    commands,
    confirming,
    dangers,
    drafts,
    enquiries,
    foreign,
    handing,
    happenings,
    hiding,
    joining,
    questions,
    readback,
    reasons,
    several,
    telling,
)
from intake.talk.steps import (
    HandOver,
    Judge,
    Move,
    Open,
    Press,
    ReadBack,
    Say,
    Supplement,
    Withdraw,
)
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Turn
from nlp import repair
from nlp.understanding import RequestKind, Understanding, Urgency

_READ_BACK = frozenset({Stage.CONFIRM, Stage.WRONG})
_NEEDS_A_PERSON = ("handover", "missed", "menu:person")  # events, also when nothing was said
_TAKES_THE_MESSAGE = (Open, Supplement, Move, Press, HandOver, Withdraw, Judge)  # links it
_ADDS = (Supplement, Move, Press)  # words to a ticket
_SAY_IT_AGAIN = frozenset({RequestKind.REPEAT, RequestKind.SLOWER, RequestKind.WAIT})
_ABOUT_THE_TALK = _SAY_IT_AGAIN | {RequestKind.PROGRESS}


def step(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The turn that a message leads to. Danger comes before everything, a wish for a person
    next.
    """
    turn = _step(confirming.lapsed(conversation, heard.at), heard, knowledge)
    after = turn.conversation
    if after.pending and after.stage is Stage.OPEN and not after.texts:
        turn = telling.next_matter(turn, heard, knowledge)
    turn = dangers.reachable(turn, heard)
    turn = _unlabelled(
        foreign.told(dangers.advised(hiding.kept(turn, heard, conversation), heard), heard)
    )
    turn = _with_media(turn, conversation, heard, knowledge)
    if drafts.is_much(turn.conversation):
        turn = _much_told(turn, heard, knowledge)
    return replace(turn, conversation=_with_deadline(turn.conversation, heard, knowledge))


def expire(conversation: Conversation, *, sender: InboundMessage, knowledge: Knowledge) -> Turn:
    """Silence after a question: what was said becomes a ticket all the same, for a person to
    look at.

    `sender` is the thread's last message; a withdrawal that was not confirmed simply lapses.
    """
    if conversation.stage is Stage.TICKET:
        return belonging.left_unsaid(conversation)
    whole = drafts.gathered(confirming.lapsed(conversation, sender.received_at))
    if not whole.texts or belonging.is_mere(whole, knowledge):
        return dangers.silent(whole, sender)
    matters = several.waiting(whole, sender, knowledge)
    if matters:
        return several.left(whole, sender, knowledge, matters)
    said = (
        drafts.pinned(whole, knowledge)
        if whole.matter
        else knowledge.understand(drafts.joined(whole))
    )
    reason = _why_silent(whole.stage, sender)
    draft = drafts.draft(whole, sender, said=said, reason=reason)
    return drafts.opened(whole, sender.received_at, Open(draft=draft))


def plain_ticket(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The program itself has failed: the words as they came, for a person."""
    whole = drafts.gathered(drafts.remember(conversation, heard))
    if not whole.texts and heard.message.event:
        if not heard.message.event.startswith(_NEEDS_A_PERSON):
            return Turn(conversation=drafts.forget(conversation))
        whole = replace(whole, texts=(reasons.NOTHING_HEARD,))
    nothing = Understanding(text="", kind=RequestKind.HELP, urgency=heard.understanding.urgency)
    reason = reasons.PROGRAM_FAILED
    draft = drafts.draft(whole, heard.message, said=nothing, reason=reason)
    turn = drafts.opened(whole, heard.at, Open(draft=draft, transfer=heard.message.spoken))
    return replace(turn, person=reason)


def plain_silence(
    conversation: Conversation, *, sender: InboundMessage, knowledge: Knowledge
) -> Turn:
    """The program has failed at somebody's silence: what he told, as it came, for a person."""
    if not drafts.gathered(conversation).texts:
        return Turn(conversation=drafts.forget(conversation))
    mute = replace(sender, text="", attachments=(), point=None)
    nothing = Understanding(text="", kind=RequestKind.UNKNOWN, urgency=Urgency.NORMAL)
    heard = Heard(message=mute, inbox_id="", understanding=nothing, at=sender.received_at)
    return plain_ticket(conversation, heard, knowledge)


def _with_deadline(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Conversation:
    """Whatever waits for words of the resident has a time after which it waits no more."""
    waits = conversation.stage is not Stage.OPEN or conversation.texts or conversation.pending
    if bool(waits) == (conversation.due_at is not None):
        return conversation
    return replace(conversation, due_at=questions.deadline(heard, knowledge) if waits else None)


def _unlabelled(turn: Turn) -> Turn:
    """The ticket says itself that words are added (补充：), so he need not."""
    steps = tuple(
        replace(step, text=repair.added(step.text)) if isinstance(step, _ADDS) else step
        for step in turn.steps
    )
    return replace(turn, steps=steps)


def _much_told(turn: Turn, heard: Heard, knowledge: Knowledge) -> Turn:
    """No end of messages and still no ticket: a person looks at what there is."""
    in_public = turn.conversation.stage is Stage.PUBLIC
    reason = reasons.PUBLIC_CANDIDATE if in_public else reasons.MUCH_TOLD
    handed = drafts.hand_over(turn.conversation, heard, knowledge, reason)
    done = tuple(step for step in turn.steps if not isinstance(step, Say | ReadBack))
    return replace(handed, steps=(*done, *handed.steps))


def _with_media(turn: Turn, before: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """A photo whose words are mere talk (谢谢, 查询) joins the ticket just opened, or waits."""
    in_ticket = any(isinstance(step, _TAKES_THE_MESSAGE) for step in turn.steps)
    if not heard.message.attachments or in_ticket or heard.inbox_id in turn.conversation.messages:
        return turn
    young = joining.is_young(before, heard, knowledge.same_matter_s)
    if young and not joining.is_finished(before, heard):
        text = heard.words or drafts.shown(heard.message)
        added = Supplement(ticket=before.ticket, text=text, quiet=True)
        return replace(turn, steps=(*turn.steps, added))
    return replace(turn, conversation=drafts.remember(turn.conversation, heard))


def _step(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    said = heard.understanding
    if heard.message.event:
        return happenings.of(conversation, heard, knowledge)
    if heard.message.public:
        return _public(conversation, heard, knowledge)
    if conversation.stage is Stage.TICKET:
        return _which_ticket(conversation, heard, knowledge)
    danger = said.urgency is Urgency.DANGER
    turn = alarms.told(conversation, heard, knowledge) if danger else None
    if turn is not None:
        wished = said.kind is RequestKind.PERSON
        return handing.beside(turn, heard) if wished else turn
    if said.kind is RequestKind.PERSON:
        return handing.of(conversation, heard, knowledge)
    if conversation.stage in _READ_BACK and said.kind not in _ABOUT_THE_TALK:
        return readback.answered(conversation, heard, knowledge)
    if conversation.stage in confirming.STAGES:
        return _confirmation(conversation, heard, knowledge)
    return _listen(conversation, heard, knowledge)


def _listen(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Nothing waits for a yes or no: a verdict, a command, more of a matter, or a new one."""
    secret = hiding.wished(conversation, heard, knowledge)
    if secret is not None:
        return secret
    judged = commands.verdict(conversation, heard, knowledge)
    if judged is not None:
        return Turn(conversation=conversation, steps=(judged,))
    his = belonging.of(conversation, heard, knowledge)
    if his is not None:
        return his
    command = asides.of(conversation, heard, knowledge) or commands.of(
        conversation, heard, knowledge
    )
    if command is not None:
        return Turn(conversation=conversation, steps=(command,))
    asked = enquiries.of(conversation, heard, knowledge)
    if asked is not None:
        return asked
    more = dangers.answered(conversation, heard, knowledge)
    more = more or joining.of(conversation, heard, knowledge)
    return more or telling.tell(conversation, heard, knowledge)


def _which_ticket(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """He says of which ticket he spoke; anything else is taken for what it is."""
    answer = belonging.of(conversation, heard, knowledge)
    if answer is not None:
        return answer
    if heard.understanding.kind in _SAY_IT_AGAIN:
        return Turn(conversation=conversation, steps=questions.standing(conversation, knowledge))
    kept = belonging.left_unsaid(conversation)
    turn = _step(kept.conversation, heard, knowledge)
    return replace(turn, steps=(*kept.steps, *turn.steps))


def _public(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    if heard.understanding.urgency is Urgency.DANGER:
        return alarms.in_public(conversation, heard, knowledge)
    whole = drafts.remember(conversation, heard)
    return questions.ask(whole, heard, knowledge, Stage.PUBLIC, "confirm_public")


def _confirmation(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """A yes or no to what we asked; anything else is taken for what it is."""
    answer = confirming.answered(conversation, heard, knowledge)
    if answer is not None:
        return answer
    if heard.understanding.kind in _SAY_IT_AGAIN:
        return replace(_listen(conversation, heard, knowledge), conversation=conversation)
    if conversation.stage is Stage.PUBLIC:
        return confirming.in_public(conversation, heard, knowledge)
    return _step(confirming.resumed(conversation), heard, knowledge)


def _why_silent(stage: Stage, sender: InboundMessage) -> str:
    if stage is Stage.PUBLIC:
        return reasons.PUBLIC_CANDIDATE
    if stage in _READ_BACK:
        return reasons.UNCONFIRMED
    return reasons.HUNG_UP if sender.spoken else reasons.NO_ANSWER
