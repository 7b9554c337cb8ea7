"""The words of the exchange: a caller, what happens to a call, an operator, who waits."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One call as the dialplan announced it; `number` is empty where the network shows none.

    `kind` is what the call is for: `incoming`, or what `originate` was given. `passed_on`: it has
    been in the operators' queue, or at the recorder.
    """

    call_id: str
    number: str
    kind: str = "incoming"
    channel: str = ""
    unique_id: str = ""
    passed_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """呼入: a call begins, before its audio comes."""

    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """排队: the caller waits for an operator; `waiting` counts the queue, himself included."""

    call_id: str
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """接通: an operator talks with the caller."""

    call_id: str
    operator: str
    waited_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """放弃: the caller hung up, or his time ran out, before an operator answered."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """未接来电: the dialplan left a note in the folder of missed calls (see `missed`)."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A key, told by the manager interface; only where AudioSocket doesn't tell it itself."""

    call_id: str
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """挂机: the call is over; `cause` by Q.850 (16 normal, 17 busy), 0 where nobody knows."""

    call_id: str
    cause: int


Happening = Arrived | Queued | Connected | Abandoned | Missed | Pressed | Ended


class OperatorState(StrEnum):
    """What an operator's telephone does."""

    READY = "ready"  # 空闲
    RINGING = "ringing"  # 振铃
    TALKING = "talking"  # 通话
    AWAY = "away"  # 未登录


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A member of the queue; `paused` (示忙) is not rung whatever his state."""

    interface: str
    name: str
    state: OperatorState
    paused: bool = False
    calls_taken: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A caller in the queue, the first has position 1."""

    call_id: str
    position: int
    unique_id: str = ""
