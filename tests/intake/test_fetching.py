"""What a platform did not give in time is fetched later, or the ticket says that it was not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from aiohttp import web

from channels.channel import Channel
from channels.message import Attachment, Contact, InboundMessage, Reply, SendError
from intake import attachments, inbox
from intake.fetching import Fetching
from intake.services import Services
from intake.web import attached
from routing import outbox, schema, store
from routing.envelope import DeliveryError, Envelope
from routing.order import Order
from routing.relay import Relay
from routing.ticket import Action, TicketEvent
from tests.clock import Clock

LAMP = "东韩村村口的路灯坏了三天了没人修"
PHOTO = b"\xff\xd8\xff a photo"
Say = Callable[..., InboundMessage]


class SlowPlatform(Channel):
    """A channel whose platform has not given two photos; `trouble` says why it still does not."""

    name = "web"

    def __init__(self) -> None:
        self.trouble: Mapping[str, SendError] = {}
        self.files = {"web-media:1": (PHOTO, "image/jpeg"), "web-media:2": (b"OggS", "audio/ogg")}
        self.asked: list[str] = []

    def routes(self) -> Sequence[web.RouteDef]:
        return []

    async def send(self, to: Contact, reply: Reply) -> str:
        return "sent"

    async def fetch(self, attachment: Attachment) -> tuple[bytes, str]:
        self.asked.append(attachment.reference)
        if attachment.reference in self.trouble:
            raise self.trouble[attachment.reference]
        return self.files[attachment.reference]


@pytest.fixture
def platform() -> SlowPlatform:
    return SlowPlatform()


@pytest.fixture
async def relay(services: Services, platform: SlowPlatform) -> AsyncIterator[Relay]:
    fetching = Fetching(
        database=services.database,
        keep=services.media,
        channels={"web": platform},
        dispatcher=services.dispatcher,
        clerk=services.clerk,
    )

    async def arrives(envelope: Envelope) -> str:
        return "taken"

    yield Relay(
        database=services.database,
        runtime=services.runtime,
        deliver={attachments.SCHEME: fetching.deliver, "webhook": arrives, "web": arrives},
        given_up={attachments.SCHEME: fetching.given_up},
    )


@pytest.fixture
def sent(say: Say) -> InboundMessage:
    """A matter with a photo, a link, a voice note and a picture that we hold already."""
    return replace(
        say(LAMP),
        attachments=(
            Attachment(kind="image", reference="web-media:1"),
            Attachment(kind="link", reference="https://example.org/"),
            Attachment(kind="voice", reference="web-media:2"),
            Attachment(kind="image", reference="store:abc"),
            Attachment(kind="image", reference=""),
        ),
    )


async def _drain(relay: Relay) -> None:
    while await relay.step():
        pass


async def _references(services: Services, ticket: str) -> list[str]:
    (message,) = await services.database.read(lambda c: inbox.of_ticket(c, ticket))
    return [each.reference for each in message.attachments]


async def _notes(services: Services, ticket: str) -> list[TicketEvent]:
    events = await services.database.read(lambda c: store.events(c, ticket))
    return [event for event in events if event.action is Action.SUPPLEMENT]


async def _told(services: Services, sent: InboundMessage) -> list[str]:
    """What the resident was told by the outbox."""
    query = sa.select(schema.outbox.c.kind).where(schema.outbox.c.destination == str(sent.sender))
    return await services.database.read(lambda c: list(c.execute(query).scalars()))


async def test_photo_that_can_not_be_had_before_there_is_a_ticket_is_told_all_the_same(
    services: Services, relay: Relay, platform: SlowPlatform, say: Say
) -> None:
    photo = Attachment(kind="image", reference="web-media:1")
    platform.trouble = {photo.reference: SendError("文件已过期", permanent=True)}
    sent = replace(say("路灯坏了"), attachments=(photo,))
    assert (await services.desk.receive(sent)).ticket == "", "he is asked where it is"
    await _drain(relay)
    assert await _told(services, sent) == ["media_refused"]
    receipt = await services.desk.receive(say("东韩村", key="2"))
    shown = await services.database.read(lambda c: attached.of_ticket(c, receipt.ticket))
    assert [(each.lost, each.comes) for each in shown] == [(True, False)]


async def test_what_is_missing_comes_later_and_is_ours_from_then_on(
    services: Services, relay: Relay, platform: SlowPlatform, sent: InboundMessage
) -> None:
    receipt = await services.desk.receive(sent)
    await _drain(relay)
    photo, link, voice, *others = await _references(services, receipt.ticket)
    assert (link, others) == ("https://example.org/", ["store:abc", ""])
    for reference, content, kind in ((photo, PHOTO, "image/jpeg"), (voice, b"OggS", "audio/ogg")):
        found = await services.media.find(reference)
        assert found is not None and (found[0].read_bytes(), found[1]) == (content, kind)
    assert sorted(platform.asked) == ["web-media:1", "web-media:2"]
    assert await _notes(services, receipt.ticket) == []


async def test_it_is_tried_again_after_growing_pauses(
    services: Services, relay: Relay, platform: SlowPlatform, sent: InboundMessage, clock: Clock
) -> None:
    platform.trouble = {"web-media:1": SendError("连不上")}
    receipt = await services.desk.receive(sent)
    await _drain(relay)
    clock.forward(seconds=4)
    await _drain(relay)
    assert platform.asked.count("web-media:1") == 1
    clock.forward(seconds=3)
    await _drain(relay)
    assert platform.asked.count("web-media:1") == 2
    platform.trouble = {}
    clock.forward(seconds=20)
    await _drain(relay)
    assert (await _references(services, receipt.ticket))[0].startswith("store:")
    assert platform.asked.count("web-media:2") == 1  # one does not wait for the other


@pytest.mark.parametrize("how", ["refused", "never"])
async def test_what_can_not_be_had_is_noted_in_the_ticket(
    services: Services,
    relay: Relay,
    platform: SlowPlatform,
    sent: InboundMessage,
    clock: Clock,
    how: str,
) -> None:
    if how == "refused":
        platform.trouble = {"web-media:1": SendError("文件已过期。", permanent=True)}
    else:
        platform.trouble = {"web-media:1": SendError("连不上")}
    receipt = await services.desk.receive(sent)
    for _ in range(40):
        await _drain(relay)
        clock.forward(hours=2)
    tries = platform.asked.count("web-media:1")
    assert tries > 10 if how == "never" else tries == 1
    (note,) = await _notes(services, receipt.ticket)
    assert (note.by, note.changes) == ("system", {})
    assert note.note.startswith("居民发来的照片、语音或文件没有取到：") and "。。" not in note.note
    assert (await _references(services, receipt.ticket))[0] == "lost:web-media:1"
    assert await _told(services, sent) == ["media_refused"]
    dead = await services.database.read(lambda c: outbox.dead(c, 10))
    assert [letter.envelope.destination.split("/")[0] for letter in dead] == ["media:web"]


@pytest.mark.parametrize("how", ["too large", "another kind"])
async def test_what_our_store_refuses_is_told_to_the_resident(
    services: Services, relay: Relay, platform: SlowPlatform, sent: InboundMessage, how: str
) -> None:
    too_large = b"a" * (services.settings.media_limit_bytes + 1), "image/jpeg"
    platform.files["web-media:1"] = too_large if how == "too large" else (b"a", "application/zip")
    receipt = await services.desk.receive(sent)
    await _drain(relay)
    assert await _told(services, sent) == ["media_refused"]
    assert (await _references(services, receipt.ticket))[0] == ""
    assert platform.asked.count("web-media:1") == 1
    assert await services.database.read(lambda c: outbox.dead(c, 10)) == []


async def test_the_same_photo_kept_again_is_one_file(services: Services) -> None:
    """A platform's retry, a form sent twice, a fetch whose note was lost."""
    first, second = await asyncio.gather(*(services.media(PHOTO, "image/jpeg") for _ in range(2)))
    assert first == second == await services.media(PHOTO, "image/jpeg")
    assert await services.media(PHOTO, "image/png") != first
    folder = services.settings.state / "media"
    assert len([each for each in folder.rglob("*") if each.is_file()]) == 2


async def test_given_up_it_can_be_tried_once_more(
    services: Services, relay: Relay, platform: SlowPlatform, sent: InboundMessage, clock: Clock
) -> None:
    platform.trouble = {"web-media:1": SendError("文件已过期", permanent=True)}
    receipt = await services.desk.receive(sent)
    await _drain(relay)
    (letter,) = await services.database.read(lambda c: outbox.dead(c, 10))
    platform.trouble = {}
    key = letter.envelope.id
    assert await services.database.write(lambda c: outbox.resend(c, key, clock.at))
    await _drain(relay)
    assert (await _references(services, receipt.ticket))[0].startswith("store:")


async def test_a_withdrawn_ticket_gets_no_note_and_nothing_breaks(
    services: Services, relay: Relay, platform: SlowPlatform, sent: InboundMessage
) -> None:
    platform.trouble = {"web-media:1": SendError("文件已过期", permanent=True)}
    receipt = await services.desk.receive(sent)
    await services.database.write(
        lambda c: services.dispatcher.act(
            c,
            Action.WITHDRAW,
            Order(number=receipt.ticket, version=1, by="resident", note="不用了"),
        )
    )
    await _drain(relay)
    assert await _notes(services, receipt.ticket) == []
    assert len(await services.database.read(lambda c: outbox.dead(c, 10))) == 1


async def test_the_same_message_again_asks_once(
    services: Services, relay: Relay, platform: SlowPlatform, sent: InboundMessage
) -> None:
    await services.desk.receive(sent)
    await services.desk.receive(sent)
    await _drain(relay)
    assert sorted(platform.asked) == ["web-media:1", "web-media:2"]


async def test_a_channel_that_is_off_gives_nothing(
    services: Services, sent: InboundMessage
) -> None:
    fetching = Fetching(
        database=services.database,
        keep=services.media,
        channels={},
        dispatcher=services.dispatcher,
        clerk=services.clerk,
    )
    await services.desk.receive(sent)
    row = attachments.errands("0" * 31 + "1", sent)[0]
    with pytest.raises(DeliveryError) as refused:
        await fetching.deliver(row)
    assert refused.value.permanent
