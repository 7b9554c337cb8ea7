"""Calls that we make ourselves, until it is known what became of them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from channels.phone.exchange.packets import AmiFailed, AmiLost, Packet

GRACE_S = 5.0  # beyond the ringing time, for Asterisk to tell
CAUSE_S = 1.0  # between the word that it failed and the cause


class Outcome(StrEnum):
    """What became of a call that we made."""

    ANSWERED = "answered"  # 接通
    BUSY = "busy"  # 占线
    NO_ANSWER = "no-answer"  # 无人接听
    REFUSED = "refused"  # 拒接
    FAILED = "failed"  # 线路或号码不通: his telephone has not rung


_BY_CAUSE = {
    16: Outcome.NO_ANSWER,  # we gave up ringing
    17: Outcome.BUSY,
    18: Outcome.NO_ANSWER,
    19: Outcome.NO_ANSWER,
    21: Outcome.REFUSED,
}
_IF_RUNG = frozenset({18, 21})  # else it is the trunk that was silent (408), or refused (401, 403)
_RUNG = frozenset({"RINGING", "PROGRESS"})  # DialState's DialStatus
_RINGING = "3"  # OriginateResponse's Reason where the time ran out


class Dialled:
    """One call on its way."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.answered: asyncio.Future[bool] = loop.create_future()
        self.cause: asyncio.Future[int] = loop.create_future()
        self.rang_out = False
        self.rung: bool | None = None  # None: an exchange whose files are older does not tell

    async def outcome(self, timeout_s: float) -> Outcome:
        """Waits for it. AmiFailed: Asterisk has not told; AmiLost: the connection has ended."""
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                answered = await self.answered
        except TimeoutError:
            raise AmiFailed("nothing was told of a call that we made") from None
        if answered:
            return Outcome.ANSWERED
        return Outcome.NO_ANSWER if self.rang_out else await self._why()

    async def _why(self) -> Outcome:
        try:
            async with asyncio.timeout(CAUSE_S):
                return self._by_cause(await self.cause)
        except TimeoutError:  # it failed, and no channel was hung up
            return Outcome.FAILED

    def _by_cause(self, cause: int) -> Outcome:
        if self.rung is False and cause in _IF_RUNG:
            return Outcome.FAILED
        return _BY_CAUSE.get(cause, Outcome.FAILED)


class Dialling:
    """All calls on their way, by the unique id that we gave them."""

    def __init__(self) -> None:
        self._dialled: dict[str, Dialled] = {}

    @contextmanager
    def expect(self, unique_id: str) -> Iterator[Dialled]:
        """From before it is asked for until its outcome is known."""
        dialled = self._dialled[unique_id] = Dialled()
        try:
            yield dialled
        finally:
            del self._dialled[unique_id]

    def take(self, packet: Packet) -> None:
        """An event; those of other calls are passed over."""
        of = "DestUniqueid" if packet.name in ("DialBegin", "DialState") else "Uniqueid"
        dialled = self._dialled.get(packet.fields.get(of, ""))
        if dialled is None:
            return
        if packet.name == "DialBegin":
            dialled.rung = dialled.rung or False
        if packet.name == "DialState" and packet.fields.get("DialStatus") in _RUNG:
            dialled.rung = True
        if packet.name == "Hangup" and not dialled.cause.done():
            cause = packet.fields.get("Cause", "")
            dialled.cause.set_result(int(cause) if cause.isdigit() else 0)
        elif packet.name == "OriginateResponse" and not dialled.answered.done():
            dialled.rang_out = packet.fields.get("Reason") == _RINGING
            dialled.answered.set_result(packet.fields.get("Response") == "Success")

    def give_up(self) -> None:
        """The connection is gone, and with it whoever could tell."""
        for dialled in self._dialled.values():
            if not dialled.answered.done():
                dialled.answered.set_exception(AmiLost("the connection ended while it rang"))
