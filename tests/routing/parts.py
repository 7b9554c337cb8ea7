"""What these tests are built from: a small county with contacts, a dispatcher, a draft."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from config.county import County, Worker, WorkStandard
from nlp.understanding import RequestKind, Urgency
from routing import schema
from routing.database import Database
from routing.dispatch import Dispatcher
from routing.route import Router
from routing.ticket import Draft
from routing.worktime import Calendar
from tests.clock import Clock
from tests.routing import county as counties

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # a Tuesday, ten in the morning in Shanghai


def county(contacts: Mapping[str, str] | None = None) -> County:
    """The small county; `contacts` are those of the persons in charge, by unit."""
    made = counties.make()
    workers = dict(made.workers)
    for unit, contact in (contacts or {}).items():
        workers[unit] = (Worker(unit=unit, name="王某", contact=contact),)
    return County(
        **{
            **{name: getattr(made, name) for name in made.__dataclass_fields__},
            "workers": workers,
            "standards": (
                WorkStandard(category="", steps=("到现场看",)),
                WorkStandard(category="0102", steps=("先设围挡", "修好拍照")),
            ),
        }
    )


def dispatcher(clock: Clock, of: County | None = None) -> Dispatcher:
    """A dispatcher of the small county."""
    home = of or county()
    return Dispatcher(
        county=home, router=Router(home), calendar=Calendar(), runtime=clock.runtime()
    )


DRAFT = Draft(
    text="村口的路灯坏了三天，我叫张三，电话13912345678",
    kind=RequestKind.HELP,
    urgency=Urgency.NORMAL,
    category="010204",
    category_confidence=0.93,
    place=counties.HAMLET,
    address="巩庄村村口",
    evidence=("路灯", "坏"),
    reporter="wechat:oResident",
    reporter_name="张三",
    reporter_phone="13912345678",
    channel="wechat",
)


def draft(**changes: Any) -> Draft:
    """A draft that is certain, in a village of one grid, with housing assisting."""
    return replace(DRAFT, **changes)


async def posted(database: Database) -> list[Any]:
    """All rows of the outbox in order."""
    query = sa.select(schema.outbox).order_by(schema.outbox.c.position)
    return await database.read(lambda c: list(c.execute(query)))
