"""The words of Asterisk's media WebSocket, pure: events that it says, commands that it takes.

Two dialects, chosen by `control_message_format` of its `chan_websocket.conf`: plain text, and JSON
(20.18, 22.8). We answer in the one that MEDIA_START came in.
Source: Asterisk's `channels/chan_websocket.c`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FLUSH = "FLUSH_MEDIA"
HANGUP = "HANGUP"
RATES_HZ: Mapping[str, int] = {"slin": 8_000, "slin16": 16_000}
_KEYS = frozenset("0123456789*#ABCD")


class Dialect(StrEnum):
    """How commands are written."""

    PLAIN = "plain-text"
    JSON = "json"

    def command(self, name: str) -> str:
        """A command as Asterisk reads it."""
        return name if self is Dialect.PLAIN else json.dumps({"command": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The first message of a call: how its audio is written."""

    dialect: Dialect
    rate_hz: int
    frame_bytes: int  # 20 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that the caller pressed."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Asterisk has enough to say for now, or wants more."""

    waiting: bool


def start(text: str) -> Start | None:
    """MEDIA_START with 20 ms of samples that we can read; None for anything else."""
    name, fields = _parts(text)
    size = str(fields.get("optimal_frame_size", ""))
    dialect = Dialect.JSON if text.lstrip().startswith("{") else Dialect.PLAIN
    for coding, rate_hz in RATES_HZ.items():
        frame_bytes = rate_hz * 2 // 50
        # The first versions do not name the format; the size of a frame tells it.
        named = str(fields.get("format", coding))
        if name == "MEDIA_START" and named == coding and size == str(frame_bytes):
            return Start(dialect=dialect, rate_hz=rate_hz, frame_bytes=frame_bytes)
    return None


def read(text: str) -> Key | Wait | None:
    """What an event means for us; None when nothing."""
    name, fields = _parts(text)
    if name == "DTMF_END":
        digit = str(fields.get("digit", "")).upper()
        return Key(digit=digit) if digit in _KEYS else None
    if name in ("MEDIA_XOFF", "MEDIA_XON"):
        return Wait(waiting=name == "MEDIA_XOFF")
    return None


def _parts(text: str) -> tuple[str, Mapping[str, Any]]:
    """The event's name and its fields, from either dialect."""
    if text.lstrip().startswith("{"):
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            return "", {}
        return (str(fields.get("event", "")), fields) if isinstance(fields, dict) else ("", {})
    name, *words = text.split() or [""]
    return name, dict(pair for word in words if len(pair := word.split(":", 1)) == 2)
