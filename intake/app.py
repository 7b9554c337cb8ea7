"""The composition root: builds every part once, runs them together, and takes them down in
order.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from aiohttp import ClientSession, ClientTimeout, web

from channels import registry
from channels.channel import Desk, Line
from channels.message import Contact, InboundMessage, Receipt, Receive, Reply
from config import load
from config.runtime import Runtime
from config.settings import Settings
from intake import deliver, history, loops
from intake.clerk import Clerk
from intake.desk import FrontDesk
from intake.media import MediaStore
from intake.replies import Replies
from intake.services import Services
from intake.trial import RECEIVER_PORT
from intake.turn import Knowledge
from intake.web import server
from nlp import understand
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.outbox import Relay
from routing.route import Router
from routing.watch import Watch
from routing.webhook import WebhookSender
from routing.worktime import Calendar

RELAY_IDLE_S = 2.0
SWEEP_IDLE_S = 5.0
WATCH_IDLE_S = 60.0
SHUTDOWN_S = 10.0
FOREIGN_CALL_S = 30.0


@asynccontextmanager
async def build(settings: Settings, runtime: Runtime) -> AsyncIterator[Services]:
    """Everything but the open port; tests use this to have a whole program in their own loop."""
    county = load.load_county(settings.county)
    understander = understand.build(county, settings.state / "cache")
    database = Database(settings.database)
    await database.start()
    wake = asyncio.Event()
    router = Router(county)
    replies = Replies(county)
    dispatcher = Dispatcher(
        county=county,
        router=router,
        calendar=Calendar(county.workday_overrides),
        runtime=runtime,
        certain_above=settings.certain_above,
    )
    clerk = Clerk(dispatcher=dispatcher, replies=replies, runtime=runtime)
    desk = FrontDesk(
        database=database,
        runtime=runtime,
        clerk=clerk,
        knowledge=Knowledge(
            understand=understander,
            needs_place=router.needs_place,
            place_name=replies.place_name,
            certain_above=settings.certain_above,
            join_s=settings.conversation.join_s,
            silence_s=settings.conversation.silence_minutes * 60,
        ),
    )
    media = MediaStore(
        folder=settings.state / "media",
        database=database,
        runtime=runtime,
        limit_bytes=settings.media_limit_bytes,
    )
    async with ClientSession(timeout=ClientTimeout(total=FOREIGN_CALL_S)) as http:
        channels = registry.build(
            settings,
            Desk(
                receive=_waking(desk.receive, wake),
                render=replies.render,
                http=http,
                runtime=runtime,
                keep=media,
                later=partial(_later, database, clerk, wake),
                history=partial(_history, database, replies),
            ),
        )
        webhooks = WebhookSender(
            settings.departments,
            timeout_s=settings.webhook_timeout_s,
            allow_private_networks=settings.allow_private_networks,
        )
        relay = Relay(
            database=database,
            runtime=runtime,
            deliver={"webhook": webhooks, **deliver.by_channels(channels)},
        )
        try:
            yield Services(
                settings=settings,
                county=county,
                runtime=runtime,
                database=database,
                understander=understander,
                dispatcher=dispatcher,
                replies=replies,
                clerk=clerk,
                desk=desk,
                media=media,
                channels=channels,
                relay=relay,
                wake=wake,
            )
        finally:
            await webhooks.close()
            await database.close()


async def serve(
    settings: Settings,
    runtime: Runtime,
    *,
    ready: Callable[[Services], None],
    beside: web.Application | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called once the port is open.

    `beside` is the sample department of a trial, on its own port.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with build(settings, runtime) as services, AsyncExitStack() as open_ports:
        shared = settings.processes > 1
        await _open(open_ports, server.application(services), settings.host, settings.port, shared)
        if beside is not None:
            await _open(open_ports, beside, "127.0.0.1", RECEIVER_PORT, False)
        tasks = _background(services)
        ready(services)
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _open(
    stack: AsyncExitStack, application: web.Application, host: str, port: int, shared: bool
) -> None:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port, reuse_port=shared or None).start()


def _background(services: Services) -> list[asyncio.Task[None]]:
    """The loops beside the requests, and the channels' own work."""
    database, runtime = services.database, services.runtime
    sweep = loops.Sweep(database=database, runtime=runtime, desk=services.desk)
    watch = Watch(database=database, dispatcher=services.dispatcher, runtime=runtime)
    work = [
        loops.drive(services.relay.step, idle_s=RELAY_IDLE_S, wake=services.wake),
        loops.drive(sweep.step, idle_s=SWEEP_IDLE_S, wake=asyncio.Event()),
        loops.drive(watch.step, idle_s=WATCH_IDLE_S, wake=asyncio.Event()),
        *(loops.keep(channel.run, name) for name, channel in services.channels.items()),
    ]
    return [asyncio.create_task(each) for each in work]


def _waking(receive: Receive, wake: asyncio.Event) -> Receive:
    """Receive, then tell the relay that there may be something to send."""

    async def received(message: InboundMessage) -> Receipt:
        receipt = await receive(message)
        wake.set()
        return receipt

    return received


async def _later(
    database: Database, clerk: Clerk, wake: asyncio.Event, to: Contact, replies: Sequence[Reply]
) -> None:
    await database.write(lambda c: clerk.notify(c, to, replies, ""))
    wake.set()


async def _history(database: Database, replies: Replies, contact: Contact) -> list[Line]:
    return await database.read(lambda c: history.read(c, contact, replies.render))
