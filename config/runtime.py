"""The only clock, the only source of ids and the only dice of the program."""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What makes a run differ from the last one; tests give their own."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    chance: Callable[[], float]
    elapsed: Callable[[], float] = time.monotonic  # seconds that only go forward, for pacing


def system() -> Runtime:
    """The real clock (aware, UTC), sortable ids and unpredictable dice."""
    return Runtime(now=_utc_now, new_id=_sortable_id, chance=random.SystemRandom().random)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _sortable_id() -> str:
    """32 hex digits laid out as UUID version 7 (RFC 9562, section 5.7): time first, then chance."""
    random_bits = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    version_and_a = 0x7000 | (random_bits >> 68)
    variant_and_b = (0b10 << 62) | (random_bits & ((1 << 62) - 1))
    return f"{(milliseconds << 80) | (version_and_a << 64) | variant_and_b:032x}"
