"""Whose calls a person takes at once (直接转人工): he is greeted, and asked nothing."""

from channels.message import Reply
from channels.phone import ear, reasons
from channels.phone.talk.ending import End, Ending
from channels.phone.talk.office import Office
from channels.phone.talk.turns import Said, Turns
from channels.phone.talk.window import Window

GREETING = Reply(key="phone_straight")


async def give_on(*, turns: Turns, office: Office, window: Window, ending: Ending) -> End:
    """What he has said into the greeting goes along with him, and is not answered."""
    while turns.come:
        match await turns.next():
            case ear.Gone(reason=reason):
                return await ending.gone(reason)
            case Said(utterance=said) if said.text:
                office.note(said)
                await window.words(said.text, said.confidence)
    return await ending.in_silence(reasons.MARKED)
