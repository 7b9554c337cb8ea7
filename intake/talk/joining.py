"""More words of a matter that has a number already: into which ticket do they go? All of it pure.

A finished ticket takes no more: what is told of it begins a new matter that names the old one.
"""

import re
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from channels.message import Reply
from intake.talk import drafts, later, reasons, telling, whereabouts
from intake.talk.later import DOMAIN, GROUP, GUESSED, LEAF, NAMED
from intake.talk.steps import Open, Say, Supplement
from intake.talk.turn import ASKED_WHERE, Conversation, Heard, Knowledge, Stage, Standing, Turn
from nlp import repair
from nlp.understanding import RequestKind, Understanding, Urgency

FEW_WORDS = 12  # characters
_HELP_COMES = re.compile(
    r"救护车|消防|警察|120|119|110|没事了|灭了|送医院|(?:已经|都)?(?:来|到|走|好|醒)了$"
)
_POINTS_BACK = re.compile(
    r"(?:知道是谁|就是(?!说|想|要|问)|是(?:他|她|邻居|隔壁|我家|俺家|村里|村干部)|因为|所以|而且|后来|结果|当时|干这事|"
    r"这事|那事|这个事|那个事|(?:他|她|它|他们)(?:就|不|还|也|都|说|让|叫|把)(?!家))"
)
_TOLD_BEFORE = re.compile(  # of what was told already, and of nothing else
    r"(?:我|俺)?(?:们)?(?:之前|以前|上次|上回|早就?|前几天|前两天)?(?:也|都|就)?"
    r"(?:打|反映|说|报|找|投诉|问)过(?:电话|热线|你们|他们|村里|好?[几多两]次|了|也|都|就|一直|没人?|不|管|来|用|理|[，。])*"
)


class _Part(StrEnum):
    """Of which matter words are that come right after a ticket."""

    SAME = "same"
    LATER = "later"  # or soon, but in a way that needs no sentence: a number, a place put right
    PERHAPS = "perhaps"  # another, for a person to tell
    ANOTHER = "another"


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The turn of words or photos that speak of a ticket; None for a matter of their own."""
    if conversation.correcting and conversation.stage in ASKED_WHERE:
        if later.is_another(conversation, heard.understanding, knowledge):
            return telling.tell(drafts.forget(conversation), heard, knowledge)
        return later.answered(conversation, heard, knowledge)
    number = _spoken_of(conversation, heard)
    if number and number == conversation.ticket and not is_finished(conversation, heard):
        left = later.left(conversation, heard) or later.placed(conversation, heard, knowledge)
        if left is not None:
            return left
    if not number:
        match _just_told(conversation, heard, knowledge):
            case _Part.ANOTHER:
                return None
            case _Part.PERHAPS:
                return _for_a_person(conversation, heard)
            case _Part.LATER:
                return later.of(conversation, heard, knowledge)
            case _Part.SAME:
                unplaced = conversation.ticket_danger and not conversation.ticket_place
                where = later.placed(conversation, heard, knowledge) if unplaced else None
                if where is not None:
                    return where
                number = conversation.ticket
    match heard.standing.get(number, Standing.LIVE):
        case Standing.LIVE:
            return later.add(conversation, heard, number)
        case Standing.FINISHED:
            begun = telling.tell(replace(conversation, follows=number), heard, knowledge)
            key = "ticket_finished"
        case Standing.STRANGE:
            begun = Turn(conversation=conversation)
            if _tells(heard):
                begun = telling.tell(conversation, heard, knowledge)
            key = "progress_unknown"
    said = Say(reply=Reply(key=key, values={"number": number}))
    return replace(begun, steps=(said, *begun.steps))


def waits_for_place(conversation: Conversation) -> bool:
    """Have we asked where a danger is of which the ticket is there already?"""
    asked = conversation.stage in ASKED_WHERE and not conversation.texts
    return asked and conversation.ticket_danger


def is_young(conversation: Conversation, heard: Heard, within_s: float) -> bool:
    """Was the last ticket of this thread opened a moment ago?"""
    at = conversation.ticket_at
    return at is not None and heard.at - at <= timedelta(seconds=within_s)


def _spoken_of(conversation: Conversation, heard: Heard) -> str:
    """补充: the ticket named, or the last one where no other matter is being told."""
    if heard.understanding.kind is not RequestKind.SUPPLEMENT:
        return ""
    named = heard.understanding.tickets
    return named[0] if named else "" if conversation.texts else conversation.ticket


def _just_told(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> _Part:
    """Is this still part of the matter whose ticket was opened a moment ago (on the telephone: in
    this call)?
    """
    said, spoken = heard.understanding, heard.message.spoken
    within_s = knowledge.same_matter_s if spoken else knowledge.later_s
    if conversation.stage is not Stage.OPEN or not is_young(conversation, heard, within_s):
        return _Part.ANOTHER
    if not said.text:
        young = is_young(conversation, heard, knowledge.same_matter_s)
        return _Part.SAME if young else _Part.ANOTHER
    if is_finished(conversation, heard) or conversation.texts:
        return _Part.ANOTHER
    if conversation.mixed and not conversation.ticket_category:
        return _Part.SAME  # he has asked for a person, and tells him what it is about
    if not spoken and not is_young(conversation, heard, knowledge.join_s):
        if _goes_on(conversation, heard, knowledge):
            return _Part.LATER
        another = later.is_another(conversation, said, knowledge)
        return _Part.ANOTHER if another else _Part.LATER
    if _goes_on(conversation, heard, knowledge):
        return _Part.SAME
    if not spoken and _is_no_sentence(conversation, heard, knowledge):
        return _Part.LATER
    return _at_once(conversation, heard, knowledge)


def _goes_on(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """Does it plainly tell on: of a danger in few words, or with words that point back?"""
    said = heard.understanding
    if said.urgency is Urgency.DANGER or not whereabouts.agree(
        conversation.ticket_place, said.places, knowledge
    ):
        return False
    short = len(said.text) <= FEW_WORDS and is_young(conversation, heard, knowledge.same_matter_s)
    of_danger = conversation.ticket_danger and short
    helped = bool(_HELP_COMES.search(said.text))
    if of_danger and (helped or not later.is_another(conversation, said, knowledge)):
        return True
    return bool(_POINTS_BACK.match(said.text) or _TOLD_BEFORE.fullmatch(said.text))


def _at_once(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> _Part:
    """Of words that follow a ticket so closely that they were written before it, or in its call."""
    said, spoken = heard.understanding, heard.message.spoken
    if _is_surely_another(conversation, said, knowledge):
        return _Part.ANOTHER
    if conversation.mixed or not _may_be_another(conversation, said, knowledge, spoken=spoken):
        return _Part.SAME
    return _Part.ANOTHER if spoken else _Part.PERHAPS  # what is read back can be denied


def _is_no_sentence(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """A telephone, a place put right or given, impatience: it belongs to the ticket, however soon
    it comes.
    """
    said = heard.understanding
    if later.is_another(conversation, said, knowledge):
        return False
    turn = later.of(conversation, heard, knowledge)
    if turn.conversation.correcting:
        return True
    left = [step for step in turn.steps if isinstance(step, Supplement)]
    return not any(step.look or not (step.phone or step.name) for step in left)


def _is_surely_another(
    conversation: Conversation, said: Understanding, knowledge: Knowledge
) -> bool:
    """Another group of the catalogue by its own words, or the same in another place."""
    best = drafts.best(said.categories)
    elsewhere = conversation.ticket_place not in {guess.code for guess in said.places}
    other_place = bool(said.places and conversation.ticket_place) and elsewhere
    adds = repair.read(said.text).adds or "也" in said.text
    fine = LEAF if adds else GROUP  # 还有垃圾没人收 is said of another thing
    group = best.code[:fine] != conversation.ticket_category[:fine] and len(best.code) > DOMAIN
    unknown = not conversation.ticket_category and not conversation.mixed  # 你们都是吃干饭的
    group = (group or unknown) and later.wants(said)
    return (group or other_place) and best.confidence >= knowledge.certain_above


def _may_be_another(
    conversation: Conversation, said: Understanding, knowledge: Knowledge, *, spoken: bool
) -> bool:
    """Another domain, by a word that names it or, in writing, by the sound of a whole sentence or
    by what is certain.
    """
    best, domain = drafts.best(said.categories), conversation.ticket_category[:DOMAIN]
    if not best.code or not domain or best.code[:DOMAIN] == domain:
        return False
    named = len(best.code) > DOMAIN and best.confidence >= NAMED
    whole = len(said.text) >= telling.LONG_ENOUGH and best.confidence >= GUESSED
    whole = whole or best.confidence >= knowledge.certain_above
    return named or (whole and not spoken)


def _for_a_person(conversation: Conversation, heard: Heard) -> Turn:
    """A ticket of its own that says of which it may be a part; what comes next joins it."""
    whole = drafts.remember(conversation, heard)
    reason = reasons.PERHAPS_ANOTHER.format(number=conversation.ticket)
    draft = drafts.draft(whole, heard.message, said=heard.understanding, reason=reason)
    opened = drafts.opened(whole, heard.at, Open(draft=draft))
    return replace(opened, conversation=replace(opened.conversation, mixed=True))


def _tells(heard: Heard) -> bool:
    """Is there a matter in it, beside the number?"""
    written = sum("\u4e00" <= character <= "\u9fff" for character in heard.understanding.text)
    return written >= telling.LONG_ENOUGH and bool(heard.understanding.categories)


def is_finished(conversation: Conversation, heard: Heard) -> bool:
    """Does the last ticket of this thread take no more words?"""
    return heard.standing.get(conversation.ticket) is Standing.FINISHED
