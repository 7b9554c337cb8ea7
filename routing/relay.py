"""Delivers what waits in the outbox: lanes in order, later again after a failure, dead letters."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog
from sqlalchemy import Connection

from config.runtime import Runtime
from nlp import redact
from routing import claims, writer
from routing.claims import Claimed
from routing.database import Database
from routing.envelope import DeliveryError, Envelope

LANES = 16  # destinations at a time
LANE_LENGTH = 10  # envelopes of one destination in a row
CLAIM_S = 120.0  # after kill -9, others may take what we had after this
DELIVER_S = 30.0  # for one envelope
GLANCE_S = 0.25  # while deliveries run, how soon to look for other destinations
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 6 * 3600.0
GIVE_UP_AFTER = timedelta(days=3)
AGAIN_S = (0.5, 2.0, 8.0, 20.0)  # pauses before an outcome is written down once more

_log = structlog.get_logger(__name__)

Deliver = Callable[[Envelope], Awaitable[str]]
GivenUp = Callable[[Connection, Envelope, str], None]  # with the reason


class Relay:
    """Delivers by scheme: `webhook` to departments, the channels' schemes to people.

    What else a scheme does when an envelope is `given_up` is part of that unit of work. `rest_s`:
    how long it lets arrive what arrives before it looks again, so that a busy hour costs few looks.
    """

    def __init__(
        self,
        *,
        database: Database,
        runtime: Runtime,
        deliver: Mapping[str, Deliver],
        given_up: Mapping[str, GivenUp] = MappingProxyType({}),
        lanes: int = LANES,
        deliver_s: float = DELIVER_S,
        rest_s: float = 0.0,
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._deliver = deliver
        self._given_up = given_up
        self._lanes = lanes
        self._deliver_s = deliver_s
        self._rest_s = rest_s
        self._name = ""
        self._running: dict[str, asyncio.Task[None]] = {}

    async def step(self) -> bool:
        """Start what can be started, wait until something is done; False if there is nothing to do.

        When cancelled, it stops deliveries and lets go of its claims.
        """
        self._name = self._name or self._runtime.new_id()
        try:
            await self._start_lanes()
            if not self._running:
                return False
            await asyncio.wait(
                self._running.values(),
                timeout=GLANCE_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            await asyncio.sleep(self._rest_s)
            self._collect()
            return True
        except asyncio.CancelledError:
            await self._stop()
            raise

    async def _start_lanes(self) -> None:
        room = self._lanes - len(self._running)
        if not room:
            return
        now, name, busy = self._runtime.now(), self._name, tuple(self._running)
        until = now + timedelta(seconds=CLAIM_S)
        claimed = await self._database.write(
            lambda c: claims.claim(
                c,
                by=name,
                now=now,
                until=until,
                lanes=room,
                lane_length=LANE_LENGTH,
                busy=busy,
            )
        )
        for lane in claimed:
            destination = lane[0].envelope.destination
            self._running[destination] = asyncio.create_task(self._drive(lane, until))

    def _collect(self) -> None:
        for destination, task in list(self._running.items()):
            if task.done():
                del self._running[destination]
                task.result()

    async def _stop(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()

    async def _drive(self, lane: list[Claimed], until: datetime) -> None:
        """Deliver a lane in order, until one fails or the claim runs out; let go of the rest."""
        rest = list(lane)
        try:
            while rest and self._runtime.now() + timedelta(seconds=self._deliver_s) < until:
                if not await self._one(rest[0]):
                    rest.pop(0)
                    break
                rest.pop(0)
        finally:
            if rest:
                name = self._name
                await self._database.write(lambda c: claims.release(c, rest, by=name))

    async def _one(self, claimed: Claimed) -> bool:
        """Deliver one envelope and write down the outcome; False if those behind it must wait."""
        try:
            answer = await self._delivered(claimed.envelope)
        except DeliveryError as error:
            return await self._failed(claimed, error)
        now, name = self._runtime.now(), self._name
        await self._noted(lambda c: claims.delivered(c, claimed, by=name, at=now, answer=answer))
        return True

    async def _delivered(self, envelope: Envelope) -> str:
        deliver = self._deliver.get(envelope.scheme)
        if deliver is None:
            raise DeliveryError(f"没有能发往 {envelope.scheme} 的渠道", permanent=True)
        try:
            async with asyncio.timeout(self._deliver_s):
                return await deliver(envelope)
        except DeliveryError:
            raise
        except TimeoutError as error:
            raise DeliveryError(f"{self._deliver_s:.0f} 秒内没有送到") from error
        except Exception as error:
            _log.exception("delivery_broke", envelope=envelope.id, scheme=envelope.scheme)
            raise DeliveryError(f"投递程序出错：{type(error).__name__}") from error

    async def _failed(self, claimed: Claimed, error: DeliveryError) -> bool:
        now, name = self._runtime.now(), self._name
        attempts = claimed.envelope.attempts + 1
        reason = redact.mask(error.reason)
        spent = error.most_attempts is not None and attempts >= error.most_attempts
        if error.permanent or spent or now - claimed.created_at >= GIVE_UP_AFTER:
            _log.error("delivery_given_up", envelope=claimed.envelope.id, attempts=attempts)
            await self._noted(lambda c: self._give_up(c, claimed, now, reason))
            return True
        pause_s = self._pause_s(attempts, error.retry_after_s)
        next_at = now + timedelta(seconds=pause_s)
        _log.warning("delivery_later", envelope=claimed.envelope.id, attempts=attempts)
        await self._noted(
            lambda c: claims.put_back(c, claimed, by=name, next_at=next_at, error=reason)
        )
        return False

    async def _noted(self, outcome: Callable[[Connection], object]) -> None:
        """Write an outcome down, again where the database was away or nobody knows whether it was
        done: what is not written down is sent twice. Each looks first whether the claim is still
        ours, so it is done once.
        """
        for pause_s in AGAIN_S:
            try:
                await self._database.write(outcome)
                return
            except Exception as error:
                if not writer.will_pass(error):
                    raise
                _log.warning("outcome_not_written", reason=type(error).__name__)
            await asyncio.sleep(pause_s)
        await self._database.write(outcome)

    def _give_up(
        self, connection: Connection, claimed: Claimed, now: datetime, reason: str
    ) -> None:
        ours = claims.give_up(connection, claimed, by=self._name, at=now, error=reason)
        envelope = claimed.envelope
        follow = self._given_up.get(envelope.scheme)
        if ours and follow is not None:
            follow(connection, envelope, reason)

    def _pause_s(self, attempts: int, asked_s: float | None) -> float:
        """Doubling from 5 s to 6 h, up to a quarter more by chance, not less than was asked for."""
        doubled = FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 30)
        longest = min(LONGEST_PAUSE_S, max(doubled, asked_s or 0.0))
        return longest * (1.0 + self._runtime.chance() / 4)
