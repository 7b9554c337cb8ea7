"""A call that we make: something is told, then perhaps three questions, by voice or keys (回访)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from channels.message import Reply
from channels.phone import ear
from channels.phone.book import Judgement
from channels.phone.ear import Sound
from channels.phone.kinds import screening
from channels.phone.kinds.pump import Pump
from channels.phone.mouth import Speaks
from channels.phone.talk.turns import PERSON_KEY
from nlp import answer, normalize, person
from nlp.answer import Question

MOST_TOLD = 3  # what we tell is begun so often; the last time nobody breaks in
MOST_ASKED = 2  # a question is put twice at most
MOST_HELLOS = 2  # 喂 to a question: it is put as it was
AGAIN = "_again"  # the same question put a second time, with the words and keys that answer it
QUESTIONS = tuple((each, f"followup_{each.value}") for each in Question)

NOT_HEARD_OUT = "接通后没有听完"
DANGER = "居民说起险情，没有问完"

_BY_KEY = {"1": True, "2": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a survey works with; `answered` keeps what has been judged so far."""

    sounds: Pump
    speaks: Speaks
    note: Callable[[ear.Utterance], None]
    is_danger: Callable[[str], Awaitable[bool]]
    answered: Callable[[Judgement], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What came of it; `why` not, where he has not heard us out.

    `in_danger`: he tells of one; his words are the next that the pump gives.
    """

    heard_out: bool
    judgement: Judgement = field(default_factory=Judgement)
    wants_person: bool = False
    in_danger: bool = False
    why: str = ""


class _Over(Exception):
    """Whatever we were at, the call goes on otherwise, or not at all."""

    def __init__(self, *, person: bool = False, danger: bool = False, why: str = "") -> None:
        super().__init__(why)
        self.person = person
        self.danger = danger
        self.why = why


class Survey:
    """Holds one; `judgement` is what he has judged so far, `spoke`: a person has been heard."""

    def __init__(self, opening: Reply, *, asks: bool, around: Around) -> None:
        self._opening = opening
        self._asks = asks
        self._around = around
        self._speaks = around.speaks
        self._may_break_in = True
        self._looked_at = 0
        self._is_done = False  # he has heard all, and answered what he would
        self.spoke = False
        self.judgement = Judgement()
        around.sounds.on_sound = self._hear

    async def hold(self) -> Held:
        """Tell it, and put the questions; ends when all are put, or he puts down."""
        try:
            await self._tell()
            if self._asks:
                await self._ask_all()
            await self._take_leave()
        except _Over as over:
            if over.person:
                await self._speaks.say(Reply(key="transferring"))
            return Held(
                heard_out=over.person or self._is_done or self.judgement != Judgement(),
                judgement=self.judgement,
                wants_person=over.person,
                in_danger=over.danger,
                why=over.why,
            )
        return Held(heard_out=True, judgement=self.judgement)

    async def _tell(self) -> None:
        """To its end, or until he says that he has taken it in; 喂 takes nothing in."""
        said: tuple[Reply, ...] = (Reply(key="followup_greeting"), self._opening)
        for time in range(MOST_TOLD):
            self._may_break_in = time < MOST_TOLD - 1
            heard = await self._speaks.say(*said)
            self._may_break_in = True
            if heard or self._has_enough(await self._next()):
                return
            said = (self._opening,)
        raise _Over(why=NOT_HEARD_OUT)

    def _has_enough(self, sound: Sound) -> bool:
        """Whoever is asked next may answer at once; whoever is only told must take it in."""
        match sound:
            case ear.Pressed():
                return True
            case ear.Utterance(text=text) if text:
                return answer.takes_in(text) or (self._asks and not answer.is_hello(text))
        return False

    async def _take_leave(self) -> None:
        self._is_done = True
        await self._pass_over()
        thanks = "followup_thanks" if self.judgement.solved is not False else "followup_unsolved"
        heard = await self._speaks.say(Reply(key=thanks if self._asks else "goodbye"))
        if not heard:  # he has one more word: perhaps for a person, or of a danger
            await self._next()

    async def _ask_all(self) -> None:
        for question, key in QUESTIONS:
            verdict = await self._ask(question, key)
            if not self.spoke:
                raise _Over(why=screening.NOBODY_SPOKE)
            if verdict is not None:
                self.judgement = replace(self.judgement, **{question.value: verdict})
                await self._around.answered(self.judgement)

    async def _ask(self, question: Question, key: str) -> bool | None:
        """Yes, no, or None after two tries."""
        asked = hellos = 0
        while asked < MOST_ASKED:
            await self._pass_over()
            await self._speaks.say(Reply(key=key + AGAIN if asked else key))
            sound = await self._next()
            if isinstance(sound, ear.Pressed) and sound.digit in _BY_KEY:
                return _BY_KEY[sound.digit]
            text = sound.text if isinstance(sound, ear.Utterance) else ""
            verdict = answer.of(text, question)
            if verdict is not None:
                return verdict
            if text and answer.is_hello(text) and hellos < MOST_HELLOS:
                hellos += 1
            else:
                asked += 1
        return None

    async def _pass_over(self) -> None:
        """What was said before a question is no answer to it; a hang-up, a danger or a wish is."""
        while not self._around.sounds.empty:
            await self._look(await self._around.sounds.next())

    async def _next(self) -> Sound:
        """What he says or presses next, or his silence."""
        while True:
            sound = await self._around.sounds.next()
            if await self._look(sound):
                return sound

    async def _look(self, sound: Sound) -> bool:
        """Is it anything to us? Raises where it ends the survey."""
        match sound:
            case ear.Gone():
                raise _Over(why=NOT_HEARD_OUT)
            case ear.Pressed(digit=digit):
                self.spoke = True
                if digit == PERSON_KEY:
                    raise _Over(person=True)
                return digit in _BY_KEY
            case ear.Utterance():
                await self._listen(sound)
            case ear.Began():
                return False
        return True

    async def _listen(self, said: ear.Utterance) -> None:
        if not said.text:
            return
        self._looked_at += 1
        if self._looked_at <= screening.MOST_LOOKED_AT and screening.is_machine(said.text):
            self._around.note(said)
            raise _Over(why=screening.MACHINE)
        self.spoke = True
        if self._asks and await self._around.is_danger(said.text):  # else we tell him of one
            self._around.sounds.put_back(said)
            raise _Over(danger=True, why=DANGER)
        self._around.note(said)
        if person.wanted(normalize.normalize(said.text)):
            raise _Over(person=True)

    def _hear(self, sound: Sound) -> None:
        """He breaks in, where we let him; 0 silences us whatever we say."""
        wishes = isinstance(sound, ear.Pressed) and sound.digit == PERSON_KEY
        if wishes or (isinstance(sound, ear.Began) and self._may_break_in):
            self._speaks.hush()
