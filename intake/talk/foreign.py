"""Who writes in another language is told so in both, beside whatever else is said to him. Pure."""

from dataclasses import replace

from channels.message import Reply
from intake.talk.steps import Open, Say
from intake.talk.turn import Heard, Turn
from nlp import foreign

KEY = "foreign"


def told(turn: Turn, heard: Heard) -> Turn:
    """The turn with that line before the rest, behind what to do in a danger; in public nothing."""
    message = heard.message
    if message.spoken or message.public or not foreign.is_foreign(message.text):
        return turn
    dangers = [
        at for at, each in enumerate(turn.steps, 1) if isinstance(each, Open) and each.danger
    ]
    at = max(dangers, default=0)
    return replace(turn, steps=(*turn.steps[:at], Say(reply=Reply(key=KEY)), *turn.steps[at:]))
