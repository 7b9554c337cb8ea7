"""The composition root: builds every part once, and takes them down in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache, partial

from aiohttp import ClientSession, ClientTimeout

from channels import message as messages
from channels import registry
from channels.channel import Desk, Line
from channels.message import Contact, Fits, InboundMessage, Receipt, Receive
from config import fit, load
from config.county import County
from config.runtime import Runtime
from config.settings import Settings
from intake import attachments, deliver, history
from intake.clerk import Clerk
from intake.desk import FrontDesk
from intake.fetching import Fetching
from intake.media import MediaStore
from intake.phone import line
from intake.replies import Replies
from intake.services import Services
from intake.talk.turn import Knowledge
from nlp import understand, verdict
from nlp.understand import Understander
from routing.codes import Codes
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.relay import Relay
from routing.route import Router
from routing.webhook import WebhookSender
from routing.worktime import Calendar

RELAY_REST_S = 0.05
FOREIGN_CALL_S = 30.0
TEXTS_HEARD = 256  # understood lately; a call's matter is looked at anew with each of its turns


@asynccontextmanager
async def build(
    settings: Settings,
    runtime: Runtime,
    *,
    county: County | None = None,
    understander: Understander | None = None,
    polls: bool = True,
) -> AsyncIterator[Services]:
    """Everything but the open port; tests use this to have a whole program in their own loop.

    `county` and `understander` are those of the settings, where they have been loaded. `polls`: is
    it this process, of several, that asks platforms for news?
    """
    county = county or load.load_county(settings.county)
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
            language = understander or load_understander(settings, county)
            office = _office(settings, runtime, county, language, database)
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


def load_understander(settings: Settings, county: County) -> Understander:
    """What understands residents of the county; its cache is in the state folder."""
    return understand.build(county, settings.state / "cache")


def _office(
    settings: Settings,
    runtime: Runtime,
    county: County,
    understander: Understander,
    database: Database,
) -> Services:
    """Whatever works without channels: language, routes, the front desk."""
    router = Router(county)
    replies = Replies(county, settings.certain_above)
    dispatcher = Dispatcher(
        county=county,
        router=router,
        calendar=Calendar(county.workday_overrides),
        runtime=runtime,
        certain_above=settings.certain_above,
        unreached=fit.out_of_reach(settings, county),
        codes=_codes(settings),
    )
    clerk = Clerk(dispatcher=dispatcher, replies=replies, runtime=runtime)
    known = knowledge(settings, county, understander, router, replies)
    return Services(
        settings=settings,
        county=county,
        runtime=runtime,
        database=database,
        understander=understander,
        dispatcher=dispatcher,
        replies=replies,
        clerk=clerk,
        desk=FrontDesk(database=database, runtime=runtime, clerk=clerk, knowledge=known),
        media=MediaStore(
            folder=settings.state / "media",
            database=database,
            runtime=runtime,
            limit_bytes=settings.media_limit_bytes,
        ),
        wake=asyncio.Event(),
    )


def _codes(settings: Settings) -> Codes | None:
    """Who handles a ticket is put through to its resident where there is a line to ring."""
    phone = settings.phone
    if phone is None or not phone.number:
        return None
    return Codes(dial=phone.number, days=phone.contact_days)


def knowledge(
    settings: Settings,
    county: County,
    understander: Understander,
    router: Router,
    replies: Replies,
) -> Knowledge:
    """What a conversation must know of this county."""
    unreached = bool(fit.command_out_of_reach(settings, county))  # which the start has said
    return Knowledge(
        danger="danger_alone" if unreached else "danger",
        understand=understander,
        understand_by_ear=lru_cache(TEXTS_HEARD)(partial(understander, heard=True)),
        places_by_ear=understander.places_heard,
        verdicts=verdict.of,
        needs_place=router.needs_place,
        goes_straight=router.goes_straight,
        office=router.office,
        place=replies.place_of,
        certain_above=settings.certain_above,
        join_s=settings.conversation.join_s,
        later_s=settings.conversation.join_hours * 3600,
        silence_s=settings.conversation.silence_minutes * 60,
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


def _waking(receive: Receive, wake: asyncio.Event) -> Receive:
    """Receive, then tell the relay that there may be something to send."""

    async def received(message: InboundMessage, fits: Fits = messages.everything) -> Receipt:
        receipt = await receive(message, fits)
        wake.set()
        return receipt

    return received


async def _history(office: Services, contact: Contact) -> list[Line]:
    return await office.database.read(lambda c: history.read(c, contact, office.replies.render))
