"""Accounts from the command line (`hotline operator add | reset | disable | enable | list`) and
from the console.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from intake import accounts, passwords
from intake.accounts import ROLE_NAMES, AccountFault, Role
from intake.passwords import Fresh
from routing.database import Database


class Task(StrEnum):
    """What can be done with accounts from the command line."""

    ADD = "add"
    RESET = "reset"
    DISABLE = "disable"
    ENABLE = "enable"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A task of the command line or the console."""

    task: Task
    name: str = ""
    role: Role = Role.OPERATOR
    display_name: str = ""


async def manage(database: Database, order: Order, now: datetime) -> str:
    """Carry out an order and say in Chinese what came of it. A new password's hash is made before
    the unit of work, so that no resident's message waits for it.
    """
    if order.task is Task.LIST:
        return await database.read(_listed)
    if not order.name:
        raise AccountFault("请写明登录名，例如：hotline operator add zhang --role operator")
    if order.task is Task.DISABLE:
        return await database.write(lambda c: _disabled(c, order.name))
    fresh = await asyncio.to_thread(passwords.fresh)
    return await database.write(lambda c: _given_password(c, order, now, fresh))


def _listed(connection: Connection) -> str:
    lines = [
        f"{a.name}\t{a.display_name}\t{ROLE_NAMES[a.role]}\t{'在用' if a.active else '已停用'}"
        for a in accounts.listing(connection)
    ]
    return "\n".join(lines) or "还没有账号。"


def _disabled(connection: Connection, name: str) -> str:
    accounts.disable(connection, name)
    return f"已停用 {name}，其登录全部失效。"


def _given_password(connection: Connection, order: Order, now: datetime, fresh: Fresh) -> str:
    if order.task is Task.ADD:
        password = accounts.add(
            connection,
            name=order.name,
            display_name=order.display_name,
            role=order.role,
            fresh=fresh,
            now=now,
        )
        return f"已新增 {order.name}，一次性密码：{password}（只显示这一次）"
    if order.task is Task.RESET:
        password = accounts.reset(connection, order.name, fresh)
        return f"{order.name} 的一次性密码：{password}（只显示这一次）"
    password = accounts.enable(connection, order.name, fresh)
    return f"已恢复 {order.name}，一次性密码：{password}（只显示这一次）"
