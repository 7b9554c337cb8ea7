"""What the pages and the loops are given: everything that the composition root has built."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from channels.channel import Channel
from config.county import County
from config.runtime import Runtime
from config.settings import Settings
from intake.clerk import Clerk
from intake.desk import FrontDesk
from intake.media import MediaStore
from intake.replies import Replies
from nlp.understand import Understander
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.relay import Relay


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each; built by `intake.app`, read by everybody else."""

    settings: Settings
    county: County
    runtime: Runtime
    database: Database
    understander: Understander
    dispatcher: Dispatcher
    replies: Replies
    clerk: Clerk
    desk: FrontDesk
    media: MediaStore
    wake: asyncio.Event  # something may be waiting in the outbox
    channels: Mapping[str, Channel] = field(default_factory=dict)
    relay: Relay | None = None  # joined last: it sends by the channels


SERVICES = web.AppKey("services", Services)
