"""A resident who says one thing after another to the real desk, in the real county and language."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import sqlalchemy as sa
from sqlalchemy import Connection

from channels.message import InboundMessage, Receipt
from intake import loops, threads
from intake.services import Services
from intake.talk.turn import Conversation
from routing import schema as tables
from routing import store
from routing.order import Order
from routing.ticket import Action, Status, Ticket
from tests.clock import Clock

Say = Callable[..., InboundMessage]


class Resident:
    """Somebody who says one thing after another to the real desk."""

    def __init__(self, services: Services, clock: Clock, say: Say, name: str = "a") -> None:
        self.services, self.clock, self.make, self.name = services, clock, say, name
        self.count = 0
        self.thread = self.sender = f"web:{name}"

    async def says(self, text: str, after_s: float = 20, **fields: object) -> list[str]:
        """The keys of what we answer."""
        return [reply.key for reply in (await self.receipt(text, after_s, **fields)).replies]

    async def receipt(self, text: str, after_s: float = 20, **fields: object) -> Receipt:
        """What the desk makes of his next words."""
        self.clock.forward(seconds=after_s)
        self.count += 1
        message = replace(self.make(text, str(self.count), self.name), **fields)  # type: ignore[arg-type]
        self.thread, self.sender = message.thread, str(message.sender)
        return await self.services.desk.receive(message)

    async def is_silent(self, **time: float) -> None:
        """Time goes by, and the program looks after what was left lying."""
        self.clock.forward(**time)
        services = self.services
        sweep = loops.Sweep(
            database=services.database, runtime=services.runtime, desk=services.desk
        )
        while await sweep.step():
            pass

    async def tickets(self) -> list[str]:
        """What is in his tickets, the oldest first."""
        query = (
            sa.select(tables.ticket.c.text)
            .where(tables.ticket.c.reporter == self.sender)
            .order_by(tables.ticket.c.number)
        )
        return list(await self.services.database.read(lambda c: c.execute(query).scalars().all()))

    async def latest(self) -> Ticket:
        """The ticket that his thread remembers."""
        number = (await self.remembered()).ticket
        return await self.services.database.read(lambda c: store.load(c, number))

    async def finished(self, number: str, *, closed: bool) -> None:
        """The ticket is answered and closed, or withdrawn by an operator."""

        def finish(connection: Connection) -> None:
            dispatcher = self.services.dispatcher
            ticket = store.load(connection, number)
            if not closed:
                order = Order.on(ticket, by="operator:a", note="重复")
                dispatcher.act(connection, Action.WITHDRAW, order)
                return
            order = Order.on(ticket, by="operator:a")
            ticket = dispatcher.answer(connection, order, text="换了灯")
            dispatcher.act(connection, Action.CLOSE, Order.on(ticket, by="operator:a"))

        await self.services.database.write(finish)

    async def loses_a_ticket(self) -> None:
        """His latest is withdrawn by an operator, where that can be."""
        number = (await self.remembered()).ticket
        if number and await self.status(number) in (Status.DECIDING, Status.DISPATCHED):
            await self.finished(number, closed=False)

    async def remembered(self) -> Conversation:
        """What we remember of the talk with him."""
        return await self.services.database.write(lambda c: threads.load(c, self.thread))

    async def untold(self) -> list[str]:
        """What he has told and what is in no ticket yet."""
        state = await self.remembered()
        return [*state.texts, *state.pending]

    async def status(self, number: str) -> Status:
        """Of one ticket."""
        ticket = await self.services.database.read(lambda c: store.load(c, number))
        return ticket.status


class Village:
    """Residents of whom nobody has spoken to us yet."""

    def __init__(self, services: Services, clock: Clock, say: Say) -> None:
        self.parts = services, clock, say
        self.names = count()

    def newcomer(self) -> Resident:
        """The next one."""
        return Resident(*self.parts, f"r{next(self.names)}")

    def demands(self, words: str) -> list[str]:
        """The matters in a message."""
        return list(self.parts[0].understander(words).demands)
