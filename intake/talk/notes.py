"""A voice note that came without words has become text: its words go where the note has gone. Pure.

While its matter waits for more they are part of what is told, and nothing is said of that; a ticket
that has the note gets them; and a danger waits for nothing.
"""

from dataclasses import replace

from intake.talk import drafts, reasons
from intake.talk.steps import Open
from intake.talk.turn import Conversation, Heard, Knowledge, Turn
from nlp.understanding import Understanding, Urgency

EVENT = "voice"  # voice:MESSAGE:TICKET, the ticket empty where the message is in none
STAND_IN = "［语音］"


def heard(conversation: Conversation, heard: Heard, knowledge: Knowledge, of_note: str) -> Turn:
    """`of_note`: the inbox id of the note's message, and its ticket."""
    note, _, number = of_note.partition(":")
    by_ear = knowledge.understand_by_ear or knowledge.understand
    said = by_ear(heard.message.text)
    if not said.text:
        return Turn(conversation=conversation)
    alone = Conversation(
        thread=conversation.thread, texts=(STAND_IN + said.text,), messages=(note,)
    )
    if number:
        words = replace(alone, texts=(said.text,))
        draft = drafts.draft(words, heard.message, said=said, reason=reasons.NOTE_HEARD)
        return Turn(conversation=conversation, steps=(Open(draft=draft, into=number, quiet=True),))
    waits = note in conversation.messages
    whole = _told(conversation, said.text) if waits else alone
    if said.urgency is Urgency.DANGER:
        return _in_danger(conversation, whole, heard, knowledge, said, waits=waits)
    return Turn(conversation=whole if waits else conversation)


def _told(conversation: Conversation, words: str) -> Conversation:
    """In the place of what stands for the note; behind all others where that stood for several."""
    texts = list(conversation.texts)
    if STAND_IN in texts:
        texts[texts.index(STAND_IN)] = STAND_IN + words
    else:
        texts.append(STAND_IN + words)
    return replace(conversation, texts=tuple(texts))


def _in_danger(
    conversation: Conversation,
    whole: Conversation,
    heard: Heard,
    knowledge: Knowledge,
    said: Understanding,
    *,
    waits: bool,
) -> Turn:
    """A ticket at once with all that was told, and he hears what one does in danger."""
    whole = drafts.gathered(whole)
    places = knowledge.understand(drafts.joined(whole)).places
    said = replace(said, places=said.places or places)
    draft = drafts.draft(whole, heard.message, said=said, reason=reasons.NOTE_HEARD)
    step = Open(draft=draft, danger=knowledge.danger)
    if waits:
        return drafts.opened(whole, heard.at, step)
    return Turn(conversation=conversation, steps=(step,))
