"""How a conversation goes on: a pure function from (what is remembered, what was heard) to a turn.

It asks only for what is missing, one question at a time and two at the most; after that a person
decides.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from channels.message import InboundMessage, Reply
from intake.turn import (
    AskWithdraw,
    Conversation,
    Heard,
    Knowledge,
    Open,
    Say,
    Stage,
    Step,
    Supplement,
    TellProgress,
    Turn,
    Withdraw,
)
from nlp.understanding import Guess, RequestKind, Understanding, Urgency
from routing.ticket import Draft

MOST_QUESTIONS = 2
MOST_REMEMBERED = 20  # messages in a matter not yet in a ticket
LONG_ENOUGH = 8  # characters that say something even when no category is found
CLOSE_RACE = 0.25  # two places nearer than this in confidence are asked about
CHOICES = 3

PERSON_ASKED = "居民要求人工服务"
NOT_UNDERSTOOD = "没有听明白居民反映的事"
PLACE_UNKNOWN = "没有对上具体地点"
DANGER_FIRST = "涉及人身或财产危险，请立即核实"
NO_ANSWER = "追问后居民没有再回话"
PROGRAM_FAILED = "系统处理时出错，请人工办理"
PUBLIC_CANDIDATE = "公开平台上的留言，居民本人还没有确认"

_TALK = {RequestKind.GREETING, RequestKind.YES, RequestKind.NO}
_NOTHING_SAID = {RequestKind.INVALID, RequestKind.UNKNOWN}


def step(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The turn that a message leads to. Danger comes before everything, a wish for a person
    next.
    """
    said = heard.understanding
    if heard.message.event:
        return _event(conversation, heard, knowledge)
    if heard.message.public:
        return _public(conversation, heard, knowledge)
    if said.urgency is Urgency.DANGER and not _same_danger(conversation, heard, knowledge):
        return _danger(conversation, heard, knowledge)
    if said.kind is RequestKind.PERSON:
        return _hand_over(_remember(conversation, heard), heard, knowledge, PERSON_ASKED)
    if conversation.stage in (Stage.WITHDRAW, Stage.PUBLIC):
        return _confirmation(conversation, heard, knowledge)
    command = _command(conversation, said)
    if command is not None:
        return Turn(conversation=conversation, steps=(command,))
    if _belongs_to_ticket(conversation, heard, knowledge):
        return _add_to_ticket(conversation, heard)
    return _tell(conversation, heard, knowledge)


def expire(conversation: Conversation, *, sender: InboundMessage, knowledge: Knowledge) -> Turn:
    """Silence after a question: what was said becomes a ticket all the same, for a person to
    look at.

    `sender` is the thread's last message; a withdrawal that was not confirmed simply lapses.
    """
    if conversation.stage is Stage.WITHDRAW or not conversation.texts:
        return Turn(conversation=_forget(conversation))
    reason = PUBLIC_CANDIDATE if conversation.stage is Stage.PUBLIC else NO_ANSWER
    said = knowledge.understand(_joined(conversation))
    draft = _draft(conversation, sender, said=said, reason=reason)
    return _opened(conversation, sender.received_at, (draft,))


def plain_ticket(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The program itself has failed: the words as they came, for a person."""
    whole = _remember(conversation, heard)
    nothing = Understanding(text="", kind=RequestKind.HELP, urgency=heard.understanding.urgency)
    draft = _draft(whole, heard.message, said=nothing, reason=PROGRAM_FAILED)
    return _opened(whole, heard.at, (draft,))


def _event(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    name, _, key = heard.message.event.partition(":")
    if name == "menu" and key == "progress":
        return Turn(conversation=conversation, steps=(TellProgress(ticket=""),))
    if name == "menu" and key == "person":
        return _hand_over(_remember(conversation, heard), heard, knowledge, PERSON_ASKED)
    if name in ("follow", "menu", "scan"):
        return Turn(conversation=conversation, steps=(Say(reply=Reply(key="welcome")),))
    return Turn(conversation=conversation)


def _public(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    asked = _ask(_remember(conversation, heard), heard, Stage.PUBLIC, knowledge)
    choices = ("确认", "不用了")
    return Turn(
        conversation=asked, steps=(Say(reply=Reply(key="confirm_public", choices=choices)),)
    )


def _danger(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    whole = _remember(conversation, heard)
    said = _whole_said(whole, heard, knowledge)
    draft = _draft(whole, heard.message, said=said, reason=DANGER_FIRST)
    opened = _opened(whole, heard.at, (replace(draft, urgency=Urgency.DANGER),))
    return replace(opened, steps=(Say(reply=Reply(key="danger")), *opened.steps))


def _hand_over(whole: Conversation, heard: Heard, knowledge: Knowledge, reason: str) -> Turn:
    said = _whole_said(whole, heard, knowledge)
    draft = _draft(whole, heard.message, said=said, reason=reason)
    return _opened(whole, heard.at, (draft,))


def _confirmation(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    kind = heard.understanding.kind
    if conversation.stage is Stage.WITHDRAW:
        calm = replace(conversation, stage=Stage.OPEN, due_at=None)
        if kind in (RequestKind.YES, RequestKind.WITHDRAW):
            return Turn(conversation=calm, steps=(Withdraw(ticket=conversation.ticket),))
        return (
            step(calm, heard, knowledge) if kind is not RequestKind.NO else Turn(conversation=calm)
        )
    if kind is RequestKind.NO:
        return Turn(conversation=_forget(conversation), steps=(Say(reply=Reply(key="thanks")),))
    calm = replace(conversation, stage=Stage.OPEN, due_at=None)
    if kind is RequestKind.YES:
        return _weigh(calm, heard, knowledge, knowledge.understand(_joined(calm)))
    return step(calm, heard, knowledge)


def _command(conversation: Conversation, said: Understanding) -> Step | None:
    """Something asked of us rather than told to us."""
    named = said.tickets[0] if said.tickets else ""
    if said.kind is RequestKind.PROGRESS:
        return TellProgress(ticket=named)
    if said.kind is RequestKind.WITHDRAW:
        return AskWithdraw(ticket=named)
    if said.kind is RequestKind.SUPPLEMENT and (named or conversation.ticket):
        return Supplement(ticket=named or conversation.ticket, text=said.text)
    if said.kind is RequestKind.THANKS and len(said.text) < LONG_ENOUGH:
        return Say(reply=Reply(key="thanks"))
    if said.kind in _TALK and conversation.stage is Stage.OPEN and not conversation.texts:
        return Say(reply=Reply(key="greeting"))
    return None


def _belongs_to_ticket(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """Is this still part of the matter that already has a number?

    Within the joining time it is, unless it speaks with certainty of another group of the
    catalogue.
    """
    if conversation.ticket_at is None or conversation.stage is not Stage.OPEN:
        return False
    age = heard.at - conversation.ticket_at
    if not heard.understanding.text:
        return age <= timedelta(seconds=knowledge.same_matter_s)
    if age > timedelta(seconds=knowledge.join_s):
        return False
    best = _best(heard.understanding.categories)
    other = best.code[:4] != conversation.ticket_category[:4]
    return not (other and best.confidence >= knowledge.certain_above)


def _same_danger(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """More words of a danger that an operator has been called for already."""
    if conversation.ticket_at is None or not conversation.ticket_danger:
        return False
    return heard.at - conversation.ticket_at <= timedelta(seconds=knowledge.join_s)


def _add_to_ticket(conversation: Conversation, heard: Heard) -> Turn:
    text = heard.understanding.text or _shown(heard.message)
    added = Supplement(ticket=conversation.ticket, text=text, quiet=conversation.noted)
    return Turn(conversation=replace(conversation, noted=True), steps=(added,))


def _tell(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The resident tells his matter, or answers what we asked."""
    said = heard.understanding
    if not said.text and heard.message.attachments:
        whole = _ask(_remember(conversation, heard), heard, Stage.MATTER, knowledge)
        return Turn(conversation=whole, steps=(Say(reply=Reply(key="media_kept")),))
    chosen = _chosen(conversation, said, knowledge)
    whole = replace(_remember(conversation, heard), place=chosen or conversation.place)
    if len(said.demands) > 1 and conversation.stage is Stage.OPEN:
        return _several(whole, heard, knowledge)
    if conversation.texts and not chosen:
        said = knowledge.understand(_joined(whole))
    elif conversation.texts:
        said = replace(knowledge.understand(_joined(conversation)), places=said.places)
    return _weigh(whole, heard, knowledge, said)


def _weigh(whole: Conversation, heard: Heard, knowledge: Knowledge, said: Understanding) -> Turn:
    """Enough for a ticket, one more question, or a person?"""
    best = _best(said.categories)
    if not best.code:
        if len(said.text) >= LONG_ENOUGH or whole.asked >= MOST_QUESTIONS - 1:
            return _hand_over(whole, heard, knowledge, NOT_UNDERSTOOD)
        return _question(whole, heard, knowledge, Stage.MATTER, Reply(key="ask_matter"))
    if whole.place or not knowledge.needs_place(best.code, said.kind):
        return _opened(whole, heard.at, (_draft(whole, heard.message, said=said),))
    rivals = _rivals(said.places)
    if len(rivals) == 1:
        settled = replace(whole, place=rivals[0])
        return _opened(settled, heard.at, (_draft(settled, heard.message, said=said),))
    if whole.asked >= MOST_QUESTIONS or (whole.stage is Stage.PLACE and not rivals):
        return _hand_over(whole, heard, knowledge, PLACE_UNKNOWN)
    if rivals:
        names = tuple(knowledge.place_name(code) for code in rivals)
        which = Reply(
            key="ask_place_which", values={"options": "，还是".join(names)}, choices=names
        )
        return _question(replace(whole, options=rivals), heard, knowledge, Stage.WHICH, which)
    return _question(whole, heard, knowledge, Stage.PLACE, Reply(key="ask_place"))


def _several(whole: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Several demands in one message: a ticket each, sharing the place where only one was named."""
    parts = [knowledge.understand(demand) for demand in heard.understanding.demands]
    common = whole.place or next(iter(_rivals(heard.understanding.places)), "")
    drafts = []
    for part in parts:
        own = _rivals(part.places)
        piece = replace(whole, texts=(part.text,), place=own[0] if own else common)
        lacking = not piece.place and knowledge.needs_place(_best(part.categories).code, part.kind)
        reason = PLACE_UNKNOWN if lacking else ""
        drafts.append(_draft(piece, heard.message, said=part, reason=reason))
    return _opened(whole, heard.at, tuple(drafts))


def _question(
    whole: Conversation, heard: Heard, knowledge: Knowledge, stage: Stage, reply: Reply
) -> Turn:
    asked = _ask(whole, heard, stage, knowledge)
    return Turn(conversation=asked, steps=(Say(reply=reply),))


def _ask(whole: Conversation, heard: Heard, stage: Stage, knowledge: Knowledge) -> Conversation:
    due = heard.at + timedelta(seconds=knowledge.silence_s)
    return replace(whole, stage=stage, asked=whole.asked + 1, due_at=due)


def _remember(conversation: Conversation, heard: Heard) -> Conversation:
    text = heard.understanding.text or _shown(heard.message)
    texts = (*conversation.texts, text) if text else conversation.texts
    messages = (*conversation.messages, heard.inbox_id)
    return replace(
        conversation, texts=texts[-MOST_REMEMBERED:], messages=messages[-MOST_REMEMBERED:]
    )


def _forget(conversation: Conversation) -> Conversation:
    """Nothing pending; only the last ticket is remembered."""
    return Conversation(
        thread=conversation.thread,
        ticket=conversation.ticket,
        ticket_category=conversation.ticket_category,
        ticket_danger=conversation.ticket_danger,
        ticket_at=conversation.ticket_at,
        noted=conversation.noted,
    )


def _opened(whole: Conversation, at: datetime, drafts: tuple[Draft, ...]) -> Turn:
    """The tickets to open. The desk writes their number into the conversation once they have
    one.
    """
    fresh = Conversation(
        thread=whole.thread,
        ticket_at=at,
        ticket_category=drafts[0].category,
        ticket_danger=drafts[0].urgency is Urgency.DANGER,
    )
    return Turn(conversation=fresh, steps=tuple(Open(draft=draft) for draft in drafts))


def _draft(
    whole: Conversation,
    message: InboundMessage,
    *,
    said: Understanding,
    reason: str = "",
) -> Draft:
    best = _best(said.categories)
    places = _rivals(said.places)
    place = whole.place or (places[0] if len(places) == 1 else "")
    kind = RequestKind.HELP if said.kind in _TALK | _NOTHING_SAID else said.kind
    tel = message.sender.path if message.sender.scheme == "tel" else ""
    return Draft(
        text="\n".join(whole.texts),
        kind=kind,
        urgency=said.urgency,
        category=best.code,
        category_confidence=best.confidence,
        place=place,
        address=message.point.label if message.point else "",
        evidence=best.evidence,
        reporter=str(message.sender),
        reporter_phone=tel or next(iter(said.phones), ""),
        channel=message.channel,
        messages=whole.messages,
        handover_reason=reason,
    )


def _chosen(conversation: Conversation, said: Understanding, knowledge: Knowledge) -> str:
    """The place chosen by an answer: one of the options by name, or the only one named."""
    if conversation.stage is Stage.WHICH:
        for code in conversation.options:
            name = knowledge.place_name(code)
            if said.text and (said.text in name or name in said.text):
                return code
        named = {guess.code for guess in said.places} & set(conversation.options)
        return named.pop() if len(named) == 1 else ""
    if conversation.stage is Stage.PLACE:
        rivals = _rivals(said.places)
        return rivals[0] if len(rivals) == 1 else ""
    return ""


def _rivals(places: tuple[Guess, ...]) -> tuple[str, ...]:
    """Places that could be meant: the best one, and those too near to it to be passed over."""
    close = [g.code for g in places if places[0].confidence - g.confidence < CLOSE_RACE]
    return tuple(close[:CHOICES])


def _best(guesses: tuple[Guess, ...]) -> Guess:
    return guesses[0] if guesses else Guess(code="", confidence=0.0)


def _whole_said(whole: Conversation, heard: Heard, knowledge: Knowledge) -> Understanding:
    """What the whole matter says, understood anew only where it is more than this message."""
    return knowledge.understand(_joined(whole)) if len(whole.texts) > 1 else heard.understanding


def _joined(conversation: Conversation) -> str:
    return "，".join(conversation.texts)


def _shown(message: InboundMessage) -> str:
    """What stands for a message without words."""
    names = {"image": "［照片］", "voice": "［语音］", "video": "［视频］", "link": "［链接］"}
    return "".join(names.get(a.kind, "［文件］") + a.caption for a in message.attachments)
