"""How the line stands at a moment: who is on it, who waits, what the operators' telephones do."""

from dataclasses import dataclass

from channels.phone.exchange.happenings import Caller, Operator, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`up`: this process has the exchange; where it has not, nothing of the rest is known."""

    up: bool
    calls: tuple[Caller, ...] = ()
    waiting: tuple[Waiting, ...] = ()  # the first first
    operators: tuple[Operator, ...] = ()
    with_us: frozenset[str] = frozenset()  # calls that the program itself is serving
