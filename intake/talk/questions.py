"""The questions that we put, and how often: two at the most in one matter. All of it pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from channels.message import Reply
from intake.talk import whereabouts
from intake.talk.steps import AskWhich, AskWithdraw, Say, Step
from intake.talk.turn import Conversation, Heard, Knowledge, Stage, Turn

MOST_QUESTIONS = 2

_KEYS = {Stage.MATTER: "ask_matter", Stage.PLACE: "ask_place", Stage.WRONG: "ask_wrong"}
_CHOICES = {
    "confirm_public": ("确认", "不用了"),
    "danger_transfer": ("现在转", "不用"),
}


def ask(
    whole: Conversation,
    heard: Heard,
    knowledge: Knowledge,
    stage: Stage,
    key: str = "",
) -> Turn:
    """Put the stage's question, in the words of `key` where they differ."""
    reply = offer(key or _KEYS[stage])
    return Turn(conversation=waiting(whole, heard, knowledge, stage), steps=(Say(reply=reply),))


def ask_which(
    whole: Conversation, heard: Heard, knowledge: Knowledge, options: tuple[str, ...]
) -> Turn:
    """Ask which of these places is meant."""
    reply = whereabouts.question(options, knowledge, spoken=heard.message.spoken)
    asked = waiting(replace(whole, options=options), heard, knowledge, Stage.WHICH)
    return Turn(conversation=asked, steps=(Say(reply=reply),))


def waiting(whole: Conversation, heard: Heard, knowledge: Knowledge, stage: Stage) -> Conversation:
    """One question more, whose answer we wait for as long as `silence_s`."""
    due = deadline(heard, knowledge)
    return replace(whole, stage=stage, asked=whole.asked + 1, due_at=due)


def offer(key: str) -> Reply:
    """A reply without values, with the short answers that fit it."""
    return Reply(key=key, choices=_CHOICES.get(key, ()))


def deadline(heard: Heard, knowledge: Knowledge) -> datetime:
    """When silence is taken as an answer."""
    return heard.at + timedelta(seconds=knowledge.silence_s)


def standing(conversation: Conversation, knowledge: Knowledge) -> tuple[Step, ...]:
    """The question that stands, once more; nothing where none does."""
    step = again(conversation, knowledge)
    return (step,) if step else ()


def again(conversation: Conversation, knowledge: Knowledge) -> Step | None:
    """The question that stands, for somebody who reads and wants it once more."""
    match conversation.stage:
        case Stage.MATTER | Stage.PLACE | Stage.WRONG:
            return Say(reply=offer(_KEYS[conversation.stage]))
        case Stage.WHICH:
            return Say(reply=whereabouts.question(conversation.options, knowledge, spoken=False))
        case Stage.WITHDRAW:
            until = conversation.due_at
            return AskWithdraw(ticket=conversation.withdrawing, until=until) if until else None
        case Stage.TICKET:
            return AskWhich(tickets=conversation.options)
        case Stage.PUBLIC:
            return Say(reply=offer("confirm_public"))
        case _:
            return None
