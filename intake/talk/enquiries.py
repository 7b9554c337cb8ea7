"""Who only asks when an office is open or where something is done is answered at once: which office
it is, where its number is to be had, and that a person will ask for him if he likes. Pure.
"""

from dataclasses import replace

from channels.message import Reply
from intake.talk import drafts
from intake.talk.steps import Say
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Turn
from nlp import enquiry, kind
from nlp.understanding import RequestKind, Urgency

_ASKS = frozenset({RequestKind.ENQUIRY, RequestKind.UNKNOWN})


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The answer, with the question kept for whoever is asked for; None for anything else.

    By word of mouth a matter is read back as any other.
    """
    said, message = heard.understanding, heard.message
    free = conversation.stage is Stage.OPEN and not conversation.texts
    if not free or message.spoken or message.attachments or said.tickets:
        return None
    if said.urgency is not Urgency.NORMAL or said.kind not in _ASKS:
        return None
    hours, where = enquiry.asks_hours(said.text), enquiry.asks_where(said.text)
    if not (hours or where) or kind.tells_a_fault(said.text):
        return None
    best = drafts.best(said.categories)
    sure = best.confidence >= knowledge.certain_above
    office = knowledge.office(best.code, RequestKind.ENQUIRY) if sure else ""
    if not office and not hours:
        return None
    key, values = ("office_where", {"unit": office}) if office else ("office_hours", {})
    asked = replace(conversation, about=heard.words)
    return Turn(conversation=asked, steps=(Say(reply=Reply(key=key, values=values)),))
