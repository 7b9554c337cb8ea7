"""What all commands share: where the settings are, the county, and how a refusal is told."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from config import load, settings
from config.county import County
from config.faults import CountyFaults
from config.settings import Settings, SettingsFault
from intake import migrate, trial
from intake.cli import typed
from intake.migrate import MigrationFault
from routing.connections import DatabaseUnreachable

TRIAL_STATE = Path("var")
MISTAKEN = 2  # exit code: something typed or set up is wrong

out = Console(highlight=False)

SettingsPath = Annotated[
    Path | None, typer.Option("--settings", help="设置文件（TOML）", envvar="HOTLINE_SETTINGS")
]
Trial = Annotated[bool, typer.Option("--trial", help="试用：第一次自动生成设置，数据放在 ./var")]


def located(path: Path | None, trial_run: bool) -> Path | None:
    """The settings file: the one named, else the trial's, which is written the first time."""
    if path is not None or not trial_run:
        return path
    if is_tried():
        return TRIAL_STATE / trial.SETTINGS_NAME
    begins = chosen(None)
    own = None if begins.county == settings.PACKAGED_COUNTY else begins.county.resolve()
    return trial.prepare(TRIAL_STATE, county(begins), own)


def is_tried() -> bool:
    """Is there a trial in ./var, whose settings are meant where none are named?"""
    return (TRIAL_STATE / trial.SETTINGS_NAME).exists()


def chosen(path: Path | None) -> Settings:
    """The settings; every fault is said before anything starts."""
    try:
        return settings.load(path)
    except SettingsFault as fault:
        refuse(str(fault), fault)


def county(of: Settings) -> County:
    """The county of an installation; every fault of its folder is said."""
    try:
        return load.load_county(of.county)
    except CountyFaults as fault:
        refuse(str(fault), fault)


def migrated(of: Settings) -> None:
    """The state folder is there and the database is of our version; why not is said."""
    try:
        of.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"文件夹 {of.state} 用不了：{error.strerror}。请换一个文件夹，或改权限", error)
    try:
        migrate.upgrade(of.database)
    except (DatabaseUnreachable, MigrationFault) as fault:
        refuse(str(fault), fault)


def refuse(text: str, cause: Exception | None = None) -> NoReturn:
    """Say why not, and end."""
    say(text)
    raise typer.Exit(MISTAKEN) from cause


def say(text: str) -> None:
    """A text as it is, in lines of its own length; a command in it as it is typed here."""
    out.print(typed.told(text), markup=False, soft_wrap=True)


def table(*headings: str, title: str = "", framed: bool = True) -> Table:
    """A table for `out`, of pairs where no heading is given. Chinese has no spaces to break a line
    at: what is longer than its cell goes on below, and nothing is cut off.
    """
    made = Table(title=title or None, show_header=bool(headings))
    if not framed:
        made.box = None
    for heading in headings or ("", ""):
        made.add_column(heading, overflow="fold")
    return made
