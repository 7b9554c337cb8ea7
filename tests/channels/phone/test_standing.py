"""How it stands with a caller: served is who has a ticket or an answer, and is asked nothing more."""

import pytest

from channels.message import Receipt
from channels.phone.talk.standing import Standing
from tests.channels.phone.talking import reply


@pytest.mark.parametrize(
    ("receipts", "settled"),
    [
        ([], False),
        ([reply("read_back", asks=True)], False),
        ([reply("receipt", ticket="1")], True),
        ([reply("progress_unknown")], True),
        ([reply("receipt", ticket="1"), reply("read_back", asks=True)], False),
        ([reply("receipt", ticket="1"), reply("read_back", asks=True), reply("dropped")], True),
    ],
)
def test_who_is_served_and_asked_nothing_more_is_settled(
    receipts: list[Receipt], settled: bool
) -> None:
    standing = Standing()
    for receipt in receipts:
        standing.answered(receipt)
    assert standing.settled is settled


def test_danger_stays_one_and_what_was_not_understood_does_not() -> None:
    standing = Standing()
    standing.answered(reply("danger_fire", danger=True))
    standing.answered(reply("ask_again", asks=True))
    assert (standing.in_danger, standing.unclear, standing.asked) == (True, True, True)
    standing.answered(reply("read_back", asks=True))
    assert (standing.in_danger, standing.unclear) == (True, False)
