"""What became of a call that we made, as the exchange's events tell it."""

import pytest

from channels.phone.exchange.dialling import Dialling, Outcome
from channels.phone.exchange.packets import AmiFailed, AmiLost, Packet
from tests.channels.phone import virtual

ID, OTHER = "hotline-1", "1700000000.1"
BEGUN = ("DialBegin", {})
RINGS, EARLY_SOUND = (
    ("DialState", {"DialStatus": "RINGING"}),
    ("DialState", {"DialStatus": "PROGRESS"}),
)
TAKEN_BY_THE_TRUNK = ("DialState", {"DialStatus": "PROCEEDING"})

Told = tuple[str, dict[str, str]]


def event(told: Told, of: str = ID) -> Packet:
    name, fields = told
    key = "DestUniqueid" if name.startswith("Dial") else "Uniqueid"
    return Packet(name=name, is_response=False, fields={key: of, **fields})


async def outcome(cause: int, *before: Told) -> Outcome:
    dialling = Dialling()
    with dialling.expect(ID) as dialled:
        for told in before:
            dialling.take(event(told))
        dialling.take(event(RINGS, OTHER))
        dialling.take(event(("OriginateResponse", {"Response": "Failure", "Reason": "0"})))
        dialling.take(event(("Hangup", {"Cause": str(cause)})))
        return await dialled.outcome(1.0)


@pytest.mark.parametrize(("cause", "his"), [(18, Outcome.NO_ANSWER), (21, Outcome.REFUSED)])
async def test_only_who_was_rung_has_refused_a_call_or_let_it_ring(
    cause: int, his: Outcome
) -> None:
    assert await outcome(cause, BEGUN) is Outcome.FAILED
    assert await outcome(cause, BEGUN, TAKEN_BY_THE_TRUNK) is Outcome.FAILED
    assert await outcome(cause, BEGUN, RINGS) is his
    assert await outcome(cause, BEGUN, EARLY_SOUND) is his


@pytest.mark.parametrize(("cause", "his"), [(18, Outcome.NO_ANSWER), (21, Outcome.REFUSED)])
async def test_exchange_whose_files_are_older_tells_of_no_ringing(cause: int, his: Outcome) -> None:
    assert await outcome(cause) is his


@pytest.mark.parametrize(
    ("cause", "what"), [(17, Outcome.BUSY), (19, Outcome.NO_ANSWER), (1, Outcome.FAILED)]
)
async def test_other_causes_are_told_by_themselves(cause: int, what: Outcome) -> None:
    assert await outcome(cause, BEGUN) is what
    assert await outcome(cause, BEGUN, RINGS) is what


def test_that_asterisk_tells_nothing_says_nothing_of_line_and_number() -> None:
    async def nothing_told() -> None:
        with Dialling().expect(ID) as dialled:
            await dialled.outcome(45.0)

    with pytest.raises(AmiFailed) as told:
        virtual.run(nothing_told())
    assert not isinstance(told.value, AmiLost)  # which says that it may ring on


def test_failure_without_a_cause_is_the_lines_or_the_numbers() -> None:
    async def failed() -> Outcome:
        dialling = Dialling()
        with dialling.expect(ID) as dialled:
            dialling.take(event(("OriginateResponse", {"Response": "Failure", "Reason": "0"})))
            return await dialled.outcome(45.0)

    assert virtual.run(failed()) is Outcome.FAILED
