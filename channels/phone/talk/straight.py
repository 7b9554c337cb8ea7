"""Whose calls a person takes at once (直接转人工): he is greeted, and asked nothing."""

import asyncio

from channels.message import Reply
from channels.phone import ear, reasons
from channels.phone.audio.media import Ended
from channels.phone.talk.ending import End, Ending
from channels.phone.talk.office import Office
from channels.phone.talk.standing import Standing
from channels.phone.talk.turns import Said, Turn, Turns
from channels.phone.talk.window import Window

GREETING = Reply(key="phone_straight")
HEARD_OUT_S = 6.0  # behind our greeting: he speaks on so long at most, his person waits
DESK_S = 2.0  # more, and the desk is waited for no longer
MOST_TAKEN = 12  # turns of his
LOOK_S = 0.05


async def give_on(
    *, turns: Turns, office: Office, window: Window, ending: Ending, standing: Standing
) -> End:
    """What he says into the greeting goes along with him, to the end of his sentence, and is not
    answered. Where that end is not heard, his recording is, after the call.
    """
    until_s = asyncio.get_running_loop().time() + HEARD_OUT_S
    window.hurry(until_s + DESK_S)
    heard: list[ear.Utterance] = []
    understood, deaf = "", False
    gone: Ended | None = None
    for _ in range(MOST_TAKEN):
        match await _next(turns, until_s):
            case None:
                break
            case ear.Gone(reason=gone):
                break
            case ear.Deaf(text=understood):
                until_s, deaf = 0.0, True  # nothing more can be heard of him
            case Said(utterance=said):
                standing.heard(said)
                heard.append(said)
    await _tell(heard, understood, office, window, standing)
    if gone is not None:
        return await ending.gone(gone)
    await window.event(f"handover:{reasons.MARKED}")
    unheard = deaf or standing.unclear or turns.overtaken
    return await ending.handed_on(reasons.MARKED_UNHEARD if unheard else reasons.MARKED)


async def _tell(
    heard: list[ear.Utterance],
    understood: str,
    office: Office,
    window: Window,
    standing: Standing,
) -> None:
    """In one message, so that a slow desk is waited for once; only then it counts as heard. What
    was `understood` before our ear failed is unsure.
    """
    said = [each for each in heard if each.text]
    for each in said:
        office.note(each)
    text = "，".join([*(each.text for each in said), *([understood] if understood else [])])
    sure = 0.0 if understood else min((each.confidence for each in said), default=0.0)
    if text and await window.words(text, sure) is not None:
        standing.told = True


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
