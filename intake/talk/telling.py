"""The resident tells his matter, or answers what we asked about it: enough for a ticket, one more
question, or a person? All of it pure.
"""

import re
from dataclasses import replace

from channels.message import Reply
from intake.talk import drafts, questions, readback, reasons, several, whereabouts
from intake.talk.questions import MOST_QUESTIONS
from intake.talk.steps import Open, Say
from intake.talk.turn import ASKED_WHERE, Conversation, Heard, Knowledge, Stage, Turn
from nlp import foreign, kind, repair, secrecy
from nlp.understanding import RequestKind, Understanding

LONGEST_OTHER = 12  # characters; more of the matter is written at greater length
_OF_A_PLACE = re.compile(
    r"我们?|俺们?|咱们?|这里|是|在|住|的|人|村民|家|这边?|儿|老百姓|[镇乡村]|[\s，。！？、,.!?]"
)
_TRIES_TO_SAY_WHERE = re.compile(
    r"[村镇乡屯庄街路巷道桥区楼号门口边头旁里外东西南北中上下前后附近处]|[这那哪]|家|在|厂|店|校|院|市场|广场|地|河|不知道|不清楚"
)
_OWN_VILLAGE = re.compile(r"(?:我|俺|咱)(?:们|这|这个)?(?:村|庄|小区|家属院|胡同|街)")
LONG_ENOUGH = 8  # characters that say something even when no category is found


def tell(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Words of a matter that has no ticket yet."""
    said = heard.understanding
    pinned = heard.message.point is not None
    if not said.text and (heard.message.attachments or (pinned and not _asked_where(conversation))):
        return _shown(conversation, heard, knowledge)
    chosen = whereabouts.chosen(conversation, said, knowledge)
    whole = drafts.remember(conversation, heard)
    begins = conversation.stage is Stage.OPEN and not conversation.texts
    matters = several.waiting(conversation, heard.message, knowledge)
    if matters and not several.asks_which(conversation, said):
        near = chosen or several.only_place(said)
        return several.opened(replace(whole, place=near), heard, knowledge, matters)
    if several.another(conversation, heard, knowledge):
        return several.both(whole, conversation, heard, knowledge)
    if conversation.stage is Stage.WHICH and not chosen and repair.read(said.text).denies:
        return _none_of_these(conversation, heard, knowledge)
    near = (
        conversation.ticket_place if begins and _goes_with(conversation, heard, knowledge) else ""
    )
    whole = replace(whole, place=chosen or conversation.place or near)
    if conversation.matter:
        return _told_anew(conversation.stage, whole, heard, knowledge)
    if begins and _says_no_matter(said, knowledge):
        return questions.ask(whole, heard, knowledge, Stage.MATTER)
    unsaid = not (chosen or pinned) and _is_no_place(said)
    if unsaid and _asked_where(conversation) and conversation.asked < MOST_QUESTIONS:
        again = replace(whole, asked=whole.asked + 1)
        return Turn(conversation=again, steps=questions.standing(again, knowledge))
    if len(said.demands) > 1 and conversation.stage is Stage.OPEN and not conversation.texts:
        if heard.message.spoken:
            return _one_by_one(whole, heard, knowledge)
        return several.told(whole, heard, knowledge)
    if conversation.texts and not chosen:
        said = _as_told(said, knowledge.understand(drafts.joined(whole)), conversation, knowledge)
    elif conversation.texts:
        first = replace(knowledge.understand(drafts.joined(conversation)), places=said.places)
        said = _as_told(said, first, conversation, knowledge)
    return weigh(whole, heard, knowledge, said)


def _as_told(
    now: Understanding, whole: Understanding, before: Conversation, knowledge: Knowledge
) -> Understanding:
    """The whole; of which matter, these words alone say where they are sure and those before were
    not: 破热线一点用没有, and then what has happened. A place may be one as an answer alone: 张庄.
    """
    whole = whole if whole.places else replace(whole, places=now.places)
    sure = drafts.best(now.categories).confidence >= knowledge.certain_above
    if not sure:
        return whole
    first = drafts.best(knowledge.understand(drafts.joined(before)).categories)
    if first.confidence >= knowledge.certain_above:
        return whole
    return replace(whole, categories=now.categories, kind=now.kind)


def _shown(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """A photo or a pin without words is no answer and no question: whatever we have asked stands.
    Of several in a row the first is acknowledged.
    """
    kept = drafts.remember(conversation, heard)
    kept = replace(kept, due_at=questions.deadline(heard, knowledge))
    if conversation.stage is Stage.OPEN and not conversation.texts:
        kept = replace(kept, stage=Stage.MATTER)
        key = "point_kept" if heard.message.point else "media_kept"
        return Turn(conversation=kept, steps=(Say(reply=Reply(key=key)),))
    again = conversation.texts[-1:] == kept.texts[-1:]
    more = (Say(reply=Reply(key="received")),)
    return Turn(conversation=kept, steps=more if again else questions.standing(kept, knowledge))


def _goes_with(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """还有垃圾没人收, right after a ticket and with no place: it is where that one is."""
    at, said = conversation.ticket_at, heard.understanding
    if at is None or said.places or whereabouts.names_unknown(said):
        return False
    adds = repair.read(said.text).adds
    within_s = knowledge.same_matter_s if adds else knowledge.join_s
    return (heard.at - at).total_seconds() <= within_s


def _asked_where(conversation: Conversation) -> bool:
    """Then a pin is an answer."""
    return conversation.stage is Stage.PLACE and bool(conversation.texts)


def _says_no_matter(said: Understanding, knowledge: Knowledge) -> bool:
    """俺是东韩村的; 我要投诉; 想反映一下东韩村的事: where, or that something is, and not what."""
    named = [knowledge.place(guess.code).name for guess in said.places]
    rest = (secrecy.wanted(said.text) and secrecy.beside(said.text)) or said.text
    for name in sorted((*named, *(name[:-1] for name in named)), key=len, reverse=True):
        rest = rest.replace(name, "") if len(name) > 1 else rest
    only_where = bool(named) and not _OF_A_PLACE.sub("", rest)
    return only_where or (bool(said.text) and kind.announces(rest.replace("的", "")))


def _is_no_place(said: Understanding) -> bool:
    """Does an answer to 在哪里 not even try to say it? 坏了; 啥时候来."""
    short = len(said.text) <= LONGEST_OTHER and not said.places
    return short and not _TRIES_TO_SAY_WHERE.search(said.text)


def weigh(whole: Conversation, heard: Heard, knowledge: Knowledge, said: Understanding) -> Turn:
    """Enough for a ticket, one more question, or a person?"""
    spoken = heard.message.spoken
    best = drafts.best(said.categories)
    said = whereabouts.put_right(said, knowledge)
    if not best.code:
        return _unclear(whole, heard, knowledge, said)
    if whole.place or not _needs_place(best.code, said, knowledge):
        return _settled(whole, heard, knowledge, said)
    rivals = whereabouts.rivals(said.places)
    if len(rivals) == 1:
        return _settled(replace(whole, place=rivals[0]), heard, knowledge, said)
    unknown = whereabouts.names_unknown(said)
    anew = whereabouts.names_unknown(heard.understanding) and whole.asked < MOST_QUESTIONS
    in_vain = whole.stage is Stage.PLACE and not (rivals or spoken or anew)
    asked = whole.stage in ASKED_WHERE and not rivals and not unknown
    if asked and knowledge.goes_straight(best.code, said.kind):
        return _settled(whole, heard, knowledge, said)
    if whole.asked >= MOST_QUESTIONS or in_vain:
        return drafts.hand_over(whole, heard, knowledge, reasons.PLACE_UNKNOWN)
    rivals = rivals or (() if spoken else whereabouts.by_sound(said, knowledge))
    if rivals:
        return questions.ask_which(whole, heard, knowledge, rivals)
    again = "ask_place_again" if unknown and not spoken else ""
    return questions.ask(whole, heard, knowledge, Stage.PLACE, again)


def _needs_place(category: str, said: Understanding, knowledge: Knowledge) -> bool:
    """Do we ask where? Of what is only asked no, but 俺村自来水黄汤咋整 is asked of a village."""
    if knowledge.needs_place(category, said.kind):
        return True
    of_his_village = not said.places and bool(_OWN_VILLAGE.search(said.text))
    return of_his_village and knowledge.needs_place(category, RequestKind.HELP)


def next_matter(turn: Turn, heard: Heard, knowledge: Knowledge) -> Turn:
    """After a ticket, the next matter of the same breath: its own read-back or question."""
    before = turn.conversation
    text, rest = before.pending[0], before.pending[1:]
    said = knowledge.understand(text)
    own = whereabouts.rivals(said.places)
    place = own[0] if len(own) == 1 else "" if own else before.ticket_place
    whole = replace(before, texts=(text,), messages=(heard.inbox_id,), pending=rest, place=place)
    following = weigh(whole, heard, knowledge, said)
    return replace(following, steps=(*turn.steps, *following.steps))


def _told_anew(stage: Stage, whole: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """An answer about a matter that was read back already: what it is, or where."""
    words = heard.understanding
    if stage is Stage.MATTER and words.categories:
        whole = replace(whole, matter=words.text)
    said = drafts.pinned(whole, knowledge)
    if not whole.place:
        said = replace(said, places=words.places)
    return weigh(whole, heard, knowledge, said)


def _none_of_these(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """都不是, 在贾宋镇: the place is another one, or asked for anew."""
    words = repair.read(heard.understanding.text).meant
    before = knowledge.understand(drafts.joined(conversation))
    meant = knowledge.understand(words).places
    places = whereabouts.corrected("", meant, before.places, knowledge)
    whole = replace(drafts.remember(conversation, heard), options=())
    said = drafts.pinned(whole, knowledge) if whole.matter else before
    if len(places) == 1:
        return weigh(replace(whole, place=places[0]), heard, knowledge, said)
    if whole.asked >= MOST_QUESTIONS:
        return drafts.hand_over(whole, heard, knowledge, reasons.PLACE_UNKNOWN)
    if places:
        return questions.ask_which(whole, heard, knowledge, places)
    return questions.ask(whole, heard, knowledge, Stage.PLACE)


def _unclear(whole: Conversation, heard: Heard, knowledge: Knowledge, said: Understanding) -> Turn:
    """No category. Written words are looked at by a person; what was misheard is asked for once."""
    in_vain = whole.asked >= MOST_QUESTIONS - 1 or foreign.is_foreign(said.text)
    if in_vain or (len(said.text) >= LONG_ENOUGH and not heard.message.spoken):
        return drafts.hand_over(whole, heard, knowledge, reasons.NOT_UNDERSTOOD)
    key = "ask_matter" if len(said.text) < LONG_ENOUGH else "ask_again"
    return questions.ask(whole, heard, knowledge, Stage.MATTER, key)


def _settled(whole: Conversation, heard: Heard, knowledge: Knowledge, said: Understanding) -> Turn:
    if heard.message.spoken:
        return readback.begin(whole, heard, knowledge, said)
    draft = drafts.draft(whole, heard.message, said=said)
    return drafts.opened(whole, heard.at, Open(draft=draft))


def _one_by_one(whole: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """Several demands told by word of mouth are read back one after the other."""
    told = heard.understanding
    said = knowledge.understand(told.demands[0])
    said = replace(said, places=said.places or told.places)
    first = replace(whole, texts=(told.demands[0],), pending=told.demands[1:])
    return weigh(first, heard, knowledge, said)
