"""Another county is another folder: wherever one looks, nothing is left of the county we came with."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import fit, load
from config.county import County
from config.sections import Exchange, Phone
from config.settings import PACKAGED_COUNTY, Settings, SettingsFault
from intake import app, migrate
from intake.accounts import Role
from intake.cli import common
from intake.cli import main as cli
from intake.services import Services
from tests.clock import Clock
from tests.config import tiny
from tests.intake import console

NANHE = re.compile(r"南和|邢台|4569899|0319|130506|[Nn]anhe(?!-hotline\[)|东韩|和阳")
TELLING = ("东村的水管裂了，水流了一地", "停水三天了", "我要找人工", "我的单子办得怎么样了")
NOT_OF_ITS_CATALOGUE = (
    "东村路灯坏了三天了没人修",
    "东村小学老师补课乱收费，家长都很生气",
    "东村的土地被村里占了，征地补偿款一直不给",
    "东村有人家着火了，屋里还有人",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tiny county, with Nanhe's replies as they are, as a county has that copies the folder."""
    made = tiny.write(tmp_path / "county")
    shutil.copy(PACKAGED_COUNTY / "replies.toml", made)
    return made


@pytest.fixture
def county(folder: Path) -> County:
    return load.load_county(folder)


@pytest.fixture
def in_its_place(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Somebody sits in an empty folder and has named the county's folder, and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINE_COUNTY", str(folder))
    yield tmp_path


def test_copied_replies_name_the_county_that_has_copied_them(county: County) -> None:
    assert [each for each in county.replies.values() if NANHE.search(each)] == []
    assert county.replies["welcome"].startswith("您好，这里是小县便民热线。")
    assert county.replies["phone_greeting"].startswith("您好，小县热线，通话有录音。")
    assert county.replies["our_number"].startswith("热线电话是 12345。")


def test_the_line_has_the_countys_own_number_and_area_code(county: County) -> None:
    phone = Phone(exchange=Exchange(secret="x"))  # type: ignore[arg-type]
    line = fit.line(phone, county)
    assert (line.number, line.area_code) == ("12345", "0999")
    assert fit.completed(Settings(phone=phone), county).phone == line
    set_by_hand = phone.model_copy(update={"number": "099912345", "area_code": "0998"})
    fit.check(Settings(phone=set_by_hand), county)
    line = fit.line(set_by_hand, county)
    assert (line.number, line.area_code) == ("099912345", "0998")
    with pytest.raises(SettingsFault, match=r"county\.toml 里的热线是 12345"):
        fit.check(Settings(phone=phone.model_copy(update={"number": "4569899"})), county)


async def _seen(services: Services) -> list[str]:
    """Every page that a resident and an operator see as a few matters are told."""
    await console.hire(services, "li", Role.ADMIN)
    window = await console.Desk.opened(services)
    try:
        seen = [(await window.get(path))[1] for path in ("/", "/?kiosk=1", "/progress", "/nowhere")]
        assert "小县" in "".join(seen)
        assert "12345" in "".join(seen)
        for number, words in enumerate(TELLING):
            await window.post("/", {"text": words, "key": f"{number:032x}"})
            seen.append((await window.get("/"))[1])
        assert "单号" in seen[-1]
        await window.log_in("li")
        for path in ("/console", "/console/search?q=东村", "/console/calls", "/console/live"):
            seen.append((await window.get(path))[1])
        found = re.search(r"/console/tickets/(\d{8}-\d{4})", "".join(seen))
        assert found is not None
        seen.append((await window.get(f"/console/tickets/{found[1]}"))[1])
    finally:
        await window.client.close()
    return seen


async def test_desk_pages_and_departments_say_nothing_of_nanhe(
    folder: Path, tmp_path: Path, clock: Clock
) -> None:
    phone = Phone(exchange=Exchange(secret="x"))  # type: ignore[arg-type]
    settings = Settings(county=folder, state=tmp_path / "state", phone=phone)
    settings.state.mkdir()
    migrate.upgrade(settings.database)
    async with app.build(settings, clock.runtime()) as services:
        assert services.settings.phone is not None
        assert services.settings.phone.number == "12345"
        seen = await _seen(services)
        envelopes = await services.database.read(
            lambda c: c.exec_driver_sql("SELECT destination, body FROM outbox").all()
        )
    seen += [f"{each.destination} {each.body}" for each in envelopes]
    assert [found[0] for text in seen for found in NANHE.finditer(text)] == []


async def test_what_its_catalogue_lacks_is_called_nothing_and_waits_for_a_person(
    folder: Path, tmp_path: Path, clock: Clock
) -> None:
    settings = Settings(county=folder, state=tmp_path / "state")
    settings.state.mkdir()
    migrate.upgrade(settings.database)
    async with app.build(settings, clock.runtime()) as services:
        window = await console.Desk.opened(services)
        try:
            for number, words in enumerate(NOT_OF_ITS_CATALOGUE):
                window.client.session.cookie_jar.clear()
                await window.get("/")
                await window.post("/", {"text": words, "key": f"{number:032x}"})
        finally:
            await window.client.close()
        tickets = await services.database.read(
            lambda c: c.exec_driver_sql("SELECT category, status, unit FROM ticket").all()
        )
    assert {tuple(ticket) for ticket in tickets} == {("", "deciding", "130999")}


@pytest.mark.parametrize(
    "typed",
    [
        ["check"],
        ["say", "东村的水管裂了"],
        ["prompts", "list"],
        ["operator", "add", "li"],
    ],
)
def test_commands_say_nothing_of_nanhe(in_its_place: Path, typed: list[str]) -> None:
    result = CliRunner().invoke(cli.application, typed)
    assert result.exit_code == 0, result.output
    assert not NANHE.search(result.output)


def test_files_for_the_exchange_say_nothing_of_nanhe(in_its_place: Path) -> None:
    result = CliRunner().invoke(cli.application, ["asterisk", "write", "exchange"])
    assert result.exit_code == 0, result.output
    texts = [p for p in Path("exchange").rglob("*") if p.is_file() and p.suffix != ".wav"]
    written = "\n".join(path.read_text(encoding="utf-8") for path in texts)
    assert "12345" in written
    assert not NANHE.search(written.replace(str(in_its_place), ""))


def test_a_trial_of_it_has_its_own_departments_and_finds_them_again(
    in_its_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = common.located(None, True)
    monkeypatch.delenv("HOTLINE_COUNTY")
    again = common.located(None, True)
    assert path == again
    chosen = common.chosen(again)
    assert chosen.county == in_its_place / "county"
    assert sorted(chosen.departments) == ["roads", "water"]
    fit.check(chosen, common.county(chosen))
