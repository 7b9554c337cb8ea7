"""What leaves the house: envelopes, dead letters, and how a delivery fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Something to deliver. `destination`: `webhook:DEPARTMENT` or a contact such as `wechat:oAbc`.

    `id` stays the same however often it is tried, so that receivers can tell a repetition.
    """

    id: str
    destination: str
    ticket: str
    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0

    @property
    def scheme(self) -> str:
        """Which deliverer takes it."""
        return self.destination.partition(":")[0]

    @property
    def address(self) -> str:
        """The destination without its scheme."""
        return self.destination.partition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An envelope that was given up, and why."""

    envelope: Envelope
    last_error: str
    created_at: datetime
    finished_at: datetime


def reply(
    contact: str,
    ticket: str,
    key: str,
    values: Mapping[str, str],
    new_id: Callable[[], str],
    *,
    choices: tuple[str, ...] = (),
) -> Envelope:
    """One reply of the county's, on its way to somebody's channel."""
    return Envelope(
        id=new_id(),
        destination=contact,
        ticket=ticket,
        kind=key,
        body={"key": key, "values": dict(values), "choices": list(choices)},
    )


class DeliveryError(Exception):
    """It was not delivered. Is trying again of use, when at the earliest, and how often at most?"""

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        retry_after_s: float | None = None,
        most_attempts: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.most_attempts = most_attempts
