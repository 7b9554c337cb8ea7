"""What the exchange is doing, kept from its events: calls, who waits, who answers. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from channels.phone.exchange.happenings import (
    Abandoned,
    Arrived,
    Caller,
    Connected,
    Ended,
    Happening,
    Missed,
    Operator,
    OperatorState,
    Pressed,
    Queued,
    Waiting,
)
from channels.phone.exchange.packets import Packet

MOST_CALLS = 1000  # living ones; far beyond what a county's lines carry
MOST_REMEMBERED = 500  # ended ones whose number may still be asked for
TALK = "talk"  # the dialplan's word for: with the program
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STATES = {
    1: OperatorState.READY,
    2: OperatorState.TALKING,
    3: OperatorState.TALKING,
    6: OperatorState.RINGING,
    7: OperatorState.TALKING,
    8: OperatorState.TALKING,
}  # Asterisk's device states; the others (unknown, invalid, unavailable) can't be rung


class Board:
    """Takes packets, says what happened, and knows how things stand."""

    def __init__(self, *, queue: str, digits: bool = False) -> None:
        self._queue = queue
        self.digits = digits  # do we take keys from the manager interface?
        self._calls: dict[str, Caller] = {}
        self._ended: dict[str, Caller] = {}
        self._by_unique: dict[str, str] = {}
        self._operators: dict[str, Operator] = {}
        self._waiting: dict[str, Waiting] = {}

    def caller(self, call_id: str) -> Caller | None:
        """A call that lives or ended not long ago."""
        return self._calls.get(call_id) or self._ended.get(call_id)

    def living(self, call_id: str) -> Caller | None:
        """A call that has not ended."""
        return self._calls.get(call_id)

    @property
    def calls(self) -> tuple[Caller, ...]:
        """Every call there is."""
        return tuple(self._calls.values())

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The members of the queue."""
        return tuple(self._operators.values())

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """Who waits for an operator, the first first."""
        return tuple(sorted(self._waiting.values(), key=lambda each: each.position))

    def take(self, packet: Packet) -> list[Happening]:
        """An event; what it means to us, mostly nothing."""
        match packet.name:
            case "UserEvent":
                return self._user_event(packet)
            case "Hangup":
                call_id = self._by_unique.get(packet.fields.get("Uniqueid", ""), "")
                return self._end(call_id, _number(packet, "Cause"))
            case "Rename":
                self._rename(packet)
            case "DTMFEnd" if self.digits and packet.fields.get("Direction") == "Received":
                call_id = self._by_unique.get(packet.fields.get("Uniqueid", ""), "")
                digit = packet.fields.get("Digit", "")
                return [Pressed(call_id=call_id, digit=digit)] if call_id and digit else []
            case _ if packet.fields.get("Queue") == self._queue:
                return self._queue_event(packet)
        return []

    def renew(
        self, calls: Iterable[Caller], queue: Iterable[Packet], *, keep: Iterable[str] = ()
    ) -> list[Happening]:
        """How things really stand, after a time in which events were lost.

        `keep` are the calls announced while this was asked for.
        """
        happened: list[Happening] = []
        found = {each.call_id: each for each in calls}
        for call_id in set(self._calls) - set(found) - set(keep):
            happened += self._end(call_id, 0)
        for caller in found.values():
            if caller.call_id not in self._calls:
                happened += self._arrive(caller)
        self._operators, self._waiting = {}, {}
        for packet in queue:
            if packet.fields.get("Queue") == self._queue:
                self._queue_event(packet)
        return happened

    def _user_event(self, packet: Packet) -> list[Happening]:
        call_id = packet.fields.get("CallId", "").lower()
        if not _UUID.fullmatch(call_id):
            return []
        match packet.fields.get("UserEvent", ""):
            case "HotlineCall":
                return self._arrive(_announced(call_id, packet))
            case "HotlineMissed":
                if packet.fields.get("Stage") != TALK:
                    self._pass_on(call_id)
                return [Missed(call_id=call_id)]
        return []

    def _arrive(self, caller: Caller) -> list[Happening]:
        if caller.call_id in self._calls or len(self._calls) >= MOST_CALLS:
            return []
        self._calls[caller.call_id] = caller
        self._by_unique[caller.unique_id] = caller.call_id
        return [Arrived(caller=caller)]

    def _end(self, call_id: str, cause: int) -> list[Happening]:
        caller = self._calls.pop(call_id, None)
        if caller is None:
            return []
        self._ended[call_id] = caller
        while len(self._ended) > MOST_REMEMBERED:
            del self._ended[next(iter(self._ended))]
        self._waiting.pop(call_id, None)
        # Who is transferred to us again has a new id on the same channel: both end with it.
        others = [each.call_id for each in self.calls if each.unique_id == caller.unique_id]
        if not others:
            self._by_unique.pop(caller.unique_id, None)
        ended: list[Happening] = [Ended(call_id=call_id, cause=cause)]
        for other in others:
            ended += self._end(other, cause)
        return ended

    def _rename(self, packet: Packet) -> None:
        call_id = self._by_unique.get(packet.fields.get("Uniqueid", ""), "")
        name = packet.fields.get("Newname", "")
        if call_id in self._calls and name:
            self._calls[call_id] = replace(self._calls[call_id], channel=name)

    def _queue_event(self, packet: Packet) -> list[Happening]:
        call_id = self._by_unique.get(packet.fields.get("Uniqueid", ""), "")
        match packet.name:
            case "QueueCallerJoin" | "QueueEntry" if call_id:
                position = _number(packet, "Position")
                self._waiting[call_id] = Waiting(call_id=call_id, position=position)
                self._pass_on(call_id)
                return [Queued(call_id=call_id, waiting=_number(packet, "Count"))]
            case "QueueCallerLeave":
                self._leave(call_id, _number(packet, "Position"))
            case "QueueCallerAbandon" if call_id:
                return [Abandoned(call_id=call_id)]
            case "AgentConnect" if call_id:
                name = packet.fields.get("MemberName", "")
                waited_s = _number(packet, "HoldTime")
                return [Connected(call_id=call_id, operator=name, waited_s=waited_s)]
            case "QueueMemberRemoved":
                self._operators.pop(packet.fields.get("Interface", ""), None)
            case name if name.startswith("QueueMember"):
                self._member(packet)
        return []

    def _pass_on(self, call_id: str) -> None:
        if call_id in self._calls:
            self._calls[call_id] = replace(self._calls[call_id], passed_on=True)

    def _leave(self, call_id: str, position: int) -> None:
        self._waiting.pop(call_id, None)
        for each in self.waiting:
            if each.position > position > 0:
                self._waiting[each.call_id] = replace(each, position=each.position - 1)

    def _member(self, packet: Packet) -> None:
        interface = packet.fields.get("Interface") or packet.fields.get("Location", "")
        if not interface:
            return
        self._operators[interface] = Operator(
            interface=interface,
            name=packet.fields.get("MemberName") or packet.fields.get("Name", ""),
            state=_STATES.get(_number(packet, "Status"), OperatorState.AWAY),
            paused=packet.fields.get("Paused") == "1",
            calls_taken=_number(packet, "CallsTaken"),
        )


def _announced(call_id: str, packet: Packet) -> Caller:
    """A call out of the dialplan's announcement."""
    return Caller(
        call_id=call_id,
        number=packet.fields.get("Caller", ""),
        kind=packet.fields.get("Kind") or "incoming",
        channel=packet.fields.get("Channel", ""),
        unique_id=packet.fields.get("Uniqueid", ""),
    )


def _number(packet: Packet, field: str) -> int:
    value = packet.fields.get(field, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
