"""Whose calls a person takes at once (直接转人工): he is greeted, and asked nothing."""

import asyncio

from channels.message import Reply
from channels.phone import ear, reasons
from channels.phone.talk.ending import End, Ending
from channels.phone.talk.office import Office
from channels.phone.talk.turns import Said, Turn, Turns
from channels.phone.talk.window import Window

GREETING = Reply(key="phone_straight")
HEARD_OUT_S = 6.0  # behind our greeting: he speaks on so long at most, his person waits
MOST_TAKEN = 12  # turns of his
LOOK_S = 0.05


async def give_on(*, turns: Turns, office: Office, window: Window, ending: Ending) -> End:
    """What he says into the greeting goes along with him, to the end of his sentence, and is not
    answered.
    """
    until_s = asyncio.get_running_loop().time() + HEARD_OUT_S
    for _ in range(MOST_TAKEN):
        match await _next(turns, until_s):
            case None:
                break
            case ear.Gone(reason=reason):
                return await ending.gone(reason)
            case ear.Deaf(text=text):
                until_s = 0.0  # nothing more can be heard of him
                if text:
                    await window.words(text, 0.0)
            case Said(utterance=said) if said.text:
                office.note(said)
                await window.words(said.text, said.confidence)
    return await ending.in_silence(reasons.MARKED)


async def _next(turns: Turns, until_s: float) -> Turn | None:
    """What has come, or comes of what he is in the middle of; None where nothing does, it is late,
    or he has pressed 0.
    """
    clock = asyncio.get_running_loop().time
    while not turns.come:
        if turns.quiet or turns.hurries or clock() >= until_s:
            return None
        await asyncio.sleep(LOOK_S)
    return await turns.next()
