"""The running program: an open port, and the loops beside it, until it is told to end."""

import asyncio
import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial

from aiohttp import web

from config.county import County
from config.runtime import Runtime
from config.settings import Settings
from intake import app, loops
from intake.phone import lineless, noticeboard
from intake.purge import Purge
from intake.services import Services
from intake.web import server
from nlp.understand import Understander
from routing.watch import Watch

RELAY_IDLE_S = 2.0
SWEEP_IDLE_S = 5.0
WATCH_IDLE_S = 60.0
PURGE_IDLE_S = 3600.0
SHUTDOWN_S = 10.0


async def serve(
    settings: Settings,
    runtime: Runtime,
    *,
    ready: Callable[[Services], None],
    beside: tuple[web.Application, int] | None = None,
    stopping: Callable[[], None] = lambda: None,
    county: County | None = None,
    understander: Understander | None = None,
    polls: bool = True,
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called once the port is open, `stopping` when we
    are told to end.

    `beside` is the sample department of a trial and its port; `county`,
    `understander` and `polls` are those of `app.build`.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as parts:
        with _set_aside():
            building = app.build(
                settings, runtime, county=county, understander=understander, polls=polls
            )
            services = await parts.enter_async_context(building)
            shared = settings.processes > 1
            await _open(parts, server.application(services), settings.host, settings.port, shared)
            if beside is not None:
                await _open(parts, beside[0], "127.0.0.1", beside[1], False)
            tasks = _background(services, polls=polls)
            ready(services)
            await asyncio.to_thread(services.understander.prepare_hearing)
        await stop.wait()
        stopping()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def _set_aside() -> Iterator[None]:
    """What is loaded meanwhile stays, so collecting garbage need not walk through it: then and
    afterwards that took 0.15 s each time, in which no message is answered and no caller hears
    anything.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def _open(
    stack: AsyncExitStack, application: web.Application, host: str, port: int, shared: bool
) -> None:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port, reuse_port=shared or None).start()


def _background(services: Services, *, polls: bool) -> list[asyncio.Task[None]]:
    """The loops beside the requests, and the channels' own work."""
    database, runtime = services.database, services.runtime
    sweep = loops.Sweep(database=database, runtime=runtime, desk=services.desk)
    watch = Watch(database=database, dispatcher=services.dispatcher, runtime=runtime)
    purge = Purge(
        database=database,
        runtime=runtime,
        kept=services.settings.kept,
        media=services.media,
        codes=services.dispatcher.codes,
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
    if polls:  # one process of several; with a phone line it is the one that has the line
        work.append(loops.keep(partial(lineless.run, services), "speech"))
    return [asyncio.create_task(each) for each in work]
