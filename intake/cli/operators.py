"""`hotline operator add | reset | disable | enable | list`: the accounts of the console."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from config import runtime
from config.settings import Settings
from intake import accounts, staffing
from intake.cli import common
from intake.cli.common import SettingsPath, Trial
from routing.database import Database

operators = typer.Typer(
    help="管理账号。新密码只显示一次，第一次登录时必须更换。", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="登录名")]
ROLES = "，".join(f"{role.value} {name}" for role, name in accounts.ROLE_NAMES.items())


@operators.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help=f"角色：{ROLES}")] = accounts.Role.OPERATOR.value,
    display_name: Annotated[str, typer.Option("--display-name", help="显示的姓名")] = "",
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
) -> None:
    """新增一个账号。"""
    order = staffing.Order(
        task=staffing.Task.ADD, name=name, role=_role(role), display_name=display_name or name
    )
    _operate(order, settings_path, trial_run)


@operators.command()
def reset(name: Name, settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """给一个新的一次性密码。"""
    _operate(staffing.Order(task=staffing.Task.RESET, name=name), settings_path, trial_run)


@operators.command()
def disable(name: Name, settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """停用账号，登录全部失效。"""
    _operate(staffing.Order(task=staffing.Task.DISABLE, name=name), settings_path, trial_run)


@operators.command()
def enable(name: Name, settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """恢复停用的账号，给一个新的一次性密码。"""
    _operate(staffing.Order(task=staffing.Task.ENABLE, name=name), settings_path, trial_run)


@operators.command(name="list")
def listing(settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """列出账号。"""
    _operate(staffing.Order(task=staffing.Task.LIST), settings_path, trial_run)


def _role(said: str) -> accounts.Role:
    names = {name: role for role, name in accounts.ROLE_NAMES.items()}
    role = names.get(said.strip(), said.strip().lower())
    if role not in names.values():
        common.refuse(f"没有“{said}”这个角色。可以写：{ROLES}")
    return accounts.Role(role)


def _operate(order: staffing.Order, settings_path: Path | None, trial_run: bool) -> None:
    chosen = common.chosen(common.located(settings_path, trial_run))
    common.migrated(chosen)  # accounts may be made before the first start
    try:
        common.say(asyncio.run(_manage(chosen, order)))
    except accounts.AccountFault as fault:
        common.refuse(str(fault), fault)


async def _manage(chosen: Settings, order: staffing.Order) -> str:
    database = Database(chosen.database)
    await database.start()
    try:
        return await staffing.manage(database, order, runtime.system().now())
    finally:
        await database.close()
