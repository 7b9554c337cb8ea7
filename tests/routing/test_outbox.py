"""The outbox and its relay: everything arrives, in order for each destination, whatever goes wrong."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from routing import claims, outbox, schema
from routing import relay as relays
from routing.database import Database
from routing.envelope import DeliveryError, Envelope
from routing.relay import Relay
from routing.writer import CommitUnknown
from tests import statements
from tests.clock import Clock
from tests.routing import parts


def _letter(number: int, destination: str = "webhook:water") -> Envelope:
    return Envelope(
        id=f"letter-{number:04d}",
        destination=destination,
        ticket="20261124-0001",
        kind="ticket.dispatched",
        body={"number": number},
    )


async def _post(database: Database, clock: Clock, letters: Sequence[Envelope]) -> None:
    await database.write(lambda c: outbox.post(c, letters, clock.at))


async def _drain(relay: Relay) -> None:
    while await relay.step():
        pass


class Receiver:
    """Takes letters, or fails as it is told; counts each letter once by its id."""

    def __init__(self) -> None:
        self.trouble: DeliveryError | Exception | None = None
        self.arrived: dict[str, list[str]] = defaultdict(list)
        self.tries = 0
        self.together = 0
        self.most_together = 0
        self._now_at: set[str] = set()

    async def __call__(self, envelope: Envelope) -> str:
        self.tries += 1
        assert envelope.destination not in self._now_at, "two at once for one destination"
        self._now_at.add(envelope.destination)
        self.most_together = max(self.most_together, len(self._now_at))
        try:
            await asyncio.sleep(0)
            if self.trouble is not None:
                raise self.trouble
            self.arrived[envelope.destination].append(envelope.id)
            return "taken"
        finally:
            self._now_at.discard(envelope.destination)


@pytest.fixture
def clock() -> Clock:
    return Clock(at=parts.START)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def relay(database: Database, clock: Clock, receiver: Receiver) -> Relay:
    deliver = {"webhook": receiver, "wechat": receiver}
    return Relay(database=database, runtime=clock.runtime(), deliver=deliver)


async def test_empty_outbox_has_nothing_to_do(relay: Relay) -> None:
    assert not await relay.step()


async def test_letters_arrive_in_order_and_destinations_do_not_wait_for_each_other(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    places = ("webhook:water", "webhook:housing", "wechat:oA")
    letters = [_letter(number, places[number % 3]) for number in range(60)]
    await _post(database, clock, letters)
    await _drain(relay)
    for index, place in enumerate(places):
        assert receiver.arrived[place] == [f"letter-{n:04d}" for n in range(index, 60, 3)]
    assert receiver.most_together == 3
    rows = await parts.posted(database)
    assert {(row.state, row.attempts, row.answer) for row in rows} == {("done", 1, "taken")}
    assert all(row.claimed_by is None for row in rows)


async def test_letters_of_one_step_are_one_statement_in_order(
    database: Database, clock: Clock
) -> None:
    letters = [_letter(number) for number in range(12)]
    with statements.counted() as done:
        await _post(database, clock, letters)
    assert len(done) == 1
    assert [row.id for row in await parts.posted(database)] == [each.id for each in letters]


async def test_lane_is_claimed_and_its_letters_settled_with_few_statements(
    database: Database, clock: Clock, relay: Relay
) -> None:
    await _post(database, clock, [_letter(number) for number in range(relays.LANE_LENGTH)])
    with statements.counted() as done:
        assert await relay.step()
        while await relay.step():
            pass
    looks = [each for each in done if "min(" in each]
    assert len(done) - len(looks) <= 3 + relays.LANE_LENGTH, done


async def test_what_is_posted_while_the_relay_rests_is_claimed_at_one_look(
    database: Database, clock: Clock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep, later = asyncio.sleep, [_letter(number, f"webhook:d{number}") for number in range(1, 9)]

    async def resting(delay_s: float) -> None:
        if delay_s:
            for letter in later:
                await _post(database, clock, [letter])
            later.clear()
        await sleep(0)

    relay = Relay(
        database=database, runtime=clock.runtime(), deliver={"webhook": receiver}, rest_s=0.05
    )
    monkeypatch.setattr(asyncio, "sleep", resting)
    await _post(database, clock, [_letter(0)])
    with statements.counted() as done:
        await _drain(relay)
    assert sum(len(arrived) for arrived in receiver.arrived.values()) == 9
    assert sum("claimed_until=" in each and "attempts=" not in each for each in done) == 2, done


async def test_unit_of_work_that_fails_posts_nothing(database: Database, clock: Clock) -> None:
    def fails(connection: sa.Connection) -> None:
        outbox.post(connection, [_letter(1)], clock.at)
        raise ValueError

    with pytest.raises(ValueError):
        await database.write(fails)
    assert await parts.posted(database) == []


async def test_without_a_given_time_the_databases_clock_tells_it(database: Database) -> None:
    await database.write(lambda c: outbox.post(c, [_letter(1)]))
    row = (await parts.posted(database))[0]
    assert row.created_at.tzinfo is not None


async def test_receiver_down_for_six_hours_gets_everything_in_order_and_once(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    await _post(database, clock, [_letter(number) for number in range(30)])
    receiver.trouble = DeliveryError("HTTP 503")
    began = clock.at
    while clock.at < began + timedelta(hours=6):
        await _drain(relay)
        clock.forward(minutes=1)
    assert receiver.arrived == {}
    assert receiver.tries <= 14  # it was not hammered
    await _post(database, clock, [_letter(number) for number in range(30, 40)])
    receiver.trouble = None
    while len(receiver.arrived["webhook:water"]) < 40:
        assert clock.at < began + timedelta(hours=13)
        clock.forward(minutes=10)
        await _drain(relay)
    assert receiver.arrived["webhook:water"] == [f"letter-{n:04d}" for n in range(40)]


async def test_pauses_double_from_five_seconds_to_six_hours(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    await _post(database, clock, [_letter(1)])
    receiver.trouble = DeliveryError("HTTP 500")
    pauses: list[float] = []
    while (row := (await parts.posted(database))[0]).state == "waiting":
        before = clock.at
        await _drain(relay)
        row = (await parts.posted(database))[0]
        if row.state == "waiting":
            pauses.append((row.next_at - before).total_seconds())
            clock.at = row.next_at
    jitter = 1.125  # dice that show a half
    assert pauses[:4] == [5 * jitter, 10 * jitter, 20 * jitter, 40 * jitter]
    assert max(pauses) == 6 * 3600 * jitter
    assert clock.at - parts.START >= relays.GIVE_UP_AFTER
    assert clock.at - parts.START < relays.GIVE_UP_AFTER + timedelta(hours=7)
    assert (row.state, row.last_error) == ("dead", "HTTP 500")


async def test_receiver_that_asks_for_time_gets_it(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    await _post(database, clock, [_letter(1)])
    receiver.trouble = DeliveryError("HTTP 429", retry_after_s=600)
    await _drain(relay)
    row = (await parts.posted(database))[0]
    assert row.next_at >= clock.at + timedelta(seconds=600)


async def test_dead_letter_lets_those_behind_it_pass_and_can_be_sent_again(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    await _post(database, clock, [_letter(1)])
    receiver.trouble = DeliveryError("HTTP 410，电话 13912345678", permanent=True)
    await _drain(relay)
    receiver.trouble = None
    await _post(database, clock, [_letter(2)])
    await _drain(relay)
    assert receiver.arrived["webhook:water"] == ["letter-0002"]
    found = await database.read(lambda c: outbox.dead(c, 10))
    assert [each.envelope.id for each in found] == ["letter-0001"]
    assert "HTTP 410" in found[0].last_error
    assert "13912345678" not in found[0].last_error
    clock.forward(days=9)
    assert await database.write(lambda c: outbox.resend(c, "letter-0001", clock.at))
    assert not await database.write(lambda c: outbox.resend(c, "letter-0001", clock.at))
    await _drain(relay)
    assert receiver.arrived["webhook:water"] == ["letter-0002", "letter-0001"]
    assert await database.read(lambda c: outbox.dead(c, 10)) == []


async def test_refusals_end_after_the_attempts_that_make_sense(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    await _post(database, clock, [_letter(1)])
    receiver.trouble = DeliveryError("HTTP 400", retry_after_s=600, most_attempts=3)
    for _ in range(3):
        await _drain(relay)
        clock.forward(hours=1)
    assert receiver.tries == 3
    assert len(await database.read(lambda c: outbox.dead(c, 10))) == 1


async def test_contact_that_nobody_can_reach_is_a_dead_letter_at_once(
    database: Database, clock: Clock, relay: Relay
) -> None:
    await _post(database, clock, [_letter(1, "pigeon:loft")])
    await _drain(relay)
    found = await database.read(lambda c: outbox.dead(c, 10))
    assert "pigeon" in found[0].last_error


async def test_broken_deliverer_is_tried_again_later(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    await _post(database, clock, [_letter(1)])
    receiver.trouble = KeyError("13912345678")
    await _drain(relay)
    row = (await parts.posted(database))[0]
    assert (row.state, row.attempts) == ("waiting", 1)
    assert "KeyError" in row.last_error
    assert "139" not in row.last_error


async def test_deliverer_that_never_answers_is_cut_off(database: Database, clock: Clock) -> None:
    never = asyncio.Event()

    async def silent(envelope: Envelope) -> str:
        await never.wait()
        return envelope.id

    relay = Relay(
        database=database, runtime=clock.runtime(), deliver={"webhook": silent}, deliver_s=0.01
    )
    await _post(database, clock, [_letter(1)])
    await _drain(relay)
    row = (await parts.posted(database))[0]
    assert (row.state, row.attempts) == ("waiting", 1)


async def test_slow_destination_holds_up_nobody_else(database: Database, clock: Clock) -> None:
    may_answer = asyncio.Event()
    arrived: list[str] = []

    async def deliver(envelope: Envelope) -> str:
        if envelope.destination == "webhook:slow":
            await may_answer.wait()
        arrived.append(envelope.id)
        return ""

    relay = Relay(database=database, runtime=clock.runtime(), deliver={"webhook": deliver})
    await _post(database, clock, [_letter(1, "webhook:slow"), _letter(2)])
    while "letter-0002" not in arrived:
        assert await relay.step()
    await _post(database, clock, [_letter(3)])
    while "letter-0003" not in arrived:
        assert await relay.step()
    assert "letter-0001" not in arrived
    may_answer.set()
    await _drain(relay)
    assert arrived[-1] == "letter-0001"


async def test_stopped_relay_lets_go_so_that_the_next_one_goes_on_at_once(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    started = asyncio.Event()

    async def hangs(envelope: Envelope) -> str:
        started.set()
        await asyncio.Event().wait()
        return envelope.id

    stopped = Relay(database=database, runtime=clock.runtime(), deliver={"webhook": hangs})
    await _post(database, clock, [_letter(number) for number in range(3)])
    running = asyncio.create_task(stopped.step())
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _drain(relay)
    assert receiver.arrived["webhook:water"] == ["letter-0000", "letter-0001", "letter-0002"]


async def test_claims_of_a_killed_process_end_by_themselves(
    database: Database, clock: Clock, relay: Relay, receiver: Receiver
) -> None:
    await _post(database, clock, [_letter(number) for number in range(3)])
    until = clock.at + timedelta(seconds=relays.CLAIM_S)
    taken = await database.write(
        lambda c: claims.claim(c, by="killed", now=clock.at, until=until, lanes=9, lane_length=9)
    )
    assert len(taken[0]) == 3
    await _drain(relay)
    assert receiver.tries == 0
    clock.forward(seconds=relays.CLAIM_S)
    await _drain(relay)
    assert receiver.arrived["webhook:water"] == ["letter-0000", "letter-0001", "letter-0002"]


async def test_late_owner_of_a_claim_can_not_settle_what_others_took_over(
    database: Database, clock: Clock, relay: Relay
) -> None:
    await _post(database, clock, [_letter(1)])
    until = clock.at + timedelta(seconds=1)
    taken = await database.write(
        lambda c: claims.claim(c, by="late", now=clock.at, until=until, lanes=9, lane_length=9)
    )
    clock.forward(seconds=2)
    await _drain(relay)
    await database.write(
        lambda c: claims.give_up(c, taken[0][0], by="late", at=clock.at, error="too late")
    )
    row = (await parts.posted(database))[0]
    assert (row.state, row.attempts) == ("done", 1)


async def test_two_processes_deliver_everything_once_and_in_order(
    database: Database, database_url: str, clock: Clock, receiver: Receiver
) -> None:
    other = Database(database_url)
    await other.start()
    places = [f"webhook:d{number}" for number in range(8)]
    letters = [_letter(number, places[number % 8]) for number in range(240)]
    relays = [
        Relay(database=each, runtime=clock.runtime(), deliver={"webhook": receiver}, lanes=3)
        for each in (database, other)
    ]
    half = len(letters) // 2
    await _post(database, clock, letters[:half])

    async def rest() -> None:
        for letter in letters[half:]:
            await _post(other, clock, [letter])

    await asyncio.gather(*(_drain(relay) for relay in relays), rest())
    await asyncio.gather(*(_drain(relay) for relay in relays))
    await other.close()
    assert receiver.tries == 240
    for index, place in enumerate(places):
        assert receiver.arrived[place] == [f"letter-{n:04d}" for n in range(index, 240, 8)]


async def test_partial_index_serves_the_search_for_what_waits(database: Database) -> None:
    waiting = schema.outbox.c.state == sa.literal_column("'waiting'")
    query = sa.select(sa.func.min(schema.outbox.c.position)).where(waiting)
    compiled = str(
        query.group_by(schema.outbox.c.destination).compile(compile_kwargs={"literal_binds": True})
    )

    def plan(connection: sa.Connection) -> str:
        if connection.dialect.name == "postgresql":
            return "ix_outbox_waiting"  # with an empty table it rightly takes a plain scan
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all())

    assert "ix_outbox_waiting" in await database.read(plan)


@pytest.mark.parametrize("done", [True, False])
async def test_what_arrived_is_not_sent_again_where_nobody_knows_whether_that_was_written_down(
    database: Database,
    clock: Clock,
    relay: Relay,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    done: bool,
) -> None:
    write, lost = Database.write, [1, 1]

    async def loses(self: Database, work: Callable[[Connection], object]) -> object:
        if receiver.tries and lost:
            lost.pop()
            if done:
                await write(self, work)
            raise CommitUnknown("the connection was lost during COMMIT")
        return await write(self, work)

    monkeypatch.setattr(relays, "AGAIN_S", (0.0, 0.0))
    await _post(database, clock, [_letter(1), _letter(2)])
    with monkeypatch.context() as patches:
        patches.setattr(Database, "write", loses)
        await _drain(relay)
    clock.forward(seconds=relays.CLAIM_S + 1)
    await _drain(relay)
    assert receiver.tries == 2 and receiver.arrived == {
        "webhook:water": ["letter-0001", "letter-0002"]
    }
    assert [row.attempts for row in await parts.posted(database)] == [1, 1]
