"""What is said beside any matter gets a short answer, no ticket and no line in one. Pure."""

from channels.message import Reply
from intake.talk import drafts, joining, questions
from intake.talk.steps import AskWithdraw, Say, Step
from intake.talk.turn import Conversation, Heard, Knowledge, Stage
from nlp import aside
from nlp.aside import Aside
from nlp.understanding import RequestKind, Urgency

_KEYS = {
    Aside.THANKS: "thanks",
    Aside.WEATHER: "weather",
    Aside.NUMBER: "no_numbers",
    Aside.OURS: "our_number",
    Aside.OFFICE: "no_office_numbers",
    Aside.HOURS: "hours",
    Aside.WHO: "who",
    Aside.ANGER: "anger",
    Aside.SLIP: "acknowledged",
    Aside.NO_NUMBER: "no_number",
    Aside.VERDICT: "progress_none",
}


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Step | None:
    """The answer to it, the conversation staying as it is; None while anything is told or asked."""
    said, spoken = heard.understanding, heard.message.spoken
    if conversation.stage is not Stage.OPEN or conversation.texts or heard.message.attachments:
        return None
    found = aside.of(said.text) if said.urgency is Urgency.NORMAL and not said.tickets else None
    match found:
        case None:
            return None
        case Aside.TAKE_BACK:
            until = questions.deadline(heard, knowledge)
            return AskWithdraw(ticket=conversation.ticket, until=until)
        case Aside.HEARD:
            young = joining.is_young(conversation, heard, knowledge.later_s)
            if not (spoken or conversation.ticket) and said.kind is RequestKind.UNKNOWN:
                return Say(reply=Reply(key="acknowledged"))  # 没事了谢谢
            waits = spoken or not conversation.ticket or said.kind is RequestKind.NO
            return None if waits or not young else Say(reply=Reply(key="acknowledged"))
        case Aside.SLIP if joining.is_young(conversation, heard, knowledge.later_s):
            return None  # 没事了, said of what he has told
        case Aside.VERDICT if conversation.ticket:
            return None  # it says how that one stands
        case Aside.THANKS if drafts.has_live_ticket(conversation, heard, knowledge):
            return Say(reply=Reply(key="goodbye"))
        case _:
            return Say(reply=Reply(key=_KEYS[found]))
