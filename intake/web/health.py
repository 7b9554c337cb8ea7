"""Is the program well? For load balancers, for maintainers, and for Prometheus."""

import asyncio
from collections.abc import Sequence

import sqlalchemy as sa
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from channels import http
from channels.phone.channel import PhoneChannel
from intake import inbox, room
from intake.phone import noticeboard
from intake.room import Room
from intake.services import SERVICES
from intake.web import proxies
from routing import report, schema

LOOPBACK = ("127.0.0.0/8", "::1")


def routes() -> Sequence[web.RouteDef]:
    """`/healthz` for machines, `/metrics` for Prometheus."""
    return [web.get("/healthz", _health), web.get("/metrics", _metrics)]


async def _health(request: web.Request) -> web.Response:
    """200 while the database answers; beside it what is known of each channel, how many messages
    wait for a person and how full the disks are, which is no reason to send everybody elsewhere.
    """
    services = request.app[SERVICES]
    channels = {name: channel.health() for name, channel in services.channels.items()}
    try:
        stuck = await services.database.read(inbox.stuck)
        if PhoneChannel.name in channels and not noticeboard.situation(services).here:
            channels[PhoneChannel.name] = noticeboard.health(await noticeboard.standing(services))
        database = "ok"
    except Exception as error:  # any failure of the database means the same to the caller
        stuck, database = 0, type(error).__name__
    disks = await asyncio.to_thread(room.look, services.settings)
    attention = stuck or any(each.short for each in disks)
    facts = {
        "status": "failing" if database != "ok" else "attention" if attention else "ok",
        "database": database,
        "stuck_messages": stuck,
        "channels": channels,
        "disks": {each.name: _told(each) for each in disks},
        "county": services.county.version,
    }
    return web.json_response(facts, status=200 if database == "ok" else 503)


def _told(disk: Room) -> dict[str, object]:
    return {"free_mb": disk.free_bytes // 1024**2, "short": disk.short}


async def _metrics(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    token = services.settings.metrics_token
    if token is None:
        if not _asked_here(request):
            raise web.HTTPForbidden(text="only this machine, unless metrics_token is set")
    else:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not http.same(given, token.get_secret_value()):
            raise web.HTTPUnauthorized(text="metrics_token is missing or wrong")
    registry = CollectorRegistry()
    counted = await services.database.read(_count)
    disks = await asyncio.to_thread(room.look, services.settings)
    registry.register(_Figures([*counted, _free(disks)]))
    body = generate_latest(registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _asked_here(request: web.Request) -> bool:
    """Does somebody on this machine ask? A proxy beside us asks for the whole world."""
    return proxies.is_trusted(request.remote or "", LOOPBACK) and not any(
        header in request.headers for header in ("X-Forwarded-For", "Forwarded")
    )


class _Figures(Collector):
    """What was counted a moment ago: the same from every process of a machine."""

    def __init__(self, counted: list[GaugeMetricFamily]) -> None:
        self._counted = counted

    def collect(self) -> list[GaugeMetricFamily]:
        """The figures."""
        return self._counted


def _free(disks: Sequence[Room]) -> GaugeMetricFamily:
    free = GaugeMetricFamily("hotline_disk_free_bytes", "Room on the disks", labels=["folder"])
    for each in disks:
        free.add_metric([each.name], each.free_bytes)
    return free


def _count(connection: Connection) -> list[GaugeMetricFamily]:
    tickets = GaugeMetricFamily("hotline_tickets", "Tickets by status", labels=["status"])
    for status, number in report.by_status(connection).items():
        tickets.add_metric([status], number)
    letters = GaugeMetricFamily("hotline_outbox", "Envelopes by state", labels=["state"])
    table = schema.outbox
    for state, number in connection.execute(
        sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
    ):
        letters.add_metric([state], number)
    stuck = GaugeMetricFamily(
        "hotline_stuck_messages",
        "Messages that could not be worked on",
        value=inbox.stuck(connection),
    )
    return [tickets, letters, stuck]
