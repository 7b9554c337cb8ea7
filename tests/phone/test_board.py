"""The board of calls and operators, from packets alone."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from channels.phone.exchange import board
from channels.phone.exchange.board import Board
from channels.phone.exchange.happenings import (
    Abandoned,
    Arrived,
    Caller,
    Connected,
    Ended,
    Missed,
    Operator,
    OperatorState,
    Queued,
)
from channels.phone.exchange.packets import Packet

QUEUE = "hotline-operators"


def _id(number: int) -> str:
    return str(uuid.UUID(int=number))


def _packet(name: str, **fields: object) -> Packet:
    return Packet(name=name, fields={key: str(value) for key, value in fields.items()})


def _announced(number: int, **fields: object) -> Packet:
    return _packet(
        "UserEvent",
        UserEvent="HotlineCall",
        CallId=_id(number),
        Caller="139",
        Channel=f"PJSIP/trunk-{number}",
        Uniqueid=f"17.{number}",
        **fields,
    )


def _queue(name: str, **fields: object) -> Packet:
    return _packet(name, Queue=QUEUE, **fields)


def test_a_call_through_the_queue_to_an_operator() -> None:
    found = Board(queue=QUEUE)
    happened = [
        each
        for packet in (
            _announced(1),
            _announced(2),
            _queue("QueueCallerJoin", Uniqueid="17.1", Position=1, Count=1),
            _queue("QueueCallerJoin", Uniqueid="17.2", Position=2, Count=2),
            _queue("AgentConnect", Uniqueid="17.1", MemberName="话务员8001", HoldTime=7),
            _queue("QueueCallerLeave", Uniqueid="17.1", Position=1, Count=1),
            _packet("Hangup", Uniqueid="17.1", Cause=16),
            _queue("QueueCallerAbandon", Uniqueid="17.2", Position=1),
            _queue("QueueCallerLeave", Uniqueid="17.2", Position=1, Count=0),
            _packet("UserEvent", UserEvent="HotlineMissed", CallId=_id(2)),
            _packet("Hangup", Uniqueid="17.2", Cause=16),
        )
        for each in found.take(packet)
    ]
    assert [type(each) for each in happened] == [
        Arrived, Arrived, Queued, Queued, Connected, Ended, Abandoned, Missed, Ended,
    ]  # fmt: skip
    assert happened[4] == Connected(call_id=_id(1), operator="话务员8001", waited_s=7)
    assert found.waiting == ()
    assert found.calls == ()
    assert found.caller(_id(1)) is not None


def test_those_behind_move_up_when_one_leaves_the_queue() -> None:
    found = Board(queue=QUEUE)
    for number in (1, 2, 3):
        found.take(_announced(number))
        found.take(
            _queue("QueueCallerJoin", Uniqueid=f"17.{number}", Position=number, Count=number)
        )
    found.take(_queue("QueueCallerLeave", Uniqueid="17.1", Position=1, Count=2))
    assert [(each.call_id, each.position) for each in found.waiting] == [(_id(2), 1), (_id(3), 2)]


def test_survey_ends_with_the_call_that_it_follows() -> None:
    found = Board(queue=QUEUE)
    found.take(_announced(1))
    second = _packet(
        "UserEvent",
        UserEvent="HotlineCall",
        CallId=_id(2),
        Kind="survey",
        After=_id(1),
        Uniqueid="17.1",
        Channel="PJSIP/trunk-1",
    )
    found.take(second)
    ended = found.take(_packet("Hangup", Uniqueid="17.1", Cause=16))
    assert {each.call_id for each in ended if isinstance(each, Ended)} == {_id(1), _id(2)}
    assert found.calls == ()


def test_operators_state_is_that_of_their_telephones() -> None:
    found = Board(queue=QUEUE)
    for status, state in ((1, "ready"), (2, "talking"), (5, "away"), (6, "ringing"), (0, "away")):
        found.take(
            _queue("QueueMemberStatus", Interface="PJSIP/8001", MemberName="一", Status=status)
        )
        assert found.operators[0].state == state
    found.take(_queue("QueueMemberPause", Interface="PJSIP/8001", Status=1, Paused=1))
    assert found.operators == (
        Operator(interface="PJSIP/8001", name="", state=OperatorState.READY, paused=True),
    )
    found.take(_queue("QueueMemberRemoved", Interface="PJSIP/8001"))
    assert found.operators == ()


def test_other_queues_and_calls_are_no_business_of_ours() -> None:
    found = Board(queue=QUEUE)
    strangers = (
        _packet("QueueCallerJoin", Queue="sales", Uniqueid="17.1", Position=1, Count=1),
        _packet("QueueMemberStatus", Queue="sales", Interface="PJSIP/9", Status=1),
        _queue("QueueCallerJoin", Uniqueid="99.9", Position=1, Count=1),
        _packet("Hangup", Uniqueid="99.9", Cause=16),
        _packet("UserEvent", UserEvent="HotlineCall", CallId="nonsense", Uniqueid="1"),
        _packet("UserEvent", UserEvent="Other", CallId=_id(1), Uniqueid="1"),
    )
    assert [found.take(packet) for packet in strangers] == [[]] * len(strangers)
    assert (found.calls, found.operators, found.waiting) == ((), (), ())


def test_state_read_anew_ends_what_is_gone_and_finds_what_is_new() -> None:
    found = Board(queue=QUEUE)
    found.take(_announced(1))
    found.take(_announced(2))
    there = [Caller(call_id=_id(3), number="1", unique_id="17.3")]
    queue = [
        _queue("QueueParams", Calls=1),
        _queue("QueueMember", Name="一", Location="PJSIP/8001", Status=1),
        _queue("QueueEntry", Uniqueid="17.3", Position=1, Wait=5),
    ]
    happened = found.renew(there, queue, keep=[_id(2)])
    assert happened == [Ended(call_id=_id(1), cause=0), Arrived(caller=there[0])]
    assert {each.call_id for each in found.calls} == {_id(2), _id(3)}
    assert [each.call_id for each in found.waiting] == [_id(3)]
    assert found.operators[0].name == "一"


def test_board_is_bounded() -> None:
    found = Board(queue=QUEUE)
    for number in range(board.MOST_CALLS + 10):
        found.take(_announced(number))
    assert len(found.calls) == board.MOST_CALLS
    for number in range(board.MOST_CALLS):
        found.take(_packet("Hangup", Uniqueid=f"17.{number}", Cause=16))
    assert found.calls == ()
    remembered = sum(found.caller(_id(n)) is not None for n in range(board.MOST_CALLS))
    assert remembered == board.MOST_REMEMBERED


_PACKETS = st.builds(
    Packet,
    name=st.sampled_from(
        ["UserEvent", "Hangup", "Rename", "DTMFEnd", "AgentConnect", "QueueMemberStatus",
         "QueueCallerJoin", "QueueCallerLeave", "QueueEntry"]
    ),
    fields=st.dictionaries(
        st.sampled_from(
            ["CallId", "Uniqueid", "Queue", "Position", "Count", "Status", "Interface", "Cause",
             "UserEvent", "Newname", "Digit", "Direction"]
        ),
        st.sampled_from([QUEUE, _id(1), _id(2), "HotlineCall", "HotlineMissed", "1", "2", "-3",
                         "", "²", "9" * 20, "Received"]),
    ),
)  # fmt: skip


@given(st.lists(_PACKETS, max_size=40))
def test_any_packets_leave_a_board_that_agrees_with_itself(received: list[Packet]) -> None:
    found = Board(queue=QUEUE, digits=True)
    arrived: set[str] = set()
    ended: set[str] = set()
    for packet in received:
        for each in found.take(packet):
            if isinstance(each, Arrived):
                arrived.add(each.caller.call_id)
                ended.discard(each.caller.call_id)
            elif isinstance(each, Ended):
                ended.add(each.call_id)
    living = {each.call_id for each in found.calls}
    assert living == arrived - ended
    assert {each.call_id for each in found.waiting} <= living


def test_call_that_was_with_the_operators_or_the_recorder_is_known_as_passed_on() -> None:
    found = Board(queue=QUEUE)
    for number in (1, 2, 3):
        found.take(_announced(number))
    found.take(_queue("QueueCallerJoin", Uniqueid="17.1", Position=1, Count=1))
    found.take(_packet("UserEvent", UserEvent="HotlineMissed", CallId=_id(2), Stage="missed"))
    found.take(_packet("UserEvent", UserEvent="HotlineMissed", CallId=_id(3), Stage="talk"))
    found.take(_packet("Hangup", Uniqueid="17.1", Cause=16))
    known = [found.caller(_id(number)) for number in (1, 2, 3)]
    assert [each and each.passed_on for each in known] == [True, True, False]
