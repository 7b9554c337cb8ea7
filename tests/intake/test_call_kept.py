"""Nothing that is told by telephone is lost, whatever is said in whatever order and however it ends."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.message import Contact
from tests.intake.resident import Resident, Village

LAMP = "东韩村村口的路灯坏了三天了没人修"
TELLS = (
    LAMP,
    "路灯坏了",
    "小区门口的垃圾没人清理臭得很",
    "东韩村停水两天了",
    "昨天到现在一直没电",
    "东韩村有人家着火了",
    "路灯坏了。还有东韩村停水了",
    "还有井盖丢了",
)
TALK = (
    *(
        "对",
        "不对",
        "不是，是西韩村",
        "地方不对",
        "在东韩村",
        "韩村",
        "算了",
        "撤单",
        "查询",
        "谢谢",
    ),
    *("你好", "再说一遍", "等一下", "转人工", "不撤了", "啊", "喂", "再见", ""),
)
ENDS = ("hangup", "handover:没听懂", "missed", "")
WORDS = st.tuples(st.sampled_from((*TELLS, *TALK)), st.sampled_from((3, 20, 90)))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=st.lists(WORDS, min_size=1, max_size=9), end=st.sampled_from(ENDS))
async def test_whatever_is_said_in_a_call_is_in_a_ticket_after_it(
    village: Village, said: Sequence[tuple[str, int]], end: str
) -> None:
    caller = village.newcomer()
    told: list[str] = []
    for words, after_s in said:
        waiting = await caller.untold()
        keys = await call(caller, words, after_s)
        told += village.demands(words.removeprefix("还有")) if words in TELLS else []
        if "dropped" in keys:  # he has heard what would be written down, and does not want it
            told = [each for each in told if not any(each in text for text in waiting)]
        await kept(caller, told)
    if end:
        await call(caller, "", 2, event=end)
    await caller.is_silent(days=1)
    assert await caller.untold() == []
    await kept(caller, told)


async def call(caller: Resident, words: str, after_s: float, event: str = "") -> list[str]:
    """The keys of what he hears."""
    sender = Contact(scheme="tel", path=f"+861390000{int(caller.name[1:]):04d}")
    thread = f"call:{caller.name}"
    return await caller.says(
        words, after_s, sender=sender, thread=thread, spoken=True, channel="phone", event=event
    )


async def kept(caller: Resident, told: Sequence[str]) -> None:
    """All of it is in a ticket, or will be read back; and what waits has a deadline."""
    texts = [*await caller.tickets(), *await caller.untold()]
    assert [each for each in told if not any(each in text for text in texts)] == []
    state = await caller.remembered()
    assert not (state.texts or state.pending) or state.due_at is not None
