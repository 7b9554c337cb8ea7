"""Missed calls first, then recordings, then the purge; what fails keeps no other from its work."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from config.sections import Exchange, Phone
from intake.phone.housekeeping import Housekeeping
from intake.phone.recordings import Recordings
from intake.phone.shelf import Shelf
from intake.phone.vault import FolderVault
from intake.services import Services
from routing import schema
from tests.clock import Clock

CALL = "0190a1b2-0000-7000-8000-000000000001"


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    for name in ("missed", "recordings"):
        (tmp_path / name).mkdir()
    return Phone(
        exchange=Exchange(secret="x"),  # type: ignore[arg-type]
        missed=tmp_path / "missed",
        recordings=tmp_path / "recordings",
    )


@pytest.fixture
def kept(services: Services, tmp_path: Path) -> Recordings:
    vault = FolderVault(tmp_path / "vault")
    return Recordings(vault=vault, database=services.database, runtime=services.runtime, days=180)


@pytest.fixture
def house(services: Services, phone: Phone, kept: Recordings) -> Housekeeping:
    return Housekeeping(services, phone, kept)


async def tickets(services: Services) -> int:
    query = sa.select(sa.func.count()).select_from(schema.ticket)
    return await services.database.read(lambda c: int(c.execute(query).scalar_one()))


@pytest.mark.parametrize("broken", [Recordings, Shelf])
async def test_what_fails_keeps_no_missed_call_from_its_ticket(
    services: Services,
    house: Housekeeping,
    phone: Phone,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    broken: type,
) -> None:
    async def fails(_: object) -> bool:
        raise RuntimeError("no such column")

    monkeypatch.setattr(broken, "step", fails)
    assert phone.missed is not None
    (phone.missed / f"{CALL}_13900000000_{int(clock.at.timestamp())}.done").write_text("operators")
    services.wake.clear()
    assert await house.missed()
    assert await house.step()
    assert await tickets(services) == 1 and services.wake.is_set()
