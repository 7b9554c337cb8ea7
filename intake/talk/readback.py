"""Before a ticket is opened on the telephone it is read back, and one thing of it can be put right.
All of it pure.
"""

from dataclasses import replace

from channels.message import Reply
from intake.talk import drafts, questions, reasons, whereabouts
from intake.talk.questions import MOST_QUESTIONS
from intake.talk.steps import Open, ReadBack, Say
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Turn
from nlp import repair
from nlp.repair import Repair, Slot
from nlp.understanding import Guess, RequestKind, Understanding

MOST_REPAIRS = 2  # answers that were no yes; after them a person
SURE_MATTER = 0.5  # a correction names another matter from here on

_YES = frozenset({RequestKind.YES, RequestKind.THANKS})


def begin(whole: Conversation, heard: Heard, knowledge: Knowledge, said: Understanding) -> Turn:
    """Read it back and wait for a yes; what the category was taken from is kept as it is."""
    due = questions.deadline(heard, knowledge)
    matter = whole.matter or drafts.joined(whole)
    waiting = replace(whole, stage=Stage.CONFIRM, matter=matter, options=(), due_at=due)
    draft = drafts.draft(waiting, heard.message, said=said)
    return Turn(conversation=waiting, steps=(ReadBack(draft=draft),))


def answered(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """What the caller says to it: yes, what is wrong, more words, or that it is not needed."""
    said = heard.understanding
    if said.kind is RequestKind.GOODBYE:
        return _left(conversation, heard, knowledge)
    if said.kind is RequestKind.WITHDRAW or repair.gives_up(said.text):
        return _dropped(conversation)
    read = repair.read(said.text)
    if said.kind in _YES:
        read = Repair(agrees=True)
    if read.agrees and not _names_another(conversation, read, knowledge):
        if conversation.stage is Stage.WRONG and not read.rest:
            return _again(drafts.noted(conversation, heard), heard, knowledge)
        return _agreed(conversation, heard, knowledge, read.rest)
    counted = replace(conversation, repairs=conversation.repairs + 1)
    if counted.repairs > MOST_REPAIRS:
        whole = drafts.remember(counted, heard)
        return drafts.hand_over(whole, heard, knowledge, reasons.NOT_AGREED)
    if said.kind is RequestKind.GREETING:  # 喂: he may not have heard us
        return _again(drafts.noted(counted, heard), heard, knowledge)
    if said.kind is RequestKind.NO or not read.meant:
        return _wrong(counted, heard, knowledge, read.slot)
    return _repaired(counted, heard, knowledge, read)


def confirmed(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """The ticket as it was read back; further matters of the same breath stay pending."""
    said = drafts.pinned(conversation, knowledge)
    draft = drafts.draft(conversation, heard.message, said=said)
    return drafts.opened(conversation, heard.at, Open(draft=draft))


def _agreed(conversation: Conversation, heard: Heard, knowledge: Knowledge, rest: str) -> Turn:
    """对，就在村口: what is said beside the yes is kept."""
    keep = drafts.remember if rest else drafts.noted
    return confirmed(keep(conversation, heard), heard, knowledge)


def _left(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """再见 is neither yes nor no: a person looks at it."""
    whole = drafts.gathered(drafts.noted(conversation, heard))
    said = drafts.pinned(whole, knowledge)
    draft = drafts.draft(whole, heard.message, said=said, reason=reasons.UNCONFIRMED)
    opened = drafts.opened(whole, heard.at, Open(draft=draft))
    return replace(opened, steps=(*opened.steps, Say(reply=Reply(key="goodbye"))))


def _dropped(conversation: Conversation) -> Turn:
    """不用了: he has heard what would be written down, and does not want it."""
    rest = drafts.forget(conversation)
    rest = replace(
        rest,
        pending=conversation.pending,
        secret=conversation.secret and bool(conversation.pending),
        ticket_place=conversation.place,
    )
    return Turn(conversation=rest, steps=(Say(reply=Reply(key="dropped")),))


def _wrong(whole: Conversation, heard: Heard, knowledge: Knowledge, slot: Slot) -> Turn:
    """A no that does not say what instead: ask which part it is, or for the part it named."""
    whole = drafts.noted(whole, heard)
    if whole.asked >= MOST_QUESTIONS:
        return drafts.hand_over(whole, heard, knowledge, reasons.NOT_AGREED)
    if slot is Slot.PLACE:
        return questions.ask(replace(whole, place=""), heard, knowledge, Stage.PLACE)
    if slot is Slot.MATTER:
        return questions.ask(whole, heard, knowledge, Stage.MATTER)
    return questions.ask(whole, heard, knowledge, Stage.WRONG)


def _repaired(whole: Conversation, heard: Heard, knowledge: Knowledge, read: Repair) -> Turn:
    """Only the part that is spoken of changes; words of neither part are added."""
    meant = knowledge.understand(read.meant)
    before = knowledge.understand(drafts.joined(whole)).places
    places = whereabouts.corrected(whole.place, meant.places, before, knowledge)
    matter = _another_matter(whole, meant.categories, knowledge)
    if read.denies and not places and not matter:
        slot = read.slot or _same_part(whole, meant)
        if slot is not Slot.NONE:
            return _wrong(drafts.remember(whole, heard), heard, knowledge, slot)
    if matter and read.adds and not places:
        pending = (*whole.pending, read.meant)
        return _again(replace(drafts.noted(whole, heard), pending=pending), heard, knowledge)
    whole = drafts.remember(whole, heard)
    if matter:
        whole = replace(whole, matter=read.meant)
    if len(places) > 1:
        return _which(replace(whole, place=""), heard, knowledge, places)
    return _again(replace(whole, place=places[0] if places else whole.place), heard, knowledge)


def _which(
    whole: Conversation, heard: Heard, knowledge: Knowledge, places: tuple[str, ...]
) -> Turn:
    if whole.asked >= MOST_QUESTIONS:
        return drafts.hand_over(whole, heard, knowledge, reasons.PLACE_UNKNOWN)
    return questions.ask_which(whole, heard, knowledge, places)


def _again(whole: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    return begin(whole, heard, knowledge, drafts.pinned(whole, knowledge))


def _another_matter(whole: Conversation, guesses: tuple[Guess, ...], knowledge: Knowledge) -> bool:
    """Whether the words name a matter that is surely not the one read back."""
    named = drafts.best(guesses)
    now = drafts.best(knowledge.understand(whole.matter).categories)
    same = named.code.startswith(now.code) or now.code.startswith(named.code)
    return named.confidence >= SURE_MATTER and not same


def _names_another(conversation: Conversation, read: Repair, knowledge: Knowledge) -> bool:
    """是东韩村 is no yes where another place was read back, nor 是井盖 where a lamp was."""
    if not read.rest:
        return False
    said = knowledge.understand(read.rest)
    named = whereabouts.rivals(said.places)
    elsewhere = bool(named) and conversation.place not in named
    return elsewhere or _another_matter(conversation, said.categories, knowledge)


def _same_part(whole: Conversation, denied: Understanding) -> Slot:
    """不是东韩村, 不是路灯: what was read back is denied, and nothing said instead."""
    if whole.place in {guess.code for guess in denied.places}:
        return Slot.PLACE
    return Slot.MATTER if drafts.best(denied.categories).confidence >= SURE_MATTER else Slot.NONE
