"""A danger told to the desk: what the resident hears is what happens."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from channels.message import InboundMessage
from config import check, fit, load
from config.county import County, Duty
from config.sections import Endpoint, Telegram
from config.settings import PACKAGED_COUNTY, Settings
from intake import app, migrate
from routing import command, schema
from tests.clock import Clock
from tests.intake.conftest import SECRET

FIRE = "东韩村有人家着火了，屋里还有人"
Say = Callable[..., InboundMessage]


@pytest.fixture(scope="module")
def nanhe() -> County:
    return load.load_county(PACKAGED_COUNTY)


def with_duty(county: County, **duty: str) -> County:
    held = Duty(role="command", **{"unit": county.code, **duty})
    return replace(county, duties=MappingProxyType({**county.duties, "command": held}))


@pytest.mark.parametrize(
    ("duty", "why"),
    [
        ({}, check.NO_COMMAND_DESK),
        ({"contact": "wechat:oDuty"}, "没有开通 wechat 这个渠道"),
        ({"contact": "telegram:1"}, ""),
        ({"contact": "tel:+863194560000"}, "没有开通 tel 这个渠道"),
        ({"unit": "emergency"}, "没有设部门 emergency 的推送地址"),
        ({"unit": "housing"}, ""),
    ],
)
def test_whether_the_command_desk_can_be_told(
    nanhe: County, tmp_path: Path, duty: dict[str, str], why: str
) -> None:
    endpoint = Endpoint(url="https://housing.example", secret=SecretStr(SECRET))
    settings = Settings(
        state=tmp_path,
        telegram=Telegram(token=SecretStr("1:x")),
        departments={"housing": endpoint},
    )
    told = fit.command_out_of_reach(settings, with_duty(nanhe, **duty))
    assert why in told and bool(told) == bool(why)


@pytest.mark.parametrize(("contact", "reply"), [("", "danger_alone"), ("web:duty", "danger")])
async def test_resident_is_promised_what_happens(
    settings: Settings,
    clock: Clock,
    nanhe: County,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
    contact: str,
    reply: str,
) -> None:
    monkeypatch.setattr(app.load, "load_county", lambda _: with_duty(nanhe, contact=contact))
    migrate.upgrade(settings.database)
    async with app.build(settings, clock.runtime()) as services:
        receipt = await services.desk.receive(say(FIRE))
        assert receipt.replies[1].key == reply
        query = sa.select(schema.outbox).where(schema.outbox.c.kind == command.REPLY)
        told = await services.database.read(lambda c: c.execute(query).all())
        assert [row.destination for row in told] == ([contact] if contact else [])
        assert [row.ticket for row in told] == ([receipt.ticket] if contact else [])
