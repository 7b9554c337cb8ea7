"""The composition root: builds every part once, runs them together, and takes them down in
order.
"""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import lru_cache, partial

from aiohttp import ClientSession, ClientTimeout, web

from channels import message as messages
from channels import registry
from channels.channel import Desk, Line
from channels.message import Contact, Fits, InboundMessage, Receipt, Receive
from config import fit, load
from config.county import County
from config.runtime import Runtime
from config.settings import Settings
from intake import attachments, deliver, history, loops
from intake.clerk import Clerk
from intake.desk import FrontDesk
from intake.fetching import Fetching
from intake.media import MediaStore
from intake.phone import line, noticeboard
from intake.purge import Purge
from intake.replies import Replies
from intake.services import Services
from intake.talk.turn import Knowledge
from intake.web import server
from nlp import understand, verdict
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.relay import Relay
from routing.route import Router
from routing.watch import Watch
from routing.webhook import WebhookSender
from routing.worktime import Calendar

RELAY_IDLE_S = 2.0
RELAY_REST_S = 0.05
SWEEP_IDLE_S = 5.0
WATCH_IDLE_S = 60.0
PURGE_IDLE_S = 3600.0
SHUTDOWN_S = 10.0
FOREIGN_CALL_S = 30.0
TEXTS_HEARD = 256  # understood lately; a call's matter is looked at anew with each of its turns


@asynccontextmanager
async def build(
    settings: Settings, runtime: Runtime, *, polls: bool = True
) -> AsyncIterator[Services]:
    """Everything but the open port; tests use this to have a whole program in their own loop.

    `polls`: is it this process, of several, that asks platforms for news?
    """
    county = load.load_county(settings.county)
    settings = fit.completed(settings, county)
    database = Database(settings.database)
    await database.start()
    webhooks = WebhookSender(
        settings.departments,
        timeout_s=settings.webhook_timeout_s,
        allow_private_networks=settings.allow_private_networks,
    )
    try:
        async with ClientSession(timeout=ClientTimeout(total=FOREIGN_CALL_S)) as http:
            office = _office(settings, runtime, county, database)
            partners = {"phone": line.build(office)}
            channels = registry.build(settings, _desk(office, http, polls), partners)
            fetching = Fetching(
                database=database,
                keep=office.media,
                channels=channels,
                dispatcher=office.dispatcher,
                clerk=office.clerk,
            )
            relay = Relay(
                database=database,
                runtime=runtime,
                deliver={
                    "webhook": webhooks,
                    attachments.SCHEME: fetching.deliver,
                    **deliver.by_channels(channels),
                },
                given_up={attachments.SCHEME: fetching.given_up},
                rest_s=RELAY_REST_S,
            )
            yield replace(office, channels=channels, relay=relay)
    finally:
        await webhooks.close()
        await database.close()


def _office(settings: Settings, runtime: Runtime, county: County, database: Database) -> Services:
    """Whatever works without channels: language, routes, the front desk."""
    understander = understand.build(county, settings.state / "cache")
    router = Router(county)
    replies = Replies(county, settings.certain_above)
    dispatcher = Dispatcher(
        county=county,
        router=router,
        calendar=Calendar(county.workday_overrides),
        runtime=runtime,
        certain_above=settings.certain_above,
        unreached=fit.out_of_reach(settings, county),
    )
    clerk = Clerk(dispatcher=dispatcher, replies=replies, runtime=runtime)
    unreached = bool(fit.command_out_of_reach(settings, county))  # which the start has said
    knowledge = Knowledge(
        danger="danger_alone" if unreached else "danger",
        understand=understander,
        understand_by_ear=lru_cache(TEXTS_HEARD)(partial(understander, heard=True)),
        verdicts=verdict.of,
        needs_place=router.needs_place,
        goes_straight=router.goes_straight,
        place=replies.place_of,
        certain_above=settings.certain_above,
        join_s=settings.conversation.join_s,
        later_s=settings.conversation.join_hours * 3600,
        silence_s=settings.conversation.silence_minutes * 60,
    )
    return Services(
        settings=settings,
        county=county,
        runtime=runtime,
        database=database,
        understander=understander,
        dispatcher=dispatcher,
        replies=replies,
        clerk=clerk,
        desk=FrontDesk(database=database, runtime=runtime, clerk=clerk, knowledge=knowledge),
        media=MediaStore(
            folder=settings.state / "media",
            database=database,
            runtime=runtime,
            limit_bytes=settings.media_limit_bytes,
        ),
        wake=asyncio.Event(),
    )


def _desk(office: Services, http: ClientSession, polls: bool) -> Desk:
    """What channels are given of all this."""
    return Desk(
        receive=_waking(office.desk.receive, office.wake),
        render=office.replies.render,
        http=http,
        runtime=office.runtime,
        keep=office.media,
        find=office.media.find,
        leave=office.desk.leave,
        history=partial(_history, office),
        county=office.county.name,
        hotline=office.county.hotline,
        polls=polls,
    )


async def serve(
    settings: Settings,
    runtime: Runtime,
    *,
    ready: Callable[[Services], None],
    beside: tuple[web.Application, int] | None = None,
    stopping: Callable[[], None] = lambda: None,
    polls: bool = True,
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called once the port is open, `stopping` when we
    are told to end.

    `beside` is the sample department of a trial and its port; `polls` is as in `build`.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with build(settings, runtime, polls=polls) as services, AsyncExitStack() as open_ports:
        shared = settings.processes > 1
        await _open(open_ports, server.application(services), settings.host, settings.port, shared)
        if beside is not None:
            await _open(open_ports, beside[0], "127.0.0.1", beside[1], False)
        tasks = _background(services)
        _set_aside()
        ready(services)
        await stop.wait()
        stopping()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _set_aside() -> None:
    """What is loaded by now stays, so collecting garbage need not walk through it: 0.15 s each
    time, in which no message is answered and no caller hears anything.
    """
    gc.collect()
    gc.freeze()


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
    purge = Purge(
        database=database, runtime=runtime, kept=services.settings.kept, media=services.media
    )
    poster = noticeboard.Poster(services)
    relay = services.relay
    if relay is None:
        raise RuntimeError("services without a relay have nothing to run")
    work = [
        loops.drive(relay.step, idle_s=RELAY_IDLE_S, wake=services.wake),
        loops.drive(sweep.step, idle_s=SWEEP_IDLE_S, wake=asyncio.Event()),
        loops.drive(watch.step, idle_s=WATCH_IDLE_S, wake=asyncio.Event()),
        loops.drive(purge.step, idle_s=PURGE_IDLE_S, wake=asyncio.Event()),
        loops.drive(poster.step, idle_s=noticeboard.CHANGES_S, wake=asyncio.Event()),
        *(loops.keep(channel.run, name) for name, channel in services.channels.items()),
    ]
    return [asyncio.create_task(each) for each in work]


def _waking(receive: Receive, wake: asyncio.Event) -> Receive:
    """Receive, then tell the relay that there may be something to send."""

    async def received(message: InboundMessage, fits: Fits = messages.everything) -> Receipt:
        receipt = await receive(message, fits)
        wake.set()
        return receipt

    return received


async def _history(office: Services, contact: Contact) -> list[Line]:
    return await office.database.read(lambda c: history.read(c, contact, office.replies.render))
