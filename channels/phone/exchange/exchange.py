"""The exchange (Asterisk) as the program sees it: who rings, where a call goes next, call-backs."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

import structlog

from channels.phone.exchange.board import Board
from channels.phone.exchange.connection import Connection
from channels.phone.exchange.dialling import Dialling, Outcome
from channels.phone.exchange.happenings import Arrived, Caller, Ended, Happening, Operator, Waiting
from channels.phone.exchange.packets import AmiFailed, AmiRefused, Packet
from config.runtime import Runtime
from config.sections import Phone

MOST_CHANNELS = 500  # looked at after a new connection
ANNOUNCED_S = 1.0  # a call's audio may come before its announcement, by so much
MOST_HEARD = 120  # characters on an operator's telephone
_NUMBER = re.compile(r"[0-9*#+]{2,24}")
_DIGITS = re.compile(r"[0-9]{2,24}")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}")
_UNSPEAKABLE = re.compile(r'[\x00-\x1f\x7f\x85\u2028\u2029"\\${}<>]')

_log = structlog.get_logger(__name__)


class Next(StrEnum):
    """What the dialplan does with the caller when our part has ended."""

    OPERATORS = "operators"  # 转人工; also where we say nothing at all
    BYE = "bye"  # 结束: hang up
    RELAY = "relay"  # 转接居民: the dialplan dials; see `Exchange.relay`


class Exchange:
    """`run` keeps it up; everything may be asked at any time and fails softly while it is away.

    `on_happening` is told what happens, in order, on the event loop; it must return at once.
    While `willing` says no, the heartbeat stops and callers go to the operators.
    """

    def __init__(
        self,
        settings: Phone,
        runtime: Runtime,
        *,
        on_happening: Callable[[Happening], None] = lambda happening: None,
        willing: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._on_happening = on_happening
        self._board = Board(queue=settings.queue)
        self._dialling = Dialling()
        self._connection = Connection(
            settings.exchange,
            runtime,
            on_event=self._take,
            on_connected=self._read_state,
            on_lost=self._dialling.give_up,
            willing=willing,
        )
        self._arrival = asyncio.Event()  # set and replaced each time that a call is announced
        self._fresh: set[str] = set()  # calls announced since the connection
        self.version = ""  # Asterisk's own, as "22.10.1"

    @property
    def up(self) -> bool:
        """Is Asterisk there?"""
        return self._connection.up

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The queue's members and what their telephones do; as last known."""
        return self._board.operators

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """The callers in the queue, the first first; as last known."""
        return self._board.waiting

    @property
    def calls(self) -> tuple[Caller, ...]:
        """Every call of the hotline that lives, with us, in the queue or with an operator."""
        return self._board.calls

    async def run(self) -> None:
        """Be connected, until cancelled; then the dialplan is told that we are gone."""
        await self._connection.run()

    async def step(self) -> bool:
        """Connect, or beat once; False where the connection has to be made anew after a pause."""
        return await self._connection.step()

    def caller(self, call_id: str) -> Caller | None:
        """Who rings under this id; also for a while after the end. None: not announced (yet)."""
        return self._board.caller(call_id)

    async def wait_caller(self, call_id: str, timeout_s: float) -> Caller | None:
        """As `caller`; waits for the announcement, which may come after the audio."""
        known = self._board.caller(call_id)
        if known is not None or timeout_s <= 0:
            return known
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._board.caller(call_id) is None:
                    await self._arrival.wait()
        return self._board.caller(call_id)

    async def set_next(self, call_id: str, where: Next, heard: str = "") -> bool:
        """Where the caller goes when our part ends; call before closing the media.

        `heard` is shown on the operator's telephone. False: Asterisk could not be told, and the
        dialplan takes its default, the operators.
        """
        shown = _speakable(heard)
        return await self._set(call_id, where, {"HOTLINE_HEARD": shown} if shown else {})

    async def relay(self, call_id: str, number: str) -> bool:
        """As `set_next`: the caller is put through to a number that he does not see."""
        if not _DIGITS.fullmatch(number):
            raise ValueError("a number has digits")
        return await self._set(call_id, Next.RELAY, {"HOTLINE_RELAY": number})

    async def _set(self, call_id: str, where: Next, more: dict[str, str]) -> bool:
        for variable, value in {**more, "HOTLINE_NEXT": where.value}.items():
            if not await self._on_call(call_id, "Setvar", Variable=variable, Value=value):
                return False
        return True

    async def originate(
        self, number: str, call_id: str, kind: str, timeout_s: float = 45.0
    ) -> Outcome:
        """Ring somebody; an answered call comes to us as every call, with this id and kind.

        AmiFailed: it could not even be tried, or nothing was told of it. ValueError: no number, or
        no kind, of ours.
        """
        if not _NUMBER.fullmatch(number) or not _KIND.fullmatch(kind):
            raise ValueError("a number has digits, a kind has small letters")
        unique_id = f"hotline-{call_id}"
        variables = {"HOTLINE_ID": call_id, "HOTLINE_KIND": kind, "HOTLINE_CALLER": number}
        with self._dialling.expect(unique_id) as dialled:
            await self._connection.ask(
                "Originate",
                Channel=self._settings.dial.format(number=number),
                ChannelId=unique_id,
                Context=self._settings.callback_context,
                Exten="s",
                Priority="1",
                Async="true",
                Timeout=str(int(timeout_s * 1000)),
                CallerID=f"<{self._settings.number}>",
                Variable=",".join(f"{name}={value}" for name, value in variables.items()),
            )
            return await dialled.outcome(timeout_s)

    async def _read_state(self) -> None:
        """After each connecting: events may have been lost."""
        self._fresh.clear()
        settings = await self._connection.ask("CoreSettings")
        self.version = settings.get("AsteriskVersion", "")
        self._board.digits = not tells_digits(self.version)
        calls = [call for call in await self._calls_there_are() if call is not None]
        queue = await self._connection.ask_list("QueueStatus", Queue=self._settings.queue)
        for happening in self._board.renew(calls, queue, keep=self._fresh):
            self._tell(happening)

    async def _calls_there_are(self) -> list[Caller | None]:
        channels = await self._connection.ask_list("CoreShowChannels")
        return [await self._call_on(each) for each in channels[:MOST_CHANNELS]]

    async def _call_on(self, channel: Packet) -> Caller | None:
        """The call of ours on a channel, by the variables that the dialplan set."""
        name = channel.fields.get("Channel", "")
        if not name or name.startswith("Local/"):
            return None
        values = {}
        try:
            for variable in ("HOTLINE_ID", "HOTLINE_CALLER", "HOTLINE_KIND"):
                found = await self._connection.ask("Getvar", Channel=name, Variable=variable)
                values[variable] = found.get("Value", "")
                if not values["HOTLINE_ID"]:
                    return None
        except AmiRefused:  # it has ended meanwhile
            return None
        return Caller(
            call_id=values["HOTLINE_ID"],
            number=values["HOTLINE_CALLER"],
            kind=values["HOTLINE_KIND"] or "incoming",
            channel=name,
            unique_id=channel.fields.get("Uniqueid", ""),
        )

    async def _on_call(self, call_id: str, action: str, **fields: str) -> bool:
        if self.up:
            await self.wait_caller(call_id, ANNOUNCED_S)
        caller = self._board.living(call_id)
        if caller is None:
            return False
        try:
            await self._connection.ask(action, Channel=caller.channel, **fields)
        except AmiFailed as failure:
            _log.info("exchange_refused", call=call_id, reason=str(failure))
            return False
        return True

    def _take(self, packet: Packet) -> None:
        self._dialling.take(packet)
        for happening in self._board.take(packet):
            self._tell(happening)

    def _tell(self, happening: Happening) -> None:
        if isinstance(happening, Arrived):
            self._fresh.add(happening.caller.call_id)
            self._arrival.set()
            self._arrival = asyncio.Event()
        elif isinstance(happening, Ended):
            self._fresh.discard(happening.call_id)
        self._on_happening(happening)


def tells_digits(version: str) -> bool:
    """Does AudioSocket of this Asterisk pass keys itself? From 20.14, 21.9 and 22.4."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return major > 22 or minor >= {20: 14, 21: 9, 22: 4}.get(major, 10_000)


def _speakable(heard: str) -> str:
    """Words that can do no harm in a dialplan or on a telephone's display."""
    return _UNSPEAKABLE.sub(" ", heard)[:MOST_HEARD].strip()
