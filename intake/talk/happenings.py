"""What happens in a channel without words: somebody follows, presses a menu, puts down, was missed,
was rung back, is handed over by the telephone, or his voice note became text. All of it pure.
"""

from dataclasses import replace

from channels.message import Reply
from intake.talk import drafts, handing, notes, readback, reasons
from intake.talk.steps import Open, Say, Step, TellProgress
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Turn
from nlp.understanding import RequestKind, Urgency

_READ_BACK = frozenset({Stage.CONFIRM, Stage.WRONG})


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The turn that `message.event` leads to; events that we don't know lead to nothing."""
    name, _, detail = heard.message.event.partition(":")
    match name, detail:
        case "menu", "progress":
            return Turn(conversation=conversation, steps=(TellProgress(ticket=""),))
        case "progress", asked:  # by a form: the number, perhaps with a proof that it is his
            return Turn(
                conversation=conversation, steps=(TellProgress(ticket=asked.partition(":")[0]),)
            )
        case "menu", "person":
            return handing.of(conversation, heard, knowledge)
        case (("follow" | "menu" | "scan"), _):
            return Turn(conversation=conversation, steps=(Say(reply=Reply(key="welcome")),))
        case "unsupported", _:
            return Turn(conversation=conversation, steps=(Say(reply=Reply(key="unsupported")),))
        case "hangup", _:
            return _hung_up(conversation, heard, knowledge)
        case "missed", _:
            return _missed(conversation, heard, knowledge)
        case "heard_after", number:
            return _heard_after(conversation, heard, knowledge, number)
        case notes.EVENT, of_note:
            return notes.heard(conversation, heard, knowledge, of_note)
        case "called_back", number:
            return Turn(conversation=replace(conversation, fills=number))
        case "handover", reason:
            return _handed_over(conversation, heard, knowledge, reason or reasons.CALL_FAILED)
        case _:
            return Turn(conversation=conversation)


def _hung_up(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Whatever was told and is in no ticket gets one; who has told nothing leaves nothing."""
    read_back = conversation.stage in _READ_BACK
    if read_back and heard.understanding.kind is RequestKind.YES:
        agreed = readback.confirmed(drafts.noted(conversation, heard), heard, knowledge)
        rest = drafts.noted(drafts.gathered(agreed.conversation), heard)
        return _unfinished(rest, heard, knowledge, before=agreed.steps, read_back=False)
    whole = drafts.gathered(_with_words(conversation, heard))
    return _unfinished(whole, heard, knowledge, before=(), read_back=read_back)


def _unfinished(
    whole: Conversation,
    heard: Heard,
    knowledge: Knowledge,
    *,
    before: tuple[Step, ...],
    read_back: bool,
) -> Turn:
    if not whole.texts:
        return Turn(conversation=drafts.forget(whole), steps=before)
    reason = reasons.UNCONFIRMED if read_back else reasons.HUNG_UP
    said = drafts.said(whole, heard, knowledge)
    draft = drafts.draft(whole, heard.message, said=said, reason=reason)
    opened = drafts.opened(whole, heard.at, Open(draft=draft))
    return replace(opened, steps=(*before, *opened.steps))


def _missed(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """A recording that nobody answered: a ticket at once, with the transcript if there is one; a
    word in the one that this call has led to, where nothing more was told.
    """
    whole = drafts.gathered(_with_words(conversation, heard))
    if not whole.texts and drafts.has_live_ticket(whole, heard, knowledge):
        return drafts.to_person(whole, heard, knowledge, reasons.MISSED)
    if not heard.understanding.text:
        whole = replace(whole, texts=(*whole.texts, reasons.RECORDING))
    said = drafts.said(whole, heard, knowledge)
    draft = drafts.draft(whole, heard.message, said=said, reason=reasons.MISSED)
    return drafts.opened(whole, heard.at, Open(draft=draft))


def _heard_after(
    conversation: Conversation, heard: Heard, knowledge: Knowledge, number: str
) -> Turn:
    """What a recogniser wrote of a call's recording when the call was over: for its ticket, or one
    of its own where it has none and there is a matter in it. A cough changes no ticket.
    """
    said = heard.understanding
    matter = said.categories or said.urgency is Urgency.DANGER
    if not (matter or (number and said.places)):
        return Turn(conversation=conversation)
    fresh = Conversation(thread=conversation.thread)
    whole = drafts.remember(fresh, heard)
    draft = drafts.draft(whole, heard.message, said=said, reason=reasons.HEARD_AFTER)
    return Turn(conversation=conversation, steps=(Open(draft=draft, into=number, quiet=True),))


def _handed_over(
    conversation: Conversation, heard: Heard, knowledge: Knowledge, reason: str
) -> Turn:
    """The telephone hands the caller to a person: with his ticket, or one of what was heard."""
    whole = _with_words(conversation, heard)
    if not whole.texts and not drafts.has_live_ticket(whole, heard, knowledge):
        whole = replace(whole, texts=(reasons.NOTHING_HEARD,))
    return drafts.to_person(whole, heard, knowledge, reason)


def _with_words(conversation: Conversation, heard: Heard) -> Conversation:
    """An event may bring the words that were heard last."""
    if heard.understanding.text:
        return drafts.remember(conversation, heard)
    return drafts.noted(conversation, heard)
