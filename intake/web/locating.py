"""Where a ticket's matter is, as operators see it: in words, and on the county's map where its
tables have coordinates.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from channels.message import InboundMessage
from channels.phone.channel import PhoneChannel
from config.county import VILLAGE_DIGITS, County, Place, UnitKind
from config.positions import Position
from intake.services import Services
from intake.talk import whereabouts
from intake.web import chart
from intake.web.chart import Chart, Sort, Spot
from nlp.places import which
from nlp.understand import Understander
from routing import store
from routing.ticket import FINAL_STATUSES, Ticket

MOST_MAPS = 4  # on one page
MOST_ALIKE = 5
NAMES_KEPT, TEXTS_KEPT = 512, 64
PIN = "居民发的位置"
NO_VILLAGE = "没说哪个村"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """`lies` is one way from the township down (`和阳镇 · 东韩村 · 1号网格`) where the place is
    `settled`, else one for each that may be meant; `alike`: other places that sound like it.
    """

    lies: tuple[str, ...]
    settled: bool
    alike: tuple[str, ...] = ()
    chart: Chart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a caller's ticket before somebody speaks to him."""

    number: str
    category: str
    text: str
    where: Where | None


async def abouts(services: Services, numbers: Sequence[str]) -> Mapping[str, About]:
    """By number, in this order; only the first get a map."""
    if not numbers:  # as nearly always on the board, which is asked for every few seconds
        return {}
    tickets = await services.database.read(lambda c: store.among(c, numbers))
    found: dict[str, About] = {}
    for number in numbers:
        if number in tickets and number not in found:
            this, draws = tickets[number], len(found) < MOST_MAPS
            where = await of_ticket(services, this, draws=draws)
            found[number] = About(
                number=number, category=this.category, text=this.text, where=where
            )
    return found


async def of_ticket(
    services: Services, ticket: Ticket, pin: Position | None = None, *, draws: bool = True
) -> Where | None:
    """In a thread: to understand a text and to compare sounds takes a while."""
    understander = services.understander
    return await asyncio.to_thread(_of, services.county, understander, ticket, pin, draws)


def pinned(messages: Sequence[InboundMessage]) -> Position | None:
    """The last spot that the resident has sent; `messages` are those of the ticket."""
    points = [message.point for message in messages if message.point is not None]
    if not points:
        return None
    return Position(longitude=points[-1].longitude, latitude=points[-1].latitude)


def _of(
    county: County, understander: Understander, ticket: Ticket, pin: Position | None, draws: bool
) -> Where | None:
    settled = ticket.place in county.places_by_code
    codes = (ticket.place,) if settled else _asked(understander, ticket)
    codes = tuple(code for code in codes if code in county.places_by_code)
    if not codes and pin is None:
        return None
    drawn = _chart(county, codes, settled, pin) if draws else None
    if not codes and drawn is None:
        return None
    return Where(
        lies=tuple(_way(county, code, ticket.unit) for code in codes),
        settled=settled,
        alike=tuple(county.place_name(code) for code in _alike(county, ticket.place))
        if settled
        else (),
        chart=drawn,
    )


def _asked(understander: Understander, ticket: Ticket) -> tuple[str, ...]:
    """The places that his words may mean, as he is asked for them."""
    if ticket.status in FINAL_STATUSES:
        return ()
    return _rivals(understander, ticket.text, ticket.channel == PhoneChannel.name)


@lru_cache(maxsize=TEXTS_KEPT)
def _rivals(understander: Understander, text: str, heard: bool) -> tuple[str, ...]:
    return whereabouts.rivals(understander(text, heard=heard).places)


@lru_cache(maxsize=NAMES_KEPT)
def _alike(county: County, place: str) -> tuple[str, ...]:
    """The other places of which a name is easily heard for this one's."""
    name = county.places_by_code[place].name
    others = (each for each in county.places if each.code != place and _is_like(name, each))
    return tuple(each.code for each in others)[:MOST_ALIKE]


def _is_like(name: str, other: Place) -> bool:
    names = (each for each in (other.name, *other.aliases) if len(each) == len(name))
    return any(which.sound_alike(name, each) for each in names)


def _way(county: County, place: str, unit: str) -> str:
    """From the township down to the place, and to the grid where that is known."""
    known = county.places_by_code[place]
    above = [each for each in county.chain(known.unit) if each.kind is not UnitKind.COUNTY]
    names = [each.short_name for each in reversed(above)]
    if known.code != known.unit:
        names.append(known.name)
    if known.kind == UnitKind.TOWNSHIP:
        names.append(NO_VILLAGE)
    grids = county.grids.get(known.unit[:VILLAGE_DIGITS], ())
    own = [grid for grid in grids if grid.code == unit or len(grids) == 1]
    names += [grid.name.removeprefix(county.units[known.unit].short_name) for grid in own]
    return " · ".join(names)


def _chart(
    county: County, codes: Sequence[str], settled: bool, pin: Position | None
) -> Chart | None:
    spots = [Spot(sort=Sort.PIN, position=pin, name=PIN)] if pin else []
    sort = Sort.SURE if settled else Sort.ASKED
    for number, code in enumerate(codes, 1):
        lies = chart.position(county, code)
        if lies is not None:
            name, sign = county.places_by_code[code].name, str(number) * (len(codes) > 1)
            spots.append(Spot(sort=sort, position=lies, name=name, sign=sign))
    return chart.draw(county, spots, within=codes[0] if settled else "")
