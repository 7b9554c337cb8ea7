"""One ear for two listeners, one after the other: what the first leaves, the second hears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from channels.phone import ear
from channels.phone.audio.media import Ended
from channels.phone.ear import Listens, Sound
from channels.phone.talk.turns import PERSON_KEY

MOST_WAITING = 256  # sounds that nobody has taken yet; longer than anything that we tell lasts
MOST_WISHES = 4  # for a person, that come beyond them

_log = structlog.get_logger(__name__)


class Pump:
    """The first asks with `next`; the second has it as its ear, see `ear.Listens`."""

    def __init__(self, listens: Listens) -> None:
        self._ear = listens
        self._sounds: asyncio.Queue[Sound] = asyncio.Queue()
        self._back: list[Sound] = []
        self.on_sound: Callable[[Sound], None] = lambda sound: None  # at once, whoever takes it
        self.now_ms = 0

    @property
    def stirs(self) -> bool:
        """See `Ear`."""
        return self._ear.stirs

    @property
    def empty(self) -> bool:
        """Has nothing come that nobody has taken?"""
        return not self._back and self._sounds.empty()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Sounds come inside of it."""
        hearing = asyncio.create_task(self.run())
        try:
            yield
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def run(self) -> None:
        """Hear everything, until cancelled."""
        try:
            async for sound in self._ear.hear():
                self._take(sound)
        except Exception:  # nobody listens any more: the call is over for us
            _log.exception("phone.ear_failed")
            self._sounds.put_nowait(ear.Gone(reason=Ended.LOST))

    def press(self, digit: str) -> None:
        """A key that does not come with the audio."""
        self._take(ear.Pressed(digit=digit))

    async def next(self) -> Sound:
        """What came first of what nobody has taken."""
        if self._back:
            return self._back.pop(0)
        sound = await self._sounds.get()
        self.now_ms = self._ear.now_ms
        return sound

    def put_back(self, sound: Sound) -> None:
        """It is for who comes after us."""
        self._back.insert(0, sound)

    async def hear(self) -> AsyncIterator[Sound]:
        """Everything from now on, in order; the last is Gone."""
        while True:
            sound = await self.next()
            yield sound
            if isinstance(sound, ear.Gone):
                return

    def _take(self, sound: Sound) -> None:
        self.on_sound(sound)
        if self._has_room(sound):
            self._sounds.put_nowait(sound)

    def _has_room(self, sound: Sound) -> bool:
        """Who presses keys without end is not followed to it; a wish, the call's end and what he
        says are: it may be of a danger.
        """
        wishes = isinstance(sound, ear.Pressed) and sound.digit == PERSON_KEY
        more = MOST_WAITING if isinstance(sound, ear.Utterance) else MOST_WISHES * wishes
        most = MOST_WAITING + more
        return self._sounds.qsize() < most or isinstance(sound, ear.Deaf | ear.Gone)
