"""How the line stands at a moment: who is on it, who waits, what the operators' telephones do."""

from dataclasses import dataclass

from channels.phone.exchange.happenings import Caller, Operator, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`up`: the exchange is there; while it is not, the rest is as last known.

    `here`: this process has the line. Of several only one has; the others can't know.
    """

    up: bool
    here: bool = False
    calls: tuple[Caller, ...] = ()
    waiting: tuple[Waiting, ...] = ()  # the first first
    operators: tuple[Operator, ...] = ()
    with_us: frozenset[str] = frozenset()  # calls that the program itself is serving
    version: str = ""  # of the exchange
    recogniser: str = ""  # none where it is empty
