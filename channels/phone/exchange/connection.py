"""The one connection to the exchange: kept up by one supervisor, replaced on any doubt.

With each ping it sets the dialplan's heartbeat to Asterisk's own time. While that is older than
three seconds callers go to the operators, whatever became of us.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from channels.phone.exchange.ami import ANSWER_S, Link
from channels.phone.exchange.packets import AmiFailed, AmiLost, Answer, Packet
from config.runtime import Runtime
from config.sections import Exchange

BEAT_S = 1.0
MOST_PAUSE_S = 5.0  # between attempts to connect
BEAT = "GLOBAL(HOTLINE_BEAT)"

_log = structlog.get_logger(__name__)


class Connection:
    """`on_connected` reads the state anew; what it asks for may fail as anything else."""

    def __init__(
        self,
        settings: Exchange,
        runtime: Runtime,
        *,
        on_event: Callable[[Packet], None],
        on_connected: Callable[[], Awaitable[None]],
        on_lost: Callable[[], None],
        willing: Callable[[], bool],
        answer_s: float = ANSWER_S,
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._on_event = on_event
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._willing = willing
        self._answer_s = answer_s
        self._link: Link | None = None
        self._doubt = asyncio.Event()
        self._attempts = 0
        self._said = ""

    @property
    def up(self) -> bool:
        """Is Asterisk there?"""
        return self._link is not None

    async def run(self) -> None:
        """Be connected, until cancelled; then the dialplan is told that we are gone."""
        try:
            while True:
                if not await self.step():
                    await asyncio.sleep(self._pause_s())
        finally:
            await self._leave()

    async def step(self) -> bool:
        """Connect, or beat once; False where it has to be made anew after a pause."""
        try:
            if self._link is None:
                await self._connect()
            else:
                await self._wait_for_doubt()
            await self._beat()
        except AmiFailed as failure:
            await self._drop(failure)
            return False
        self._attempts = 0
        return True

    async def ask(self, action: str, /, **fields: str) -> Answer:
        """See `Link.ask`; a lost answer puts the connection in doubt."""
        try:
            return await self._there().ask(action, **fields)
        except AmiLost:
            self._doubt.set()
            raise

    async def ask_list(self, action: str, /, **fields: str) -> tuple[Packet, ...]:
        """See `Link.ask_list`."""
        try:
            return await self._there().ask_list(action, **fields)
        except AmiLost:
            self._doubt.set()
            raise

    def _there(self) -> Link:
        if self._link is None:
            raise AmiLost("Asterisk is away")
        return self._link

    async def _connect(self) -> None:
        self._doubt.clear()
        link = Link(
            host=self._settings.host,
            port=self._settings.port,
            on_event=self._on_event,
            answer_s=self._answer_s,
        )
        try:
            await link.open(self._settings.user, self._settings.secret.get_secret_value())
            self._link = link
            await self._on_connected()
        except BaseException:
            self._link = None
            await link.close()
            raise
        if self._said:
            _log.info("exchange_back")
        self._said = ""

    async def _wait_for_doubt(self) -> None:
        """A beat's time, shorter where the connection ends meanwhile."""
        doubt = asyncio.ensure_future(self._doubt.wait())
        lost = asyncio.ensure_future(self._there().lost())
        try:
            await asyncio.wait({doubt, lost}, timeout=BEAT_S, return_when="FIRST_COMPLETED")
        finally:
            doubt.cancel()
            lost.cancel()
        if lost.done() and not lost.cancelled():
            raise AmiLost(lost.result())
        if self._doubt.is_set():
            raise AmiLost("an answer did not come")

    async def _beat(self) -> None:
        pong = await self.ask("Ping")
        if not self._willing():
            return
        # Asterisk's own clock, so that ours may differ.
        now = pong.get("Timestamp", "").partition(".")[0]
        if not now.isdigit():
            raise AmiLost("a ping was answered without the time")
        await self.ask("Setvar", Variable=BEAT, Value=now)

    async def _drop(self, failure: AmiFailed) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()
        self._on_lost()
        if str(failure) != self._said:
            self._said = str(failure)
            _log.warning("exchange_away", reason=self._said)

    async def _leave(self) -> None:
        link, self._link = self._link, None
        if link is None:
            return
        try:
            await link.ask("Setvar", Variable=BEAT, Value="0")
        except AmiFailed:
            _log.info("exchange_left_without_a_word")
        finally:
            await link.close()

    def _pause_s(self) -> float:
        """None at first: the heartbeat must not stop because one connection broke."""
        self._attempts += 1
        if self._attempts == 1:
            return 0.0
        longest = min(MOST_PAUSE_S, 0.25 * 2.0 ** min(self._attempts, 6))
        return longest * (0.5 + self._runtime.chance() / 2)
