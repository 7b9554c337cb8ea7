"""How a conversation goes on: a pure function from (what is remembered, what was heard) to a turn.

It asks only for what is missing, one question at a time and two at the most; after that a person
decides. Here is what goes before what; the steps of each kind live in the modules beside it.
"""

from dataclasses import replace
from datetime import timedelta

from channels.message import InboundMessage, Reply
from intake.talk import commands, drafts, happenings, questions, readback, reasons, telling
from intake.talk.turn import (
    Conversation,
    Heard,
    Knowledge,
    Open,
    Say,
    Stage,
    Supplement,
    TellProgress,
    Turn,
    Withdraw,
)
from nlp.understanding import RequestKind, Understanding, Urgency

_READ_BACK = frozenset({Stage.CONFIRM, Stage.WRONG})
_NEEDS_A_PERSON = ("handover", "missed", "menu:person")  # events, also when nothing was said
_ABOUT_THE_TALK = frozenset(
    {RequestKind.REPEAT, RequestKind.SLOWER, RequestKind.WAIT, RequestKind.PROGRESS}
)


def step(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The turn that a message leads to. Danger comes before everything, a wish for a person
    next.
    """
    turn = _step(conversation, heard, knowledge)
    after = turn.conversation
    if after.pending and after.stage is Stage.OPEN and not after.texts:
        return telling.next_matter(turn, heard, knowledge)
    return turn


def expire(conversation: Conversation, *, sender: InboundMessage, knowledge: Knowledge) -> Turn:
    """Silence after a question: what was said becomes a ticket all the same, for a person to
    look at.

    `sender` is the thread's last message; a withdrawal that was not confirmed simply lapses.
    """
    whole = drafts.gathered(conversation)
    if conversation.stage is Stage.WITHDRAW or not whole.texts:
        return Turn(conversation=drafts.forget(conversation))
    said = (
        drafts.pinned(whole, knowledge)
        if whole.matter
        else knowledge.understand(drafts.joined(whole))
    )
    reason = _why_silent(conversation.stage, sender)
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


def _step(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    said = heard.understanding
    if heard.message.event:
        return happenings.of(conversation, heard, knowledge)
    if heard.message.public:
        return _public(conversation, heard, knowledge)
    if said.urgency is Urgency.DANGER and not _same_danger(conversation, heard, knowledge):
        return _danger(conversation, heard, knowledge)
    if said.kind is RequestKind.PERSON:
        return _person(conversation, heard, knowledge)
    if conversation.stage in _READ_BACK and said.kind not in _ABOUT_THE_TALK:
        return readback.answered(conversation, heard, knowledge)
    if conversation.stage in (Stage.WITHDRAW, Stage.PUBLIC, Stage.DANGER):
        return _confirmation(conversation, heard, knowledge)
    return _listen(conversation, heard, knowledge)


def _listen(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Nothing waits for a yes or no: a verdict, a command, more of a matter, or a new one."""
    command = commands.verdict(conversation, heard, knowledge) or commands.of(
        conversation, heard, knowledge
    )
    if command is not None:
        return Turn(conversation=conversation, steps=(command,))
    if _belongs_to_ticket(conversation, heard, knowledge):
        return _add_to_ticket(conversation, heard)
    return telling.tell(conversation, heard, knowledge)


def _public(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    whole = drafts.remember(conversation, heard)
    return questions.ask(whole, heard, knowledge, Stage.PUBLIC, "confirm_public")


def _danger(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Told at once whom to ring; a ticket without asking anything. On the telephone a person is
    offered.
    """
    whole = drafts.gathered(drafts.remember(conversation, heard))
    said = drafts.said(whole, heard, knowledge)
    draft = drafts.draft(whole, heard.message, said=said, reason=reasons.DANGER_FIRST)
    draft = replace(draft, urgency=Urgency.DANGER)
    spoken = heard.message.spoken
    opened = drafts.opened(whole, heard.at, Open(draft=draft, quiet=spoken))
    steps = (Say(reply=Reply(key="danger")), *opened.steps)
    if not spoken:
        return replace(opened, steps=steps)
    offered = replace(opened.conversation, stage=Stage.DANGER)
    offer = Say(reply=questions.offer("danger_transfer"))
    return Turn(conversation=offered, steps=(*steps, offer))


def _person(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    if drafts.has_live_ticket(conversation, heard, knowledge) and not conversation.texts:
        return drafts.to_person(conversation, heard, knowledge, reasons.PERSON_ASKED)
    whole = drafts.remember(conversation, heard)
    return drafts.hand_over(whole, heard, knowledge, reasons.PERSON_ASKED)


def _confirmation(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """A yes or no to what we asked; anything else is taken for what it is."""
    kind, calm = heard.understanding.kind, commands.calm(conversation)
    match conversation.stage, kind:
        case Stage.WITHDRAW, (RequestKind.YES | RequestKind.WITHDRAW):
            return Turn(conversation=calm, steps=(Withdraw(ticket=conversation.ticket),))
        case Stage.WITHDRAW, RequestKind.NO:
            return Turn(conversation=calm, steps=_kept(conversation, heard))
        case Stage.PUBLIC, RequestKind.NO:
            thanks = Say(reply=Reply(key="thanks"))
            return Turn(conversation=drafts.forget(conversation), steps=(thanks,))
        case Stage.PUBLIC, RequestKind.YES:
            said = knowledge.understand(drafts.joined(calm))
            return telling.weigh(calm, heard, knowledge, said)
        case Stage.DANGER, RequestKind.YES:
            return drafts.to_person(calm, heard, knowledge, reasons.DANGER_TRANSFER)
        case Stage.DANGER, RequestKind.NO:
            told = TellProgress(ticket=conversation.ticket)
            return Turn(conversation=calm, steps=(told,))
        case (
            (Stage.DANGER | Stage.WITHDRAW | Stage.PUBLIC),
            (RequestKind.REPEAT | RequestKind.SLOWER | RequestKind.WAIT),
        ):
            return replace(_listen(conversation, heard, knowledge), conversation=conversation)
        case _:
            return _step(calm, heard, knowledge)


def _kept(conversation: Conversation, heard: Heard) -> tuple[TellProgress, ...]:
    """Who does not withdraw after all hears, on the telephone, that it goes on."""
    return (TellProgress(ticket=conversation.ticket),) if heard.message.spoken else ()


def _belongs_to_ticket(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """Is this still part of the matter that already has a number?

    Within the joining time (on the telephone: the call) it is, unless it speaks with certainty of
    another group of the catalogue, or of the same in another place.
    """
    if conversation.ticket_at is None or conversation.stage is not Stage.OPEN:
        return False
    age = heard.at - conversation.ticket_at
    said, spoken = heard.understanding, heard.message.spoken
    if not said.text:
        return age <= timedelta(seconds=knowledge.same_matter_s)
    if age > timedelta(seconds=knowledge.same_matter_s if spoken else knowledge.join_s):
        return False
    best = drafts.best(said.categories)
    elsewhere = conversation.ticket_place not in {guess.code for guess in said.places}
    other_place = bool(said.places and conversation.ticket_place) and elsewhere
    other = best.code[:4] != conversation.ticket_category[:4] or other_place
    return not (other and best.confidence >= knowledge.certain_above)


def _same_danger(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """More words of a danger that an operator has been called for already."""
    if conversation.ticket_at is None or not conversation.ticket_danger:
        return False
    within_s = knowledge.same_matter_s if heard.message.spoken else knowledge.join_s
    return heard.at - conversation.ticket_at <= timedelta(seconds=within_s)


def _add_to_ticket(conversation: Conversation, heard: Heard) -> Turn:
    """Who reads is told once that more words join it; who listens never meets silence."""
    text = heard.understanding.text or drafts.shown(heard.message)
    quiet = conversation.noted and not heard.message.spoken
    added = Supplement(ticket=conversation.ticket, text=text, quiet=quiet)
    return Turn(conversation=replace(conversation, noted=True), steps=(added,))


def _why_silent(stage: Stage, sender: InboundMessage) -> str:
    if stage is Stage.PUBLIC:
        return reasons.PUBLIC_CANDIDATE
    if stage in _READ_BACK:
        return reasons.UNCONFIRMED
    return reasons.HUNG_UP if sender.spoken else reasons.NO_ANSWER
