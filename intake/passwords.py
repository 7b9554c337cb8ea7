"""Passwords of the console: one-time ones, hashes, and what is too weak."""

import functools
import hmac
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST = 10
DIFFERENT = 5  # characters
RULES = f"至少 {SHORTEST} 位，至少 {DIFFERENT} 个不同的字，不含登录名"
_HASHER = PasswordHasher()
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"  # none that look alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A one-time password, which is shown once, and the hash that is kept of it."""

    password: str
    hashed: str


def fresh() -> Fresh:
    """A new one, easy to read out and to type; takes 0.2 s, so call it in a thread and outside of
    any unit of work.
    """
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return Fresh(password=password, hashed=new_hash(password))


def matches(known: str | None, password: str) -> bool:
    """Is this the password? As slow for a name that isn't there as for one that is."""
    try:
        return _HASHER.verify(known or _nobody(), password) and known is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def weakness(password: str, name: str) -> str:
    """What is wrong with a new password, in Chinese; empty where it will do."""
    if len(password) < SHORTEST:
        return f"密码太短：{RULES}"
    if len(set(password)) < DIFFERENT or name.lower() in password.lower():
        return f"密码太容易猜到，请换一个：{RULES}"
    return ""


def new_hash(password: str) -> str:
    """The hash of a password; takes 0.2 s, so call it in a thread."""
    return _HASHER.hash(password)


def proof(hashed: str) -> str:
    """What only who knows this hash can make: a browser keeps it to show that its user had the
    password. It ends with the password.
    """
    return hmac.digest(hashed.encode(), b"browser", "sha256").hex()


@functools.cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return _HASHER.hash(secrets.token_urlsafe(16))
