"""Somebody tells of a danger: first what to do, then what happens, then where it is. Pure.

Told again it joins its ticket (see `alarms`). Once the place is known, who calls is offered a
person and who writes is asked for a telephone. Of lesser things that cannot wait (a dog's bite, a
theft, a fraud) there is advice beside the ordinary course.
"""

import re
from dataclasses import replace

from channels.message import InboundMessage, Reply
from intake.talk import drafts, joining, later, questions, reasons, telling
from intake.talk.steps import Move, Open, ReadBack, Say, Step, Supplement
from intake.talk.turn import Conversation, Heard, Knowledge, PlaceName, Stage, Turn
from nlp.danger import over
from nlp.understanding import RequestKind, Urgency
from routing.ticket import Draft

# What is asked of a danger once it is told.
QUESTIONS = frozenset(
    {"danger_where", "danger_spot", "danger_village", "danger_phone", "danger_transfer"}
)
GENERAL = "danger_general"  # the advice where nobody can say which danger it is
_TALK = frozenset({RequestKind.YES, RequestKind.NO, RequestKind.GREETING})
# What finds a house in a village: a street, a number, somebody's name, what everybody knows there.
_SPOT = re.compile(
    r"[街巷]|胡同|(?<!马)路(?![灯上边面人过由])|[0-9一二三四五六七八九十]+(?:号|栋|单元|公里)|小区|学校|中学|小学|"
    r"幼儿园|医院|卫生[院室]|超市|饭店|商店|厂|市场|广场|门口|旁边|对面|隔壁|路口|村[口委东西南北]|[东西南北]头|"
    r"桥|水库|国道|省道|高速|工地|大棚|老[\u4e00-\u9fff]家|(?:叫|姓)[\u4e00-\u9fff]{1,3}"
)


def told(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Whom to ring and what to do; a ticket at once; then the one question that is left."""
    whole = drafts.gathered(drafts.remember(conversation, heard))
    turn, draft = opened(whole, heard, knowledge, reasons.DANGER_FIRST, knowledge.danger)
    return _located(turn, draft, heard, knowledge)


def opened(
    whole: Conversation, heard: Heard, knowledge: Knowledge, reason: str, key: str
) -> tuple[Turn, Draft]:
    """What to do, and a ticket that a person looks at at once; `key`: what is said of it."""
    said = drafts.said(whole, heard, knowledge)
    draft = drafts.draft(whole, heard.message, said=said, reason=reason)
    draft = replace(draft, urgency=Urgency.DANGER)
    turn = drafts.opened(whole, heard.at, Open(draft=draft, danger=key))
    first = advice(heard.understanding.danger_kind or said.danger_kind)
    return replace(turn, steps=(first, *turn.steps)), draft


def answered(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The answer to where the danger is; None where we have not asked."""
    said, ticket = heard.understanding, conversation.ticket
    if not joining.waits_for_place(conversation) or joining.is_finished(conversation, heard):
        return None
    if later.is_another(conversation, said, knowledge):
        begin = told if said.urgency is Urgency.DANGER else telling.tell
        return begin(drafts.forget(conversation), heard, knowledge)
    if over.ended(said.text) and not said.places:
        return _over(conversation, heard)
    if said.kind in _TALK or not heard.words:
        shown = drafts.shown(heard.message)
        more = (Supplement(ticket=ticket, text=shown, quiet=True),) if shown else ()
        if conversation.asked < questions.MOST_QUESTIONS:
            again = replace(conversation, asked=conversation.asked + 1)
            standing = still_asked(conversation, knowledge)
            return Turn(conversation=again, steps=(*more, *standing))
        heeded = () if heard.message.spoken else (Say(reply=Reply(key="received")),)
        rest = drafts.forget(conversation)
        return offered(Turn(conversation=rest, steps=(*more, *heeded)), heard)
    phone = later.number_left(conversation, said)
    left = Supplement(ticket=ticket, text=heard.words, phone=phone, quiet=True)
    where = bool(said.places) or conversation.stage is Stage.WHICH
    if phone and not where:  # he has left a number: what we asked first stands still
        known = conversation.ticket_place
        rest = drafts.forget(conversation) if known else conversation
        return offered(Turn(conversation=rest, steps=(replace(left, quiet=False),)), heard)
    if conversation.ticket_place and not where:
        return offered(alarmed(_more(conversation, heard, knowledge)), heard)
    if not where and conversation.asked < questions.MOST_QUESTIONS:
        return _which_village(conversation, replace(left, alarm=True))
    turn = alarmed(later.answered(replace(conversation, correcting=ticket), heard, knowledge))
    if phone:
        turn = replace(turn, steps=(*turn.steps, left))
    return offered(turn, heard)


def _over(conversation: Conversation, heard: Heard) -> Turn:
    """It has ended: nothing more is asked now, and nothing ever of what was no danger."""
    kept = Supplement(ticket=conversation.ticket, text=heard.words, alarm=True)
    if over.is_nothing(heard.understanding.text):
        conversation = replace(drafts.forget(conversation), phone_asked=True)
    return Turn(conversation=conversation, steps=(kept,))


def _more(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """More of a danger whose place is known. Where it is then, if not there, is a question like the
    others: denied once more it is left to a person.
    """
    turn = later.of(drafts.forget(conversation), heard, knowledge)
    asked = conversation.asked + turn.conversation.asked
    if not turn.conversation.asked:
        return turn
    if asked > questions.MOST_QUESTIONS:
        at_it = replace(conversation, correcting=conversation.ticket)
        return later.answered(at_it, heard, knowledge)
    return replace(turn, conversation=replace(turn.conversation, asked=asked))


def _which_village(conversation: Conversation, kept: Supplement) -> Turn:
    """村西头老李家: whoever goes there has to know of which village."""
    again = replace(conversation, stage=Stage.PLACE, asked=conversation.asked + 1)
    return Turn(conversation=again, steps=(kept, Say(reply=Reply(key="danger_village"))))


def reachable(turn: Turn, heard: Heard) -> Turn:
    """Once nothing else is asked of a danger that somebody has written of: a telephone, once."""
    state, message = turn.conversation, heard.message
    unasked = message.spoken or message.public or message.event or state.phone_asked
    told = [step for step in turn.steps if isinstance(step, Open) or _is_of(step, state.ticket)]
    if unasked or not told or not state.ticket_danger:
        return turn
    left = any(_leaves_telephone(step) for step in told)
    if not left and state.stage is not Stage.OPEN:
        return turn
    ask = () if left else (Say(reply=Reply(key="danger_phone")),)
    known = replace(state, phone_asked=True)
    return replace(turn, conversation=known, steps=(*turn.steps, *ask))


def silent(conversation: Conversation, sender: InboundMessage) -> Turn:
    """Who has not said where it is, and can be written to, is asked how to reach him, once."""
    rest = drafts.forget(conversation)
    unasked = sender.spoken or sender.public or conversation.phone_asked
    if unasked or not joining.waits_for_place(conversation):
        return Turn(conversation=rest)
    ask = Say(reply=Reply(key="danger_phone"))
    return Turn(conversation=replace(rest, phone_asked=True), steps=(ask,))


def _is_of(step: Step, ticket: str) -> bool:
    return isinstance(step, Supplement | Move) and step.ticket == ticket


def _leaves_telephone(step: Step) -> bool:
    if isinstance(step, Open):
        return bool(step.draft.reporter_phone)
    return isinstance(step, Supplement) and bool(step.phone)


def advised(turn: Turn, heard: Heard) -> Turn:
    """What to do at once about a matter that is no danger and takes its ordinary course."""
    said = heard.understanding
    tells = any(isinstance(step, Open | ReadBack | Say) for step in turn.steps)
    if not said.danger_kind or said.urgency is Urgency.DANGER or not tells:
        return turn
    return replace(turn, steps=(advice(said.danger_kind), *turn.steps))


def alarmed(turn: Turn) -> Turn:
    """Words for a danger's ticket are for whoever was told of it."""
    steps = tuple(
        replace(step, alarm=True) if isinstance(step, Supplement) else step for step in turn.steps
    )
    return replace(turn, steps=steps)


def names_a_spot(text: str) -> bool:
    """Is something in it that finds a house in a village?"""
    return bool(_SPOT.search(text))


def advice(kind: str) -> Say:
    """What to do first."""
    return Say(reply=Reply(key=f"danger_{kind}" if kind else GENERAL))


def _located(turn: Turn, draft: Draft, heard: Heard, knowledge: Knowledge) -> Turn:
    """The place as it was understood, or the question for it."""
    place = knowledge.place(draft.place) if draft.place else None
    shared = heard.message.point is not None
    exact = shared or (
        place and place.township and _SPOT.search(draft.text.replace(place.name, ""))
    )
    if exact:
        known = place.full if place else draft.address
        step: Step = Say(reply=Reply(key="danger_at", values={"place": known}))
        return offered(replace(turn, steps=(*turn.steps, step)), heard)
    return ask_where(turn, place, heard, knowledge)


def ask_where(turn: Turn, place: PlaceName | None, heard: Heard, knowledge: Knowledge) -> Turn:
    """The turn, with the question for the spot."""
    waiting = questions.waiting(turn.conversation, heard, knowledge, Stage.PLACE)
    return replace(turn, conversation=waiting, steps=(*turn.steps, _where(place)))


def still_asked(conversation: Conversation, knowledge: Knowledge) -> tuple[Step, ...]:
    """The question that stands; where a danger is, in the words in which it was asked."""
    if conversation.stage is Stage.PLACE and joining.waits_for_place(conversation):
        place = conversation.ticket_place
        return (_where(knowledge.place(place) if place else None),)
    return questions.standing(conversation, knowledge)


def _where(place: PlaceName | None) -> Say:
    values = {"place": place.full} if place else {}
    return Say(reply=Reply(key="danger_spot" if place else "danger_where", values=values))


def offered(turn: Turn, heard: Heard) -> Turn:
    """On the telephone somebody in danger is put through if he wishes, nothing else being asked."""
    if not heard.message.spoken or turn.conversation.stage is not Stage.OPEN:
        return turn
    offer = Say(reply=questions.offer("danger_transfer"))
    waits = replace(turn.conversation, stage=Stage.DANGER)
    return replace(turn, conversation=waits, steps=(*turn.steps, offer))
