"""A call that we make: the result is told, then three questions, by voice or by keys (回访)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from channels.message import Reply
from channels.phone import ear
from channels.phone.audio.media import Ended
from channels.phone.book import Judgement
from channels.phone.ear import Listens, Sound
from channels.phone.mouth import Speaks

PERSON_KEY = "0"
MOST_ASKED = 2  # a question is put twice at most
AGAIN = "_again"  # the same question put a second time, with the words and keys that answer it
QUESTIONS = (  # in this order; the names are those of Judgement
    ("solved", "followup_solved"),
    ("satisfied", "followup_satisfied"),
    ("contacted", "followup_contacted"),
)

_log = structlog.get_logger(__name__)

NOTHING_SAID = Judgement()
_BY_KEY = {"1": True, "2": False}
_DENIED = re.compile(
    r"没(?!问题|毛病|得说|说的|少)|不(?!错|赖|孬|过|客气)|未|哪有|差得远|糊弄|别提"
)
_AFFIRMED = re.compile(
    r"解决|修好|弄好|办好|满意|联系|来过|打过|可以|没问题|没毛病|没得说|不错|不赖|凑合"
    r"|没少|^[嗯啊哎诶，]*(?:对|是(?!哪|谁|啥|什么)|嗯|好|行|中|有(?!点|些|时)|还行|还中)"
)
_UNSURE = re.compile(
    r"不知道|不清楚|不记得|不用|没听|听不|不好意思|你(?:说|是)|啥|谁|什么|等着|等等|稍等|差不多|再说一遍|哪位|哪里"
)
_PERSON = re.compile(r"人工|找.{0,2}人|真人|接线员|工作人员")


Note = Callable[[ear.Utterance], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What came of it."""

    heard_out: bool  # he heard the message to its end, or answered something
    judgement: Judgement = NOTHING_SAID
    wants_person: bool = False


def judged(text: str) -> bool | None:
    """Yes, no, or not to be understood: 没问题 and 不错 are a yes, 没解决 is a no."""
    if _UNSURE.search(text):
        return None
    if _DENIED.search(text):
        return False
    return True if _AFFIRMED.search(text) else None


async def hold(
    opening: Reply,
    *,
    asks: bool,
    listens: Listens,
    speaks: Speaks,
    turns: asyncio.Queue[Sound],
    note: Note | None = None,
) -> Survey:
    """Say `opening`, then put the questions where `asks`; ends when all are put, he puts down, or
    wishes for a person, whatever we are saying.

    What he says and presses goes into `turns`; keys that do not come with the audio are put there
    from outside. `note` writes down what he says.
    """
    listening = asyncio.create_task(_listen(listens, speaks, turns, note))
    try:
        heard = await speaks.say(Reply(key="followup_greeting"), opening)
        survey = Survey(heard_out=heard or _answered_us(turns))
        if asks:
            survey = await _ask_all(survey, turns, speaks)
        elif not _wished(turns):
            await speaks.say(Reply(key="goodbye"))
        if survey.wants_person or _wished(turns):
            await speaks.say(Reply(key="transferring"))
            return replace(survey, wants_person=True)
        return survey
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def _answered_us(turns: asyncio.Queue[Sound]) -> bool:
    """Did somebody speak or press while we spoke? A hang-up or silence is no answer."""
    return any(
        isinstance(sound, ear.Pressed) or (isinstance(sound, ear.Utterance) and bool(sound.text))
        for sound in _all(turns)
    )


def _wished(turns: asyncio.Queue[Sound]) -> bool:
    """Is there a wish for a person in what we have not answered?"""
    return any(_is_wish(sound) for sound in _all(turns))


def _all(turns: asyncio.Queue[Sound]) -> list[Sound]:
    """What waits; it goes on waiting."""
    waiting = [turns.get_nowait() for _ in range(turns.qsize())]
    for sound in waiting:
        turns.put_nowait(sound)
    return waiting


def _is_wish(sound: Sound) -> bool:
    if isinstance(sound, ear.Utterance):
        return bool(_PERSON.search(sound.text))
    return isinstance(sound, ear.Pressed) and sound.digit == PERSON_KEY


def _before_the_question(turns: asyncio.Queue[Sound]) -> None:
    """What was said before a question is no answer to it; a hang-up or a wish for a person is."""
    for sound in [turns.get_nowait() for _ in range(turns.qsize())]:
        if _is_wish(sound) or isinstance(sound, ear.Gone):
            turns.put_nowait(sound)


async def _ask_all(survey: Survey, turns: asyncio.Queue[Sound], speaks: Speaks) -> Survey:
    for name, key in QUESTIONS:
        answer = await _ask(key, turns, speaks)
        if isinstance(answer, ear.Gone):
            return survey
        if isinstance(answer, str):
            return replace(survey, wants_person=True)
        judgement = replace(survey.judgement, **{name: answer})
        survey = replace(survey, heard_out=True, judgement=judgement)
    unsolved = survey.judgement.solved is False
    await speaks.say(Reply(key="followup_unsolved" if unsolved else "followup_thanks"))
    return survey


_Answer = bool | None | ear.Gone | str


async def _ask(key: str, turns: asyncio.Queue[Sound], speaks: Speaks) -> _Answer:
    """Yes, no, None after two tries, `0` for a person, or Gone."""
    for asked in range(MOST_ASKED):
        _before_the_question(turns)
        if _wished(turns):
            return PERSON_KEY
        await speaks.say(Reply(key=key + AGAIN if asked else key))
        answer = await _answer(turns)
        if answer is not None:
            return answer
    return None


async def _answer(turns: asyncio.Queue[Sound]) -> _Answer:
    while True:
        match await turns.get():
            case ear.Utterance(text=text):
                return PERSON_KEY if _PERSON.search(text) else judged(text)
            case ear.Pressed(digit=digit) if digit in _BY_KEY or digit == PERSON_KEY:
                return _BY_KEY.get(digit, PERSON_KEY)
            case ear.Silent() | ear.Deaf():
                return None
            case ear.Gone() as gone:
                return gone


async def _listen(
    listens: Listens, speaks: Speaks, turns: asyncio.Queue[Sound], note: Note | None
) -> None:
    try:
        async for sound in listens.hear():
            if isinstance(sound, ear.Began):
                speaks.hush()
                continue
            turns.put_nowait(sound)
            if isinstance(sound, ear.Pressed) and sound.digit == PERSON_KEY:
                speaks.hush()
            if isinstance(sound, ear.Utterance) and sound.text and note is not None:
                await note(sound)
    except Exception:  # nobody listens any more: the call is over for us
        _log.exception("phone.survey_deaf")
        turns.put_nowait(ear.Gone(reason=Ended.LOST))
