"""Whatever the line says of its own accord, it says in one voice: there are recordings of it all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from pathlib import Path
from types import MappingProxyType

import pytest

from channels.message import Reply
from channels.phone.voice import clips, inspection, phrases, phrasing, reading
from channels.phone.voice.phrasing import Recorded
from config import load
from config.county import County
from intake.cli import prompts
from intake.phone import blocks
from intake.replies import Replies
from nlp.places import which
from nlp.understanding import RequestKind, Urgency
from routing import deadline, lifecycle
from routing.errors import ActionRefused
from routing.ticket import Action, Draft, Status, Ticket

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
RENDER = """
No recording yet of: {missing}
`hotline speech clips --voices VOICES` speaks them into channels/phone/voice/clips; what VOICES is and
where it comes from is said in docs/speech.md, "The committed recordings"."""


@pytest.fixture(scope="module")
def county() -> County:
    return load.load_county(Path("config/nanhe"))


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded(texts=frozenset(clips.shelf((clips.COMMITTED,))))


def test_every_phrase_has_a_recording(county: County, recorded: Recorded) -> None:
    said = phrases.phrases(county, prompts.words(county))
    missing = [text for text in said if text not in recorded.texts]
    assert not missing, RENDER.format(missing="; ".join(missing))


def test_recordings_are_sound() -> None:
    assert inspection.inspect(clips.COMMITTED, ()).faults == ()


def synthesised(texts: Iterator[str], recorded: Recorded) -> set[str]:
    pieces = (piece for text in texts for piece in phrasing.cut(reading.read(text), recorded))
    return {piece.text for piece in pieces if not piece.recorded}


def read_backs(county: County) -> Iterator[str]:
    said = Replies(county)
    for category in county.categories:
        yield said.speak(_read_back(said, matter=said.matter(category)))
    for place in county.places:
        yield said.speak(_read_back(said, place=said.place_of(place.code).full))
    for unit in county.units.values():
        yield said.speak(_read_back(said, unit=unit.name))


def _read_back(said: Replies, **values: str) -> Reply:
    known = {
        "place": said.place_of("130506100210").full,
        "matter": said.matter("010204"),
        "unit": "和阳镇网格管理中心",
        "due": "后天下午五点半前",
    }
    return Reply(key="read_back", values=known | values)


def deadlines(county: County) -> Iterator[str]:
    minutes = range(0, 40 * 24 * 60, 97)
    yield from (deadline.speak(NOW + timedelta(minutes=each), NOW) for each in minutes)
    yield from (deadline.speak(NOW - timedelta(days=each), NOW) for each in range(9))


def limits(county: County) -> Iterator[str]:
    said = Replies(county)
    minutes = range(1, 7 * 24 * 60, 47)
    openings = (blocks.opening(NOW + timedelta(minutes=each), NOW) for each in minutes)
    yield from (said.speak(opening) for opening in openings)


def namesakes(county: County) -> Iterator[str]:
    said = Replies(county)
    names = [said.place_of(place.code) for place in county.places]
    for pair in combinations(names, 2):
        if which.sound_alike(pair[0].name, pair[1].name):
            options = "，还是".join(which.split(pair))
            yield said.speak(Reply(key="ask_place_which", values={"options": options}))


def how_it_stands(county: County) -> Iterator[str]:
    said = Replies(county)
    for status in Status:
        ticket = replace(a_ticket(), status=status, answer="已办结")
        latest = said.standing(ticket, NOW)
        yield said.speak(said.progress(ticket, NOW, latest))
        yield said.speak(said.receipt(ticket, NOW))


def refusals(county: County) -> Iterator[str]:
    said = Replies(county)
    for status in Status:
        ticket = replace(a_ticket(), status=status)
        try:
            lifecycle.advance(ticket, Action.WITHDRAW, by="resident", at=NOW, note="居民要求")
        except ActionRefused as refusal:
            values = {"number": ticket.number, "reason": str(refusal)}
            yield said.speak(Reply(key="withdraw_refused", values=values))


def a_ticket() -> Ticket:
    draft = Draft(
        text="路灯照明",  # a resident's own words are synthesised, unless there is a recording
        kind=RequestKind.HELP,
        urgency=Urgency.NORMAL,
        category="010204",
        place="130506100210",
    )
    ticket, _ = lifecycle.opened(
        draft,
        number="20261124-0001",
        status=Status.DISPATCHED,
        unit="130506100210",
        due_at=NOW + timedelta(days=7),
        by="system",
        at=NOW,
    )
    return ticket


def numbers(county: County) -> Iterator[str]:
    said = Replies(county)
    for day, count in product(("20261124", "20270131", "20301009"), range(0, 10_000, 37)):
        values = {"number": f"{day}-{count:04}"}
        yield said.speak(Reply(key="progress_unknown", values=values))


TALK = MappingProxyType(
    {
        "read-backs": read_backs,
        "deadlines": deadlines,
        "limits": limits,
        "questions between places": namesakes,
        "how it stands": how_it_stands,
        "refusals": refusals,
        "numbers": numbers,
    }
)


@pytest.mark.parametrize("what", TALK)
def test_talk_is_recorded_from_its_first_to_its_last_word(
    what: str, county: County, recorded: Recorded
) -> None:
    texts = list(TALK[what](county))
    assert texts
    assert synthesised(iter(texts), recorded) == set()
