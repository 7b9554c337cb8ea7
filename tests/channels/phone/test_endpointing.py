"""Who is slow is not cut off, who is finished is answered, who is silent is asked."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phone.endpointing import Change, Endpointer, Patience

FRAME = 20
PATIENCE = Patience()


def run(
    pieces: list[tuple[bool, int]], *, complete: bool = False, waiting: bool = True
) -> list[tuple[Change, int]]:
    """Changes with the time at which they came; pieces are (voice, milliseconds)."""
    endpointer, at, found = Endpointer(), 0, []
    for voice, length in pieces:
        for _ in range(length // FRAME):
            at += FRAME
            change = endpointer.feed(
                voice=voice, length_ms=FRAME, complete=complete, waiting=waiting
            )
            if change is not Change.NONE:
                found.append((change, at))
    return found


def names(found: list[tuple[Change, int]]) -> list[Change]:
    return [change for change, _ in found]


def test_an_utterance_begins_and_ends() -> None:
    assert run([(False, 500), (True, 1000), (False, 2000)]) == [
        (Change.BEGAN, 500 + PATIENCE.begin_ms),
        (Change.ENDED, 1500 + PATIENCE.pause_ms),
    ]


def test_a_cough_is_no_utterance() -> None:
    assert run([(True, 100), (False, 300), (True, 80), (False, 500)]) == []


@pytest.mark.parametrize("pause_ms", [300, 600, 900, 1080])
def test_a_slow_speaker_is_not_cut_off(pause_ms: int) -> None:
    words = [(True, 500), (False, pause_ms)] * 5
    assert names(run([*words, (True, 500), (False, 2000)])) == [Change.BEGAN, Change.ENDED]


def test_what_is_complete_is_answered_soon() -> None:
    found = run([(True, 600), (False, 1500)], complete=True)
    assert found[-1] == (Change.ENDED, 600 + PATIENCE.complete_ms)


def test_silence_is_told_again_and_again_while_it_lasts() -> None:
    found = run([(False, 3 * PATIENCE.silent_ms)])
    assert names(found) == [Change.SILENT] * 3
    assert found[0][1] == PATIENCE.silent_ms


def test_silence_while_we_speak_is_nothing() -> None:
    assert run([(False, 60_000)], waiting=False) == []


def test_the_time_to_answer_begins_when_our_turn_is_over() -> None:
    endpointer = Endpointer()
    for _ in range(1000):
        endpointer.feed(voice=False, length_ms=FRAME, complete=False, waiting=False)
    changes = [
        endpointer.feed(voice=False, length_ms=FRAME, complete=False, waiting=True)
        for _ in range(PATIENCE.silent_ms // FRAME)
    ]
    assert changes[-1] is Change.SILENT
    assert set(changes[:-1]) == {Change.NONE}


def test_a_speech_without_end_is_taken_in_pieces() -> None:
    found = names(run([(True, 3 * PATIENCE.longest_ms)]))
    assert found.count(Change.ENDED) >= 2


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=60), st.booleans())
def test_began_and_ended_alternate_whatever_is_said(
    pieces: list[tuple[bool, int]], complete: bool
) -> None:
    found = names(run([(voice, frames * FRAME) for voice, frames in pieces], complete=complete))
    spoken = [change for change in found if change is not Change.SILENT]
    assert spoken == [(Change.BEGAN, Change.ENDED)[i % 2] for i in range(len(spoken))]
    for before, after in itertools.pairwise(found):
        assert not (before is Change.BEGAN and after is Change.SILENT)


def test_it_stirs_from_the_first_sound_until_the_utterance_is_over() -> None:
    endpointer = Endpointer()
    stirs = []
    for voice in (False, True, *[True] * 20, *[False] * (PATIENCE.pause_ms // FRAME), False):
        endpointer.feed(voice=voice, length_ms=FRAME, complete=False, waiting=True)
        stirs.append(endpointer.stirs)
    assert stirs == [False, *[True] * (20 + PATIENCE.pause_ms // FRAME), False, False]
