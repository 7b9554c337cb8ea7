"""Accounts of those who work with the console: roles and sessions. Functions of a connection."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import Connection

from intake import passwords, schema
from intake.passwords import Fresh

FIRST_NAME = "admin"
_OPERATOR = schema.operator
_SESSION = schema.operator_session


class Role(StrEnum):
    """What somebody may do in the console."""

    OPERATOR = "operator"  # 话务员: decides, corrects, dispatches
    LEADER = "leader"  # 领导: reads, hears, rules, reminds, supervises, reopens
    INSPECTOR = "inspector"  # 督查: reads, supervises
    ADMIN = "admin"  # 管理员: an operator who also manages accounts


ROLE_NAMES = {
    Role.OPERATOR: "话务员",
    Role.LEADER: "领导",
    Role.INSPECTOR: "督查",
    Role.ADMIN: "管理员",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody with a password; the hash never leaves this module."""

    name: str
    display_name: str
    role: Role
    must_change: bool
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is logged in, with the token that his forms must carry."""

    account: Account
    csrf: str


class AccountFault(Exception):
    """Something that can't be carried out; the message says why and what to do, in Chinese."""


def first(connection: Connection, now: datetime) -> str | None:
    """Make the first account where there is none; its one-time password, or None."""
    if connection.execute(sa.select(sa.func.count()).select_from(_OPERATOR)).scalar_one():
        return None
    fresh = passwords.fresh()  # nobody waits yet for the database
    return add(
        connection, name=FIRST_NAME, display_name="管理员", role=Role.ADMIN, fresh=fresh, now=now
    )


def add(
    connection: Connection,
    *,
    name: str,
    display_name: str,
    role: Role,
    fresh: Fresh,
    now: datetime,
) -> str:
    """Make an account and return its one-time password; AccountFault where the name is taken."""
    if _find(connection, name) is not None:
        raise AccountFault(f"登录名 {name} 已经有了，请换一个，或者给它重置密码")
    connection.execute(
        sa.insert(_OPERATOR).values(
            name=name,
            display_name=display_name,
            role=role.value,
            password_hash=fresh.hashed,
            must_change=True,
            active=True,
            created_at=now,
        )
    )
    return fresh.password


def reset(connection: Connection, name: str, fresh: Fresh) -> str:
    """Give an account that is in use a new one-time password and end its sessions."""
    if not _known(connection, name).active:
        raise AccountFault(f"{name} 已停用，没有重置。要让他重新登录，请恢复这个账号")
    return _renewed(connection, name, fresh)


def enable(connection: Connection, name: str, fresh: Fresh) -> str:
    """Take an account that was disabled into use again, with a new one-time password."""
    if _known(connection, name).active:
        raise AccountFault(f"{name} 正在使用，没有停用过。要换密码，请重置")
    return _renewed(connection, name, fresh)


def disable(connection: Connection, name: str) -> None:
    """Nobody can log in by this name any more; its sessions end now."""
    _known(connection, name)
    connection.execute(sa.update(_OPERATOR).where(_OPERATOR.c.name == name).values(active=False))
    end_all(connection, name)


def listing(connection: Connection) -> list[Account]:
    """All accounts by name."""
    rows = connection.execute(sa.select(_OPERATOR).order_by(_OPERATOR.c.name))
    return [_account(row) for row in rows]


def names(connection: Connection) -> dict[str, str]:
    """How everybody is called, by login name."""
    rows = connection.execute(sa.select(_OPERATOR.c.name, _OPERATOR.c.display_name))
    return {row.name: row.display_name for row in rows}


def password_hash(connection: Connection, name: str) -> str | None:
    """The hash to verify a password against, outside of any unit of work: it takes 0.2 s."""
    return connection.execute(
        sa.select(_OPERATOR.c.password_hash).where(_OPERATOR.c.name == name, _OPERATOR.c.active)
    ).scalar_one_or_none()


def change(connection: Connection, name: str, hashed: str) -> None:
    """Keep the hash of the password that somebody chose himself; all his sessions end."""
    connection.execute(
        sa.update(_OPERATOR)
        .where(_OPERATOR.c.name == name)
        .values(password_hash=hashed, must_change=False)
    )
    end_all(connection, name)


def begin(connection: Connection, name: str, now: datetime, hours: float) -> str:
    """Log somebody in: the session's token, of which only a hash is kept."""
    token = secrets.token_urlsafe(32)
    connection.execute(sa.delete(_SESSION).where(_SESSION.c.expires_at < now))
    connection.execute(
        sa.insert(_SESSION).values(
            token_hash=_digest(token),
            operator=name,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    return token


def session(connection: Connection, token: str, now: datetime) -> Session | None:
    """Who is logged in with this token, if anybody still is."""
    row = connection.execute(
        sa.select(_OPERATOR, _SESSION.c.csrf)
        .join(_SESSION, _SESSION.c.operator == _OPERATOR.c.name)
        .where(_SESSION.c.token_hash == _digest(token), _SESSION.c.expires_at > now)
        .where(_OPERATOR.c.active)
    ).one_or_none()
    return Session(account=_account(row), csrf=row.csrf) if row is not None else None


def end(connection: Connection, token: str) -> None:
    """Log out."""
    connection.execute(sa.delete(_SESSION).where(_SESSION.c.token_hash == _digest(token)))


def end_all(connection: Connection, name: str) -> None:
    """Log somebody out everywhere."""
    connection.execute(sa.delete(_SESSION).where(_SESSION.c.operator == name))


def purge(connection: Connection, *, before: datetime, limit: int) -> int:
    """Forget up to `limit` sessions that ended before then; how many."""
    ended = sa.select(_SESSION.c.token_hash).where(_SESSION.c.expires_at < before).limit(limit)
    gone = sa.delete(_SESSION).where(_SESSION.c.token_hash.in_(ended))
    return connection.execute(gone).rowcount


def _renewed(connection: Connection, name: str, fresh: Fresh) -> str:
    connection.execute(
        sa.update(_OPERATOR)
        .where(_OPERATOR.c.name == name)
        .values(password_hash=fresh.hashed, must_change=True, active=True)
    )
    end_all(connection, name)
    return fresh.password


def _known(connection: Connection, name: str) -> Account:
    account = _find(connection, name)
    if account is None:
        raise AccountFault(f"没有登录名 {name}，用 hotline operator list 看看有哪些")
    return account


def _find(connection: Connection, name: str) -> Account | None:
    row = connection.execute(sa.select(_OPERATOR).where(_OPERATOR.c.name == name)).one_or_none()
    return _account(row) if row is not None else None


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    return Account(
        name=row.name,
        display_name=row.display_name,
        role=Role(row.role),
        must_change=row.must_change,
        active=row.active,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
