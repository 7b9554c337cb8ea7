"""The conformance kit: what every channel must do, as cases run over a small adapter for each.

A channel's tests write an `Adapter` (how the platform would say things, and a loopback double of
its API) and run every case that applies to it:

    CASES = contract.cases(Adapter.abilities)

    @pytest.mark.parametrize("case", CASES, ids=contract.name)
    async def test_the_channel_keeps_the_contract(case: contract.Case) -> None:
        await contract.run(case, Adapter())

A case is an async function of a `Kit`: the channel behind a real aiohttp server on loopback, the
adapter that speaks as the platform, and a fake desk that keeps what it hears. Its `needs` are the
abilities without which it says nothing; an adapter declares what its platform can do:

    passive    the answer to a callback carries the reply        retry    the same message again
    image caption voice location link event public               what can be said on the platform
    unknown    kinds of message that are new to us               signed   callbacks prove their origin
    json       callbacks are JSON (HOSTILE_JSON is sent)         late     replies can come later
    hostile    `hostile()` has bodies of its own that harm careless programs
    sends      `channel.send` calls an API that the adapter doubles
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import ClientSession, web

from tests.channels import conversing, surviving
from tests.channels.desk import FakeDesk
from tests.channels.kit import LIMIT_BYTES, TRICKY, WAIT_S, Adapter, Answer, Call, Kit
from tests.channels.surviving import HOSTILE_JSON

__all__ = [
    "CASES",
    "HOSTILE_JSON",
    "LIMIT_BYTES",
    "TRICKY",
    "WAIT_S",
    "Adapter",
    "Answer",
    "Call",
    "Case",
    "Kit",
    "Run",
    "cases",
    "name",
    "run",
]

Run = Callable[[Kit], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that must hold, where the platform has what it `needs`."""

    run: Run
    needs: frozenset[str] = frozenset()
    patience_s: float | None = None


def name(case: Case) -> str:
    """The case as a test id."""
    return getattr(case.run, "__name__", "case")


def cases(abilities: frozenset[str]) -> list[Case]:
    """The cases that say something about a channel with these abilities."""
    return [case for case in CASES if case.needs <= abilities]


async def run(case: Case, adapter: Adapter) -> None:
    """Run one case against a fresh channel behind a fresh server."""
    desk = FakeDesk()
    async with ClientSession() as http:
        channel = await adapter.start(desk.desk(http), patience_s=case.patience_s)
        application = web.Application()
        application.router.add_routes(channel.routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            await case.run(
                Kit(
                    adapter=adapter,
                    channel=channel,
                    desk=desk,
                    http=http,
                    url=f"http://{host}:{port}",
                )
            )
        finally:
            desk.gate.set()
            await runner.cleanup()
            await adapter.stop()


def _needing(*abilities: str, patience_s: float | None = None) -> Callable[[Run], Case]:
    return lambda run: Case(run=run, needs=frozenset(abilities), patience_s=patience_s)


_ALWAYS = _needing()
_SIGNED = _needing("signed")
_PASSIVE = _needing("passive")
_LATE = _needing("passive", "late", "retry", patience_s=0.05)

CASES: tuple[Case, ...] = (
    _ALWAYS(conversing.words_become_one_message),
    _ALWAYS(conversing.two_messages_have_two_ids),
    _ALWAYS(conversing.two_senders_have_two_threads),
    _ALWAYS(conversing.a_sender_is_somebody_that_we_can_send_to),
    _ALWAYS(conversing.tricky_characters_arrive_as_they_are),
    _needing("image")(conversing.a_photo_is_an_attachment),
    _needing("caption")(conversing.words_beside_a_photo_are_words),
    _needing("voice")(conversing.a_voice_note_is_an_attachment),
    _needing("location")(conversing.a_pin_is_a_point),
    _needing("event")(conversing.a_follower_is_an_event),
    _needing("public")(conversing.a_mention_is_public),
    _needing("unknown")(conversing.an_unknown_kind_is_taken_kindly),
    _needing("retry")(conversing.a_retry_is_the_same_message),
    _needing("retry", "passive")(conversing.a_retry_hears_the_same_reply),
    _needing("retry", "passive")(conversing.three_at_once_are_one_message_with_one_reply),
    _needing("retry", "event")(conversing.a_retry_of_a_follow_is_one_event),
    _PASSIVE(conversing.a_reply_is_told_as_it_was_meant),
    _PASSIVE(conversing.several_replies_are_told_together),
    _PASSIVE(conversing.nothing_to_say_is_a_bare_acknowledgement),
    _needing("passive", "late")(conversing.what_is_too_long_for_one_answer_comes_later),
    _PASSIVE(conversing.control_characters_harm_no_answer),
    _LATE(conversing.a_slow_desk_is_answered_for_at_once_and_told_later),
    _LATE(conversing.a_retry_of_what_comes_later_gets_no_second_reply),
    _LATE(conversing.what_is_not_on_disk_is_not_acknowledged),
    _LATE(conversing.what_is_on_disk_is_not_asked_for_again),
    _needing("retry")(conversing.a_failing_desk_makes_the_platform_try_again),
    _SIGNED(surviving.a_forged_call_is_refused),
    _SIGNED(surviving.an_unsigned_call_is_refused),
    _SIGNED(surviving.a_forged_call_learns_nothing),
    _ALWAYS(surviving.too_large_a_body_is_refused),
    _ALWAYS(surviving.too_large_a_body_in_chunks_is_refused),
    _ALWAYS(surviving.a_body_shorter_than_promised_does_no_harm),
    _ALWAYS(surviving.a_body_longer_than_promised_does_no_harm),
    _SIGNED(surviving.an_empty_body_is_refused),
    _SIGNED(surviving.rubbish_is_refused),
    _needing("hostile")(surviving.hostile_bodies_are_refused),
    _needing("json")(surviving.hostile_json_is_refused),
    _ALWAYS(surviving.a_very_long_run_of_characters_is_taken),
    _ALWAYS(surviving.another_method_is_refused),
    _needing("sends")(surviving.a_notice_reaches_the_resident),
    _needing("sends")(surviving.a_long_notice_goes_in_pieces),
    _needing("sends")(surviving.a_notice_broken_off_goes_on_where_it_stopped),
    _needing("sends")(surviving.a_lost_connection_is_worth_another_try),
    _needing("sends")(surviving.somebody_gone_is_not_tried_again),
    _needing("image", "sends")(surviving.what_the_platform_did_not_give_is_fetched_later),
    _needing("image", "sends")(surviving.more_than_we_keep_is_not_read),
    _ALWAYS(surviving.what_is_not_the_channels_own_is_not_fetched),
    _ALWAYS(surviving.errors_and_health_hold_no_secrets),
    _ALWAYS(surviving.it_is_what_the_registry_says),
)
