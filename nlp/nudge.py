"""What somebody says who waits for what he has told: he asks when, or he presses.

To whoever knows of no ticket the same words tell something, so only who knows of one asks here.
"""

import re
from enum import StrEnum

MOST_CHARACTERS = 24  # a longer message tells more than impatience


class Nudge(StrEnum):
    """What he wants of a ticket that he has already."""

    ASKS = "asks"  # 什么时候能修好
    PRESSES = "presses"  # 你们怎么还不来人, 催一下


def of(text: str) -> Nudge | None:
    """What a normalised text wants; None where it tells anything else."""
    plain = _TOPIC.sub("", text.strip(_MARKS))
    if not plain or len(plain) > MOST_CHARACTERS:
        return None
    if _PRESSES.search(plain):
        return Nudge.PRESSES
    return Nudge.ASKS if _ASKS.search(plain) else None


_MARKS = " ，。！？、,.!?~…；;：:"
_TOPIC = re.compile(r"^[\u4e00-\u9fff]{0,8}的?(?:事|问题)儿?[，, ]+")
_DONE = "(?:来|修|弄|办|处理|解决|清|拉|派|好|回)"
_ASKS = re.compile(
    rf"(?:什么|啥|几)时候?(?:才|就|能|会|可以|给|有|到|去|{_DONE})|"
    rf"(?:多久|多长时间|几天|哪天)(?:才|能|会|可以|给)*(?:有|{_DONE})|"
    r"^(?:那|这|现在)?(?:有人|来人|派人|安排人?|修|弄|办|处理|解决|清)(?:管|来|修|看|好|完)?了?(?:没有?|吗)$|"
    r"^(?:有没有|有)(?:结果|动静|信儿?|消息|回音|人[管来修])了?(?:没有?|吗)?$|"
    r"^(?:现在)?[咋怎]么?样了?$|还没(?:有)?(?:动静|信儿?|消息|结果|回音)|等你们?(?:的)?(?:信儿?|消息|电话)"
)
_PRESSES = re.compile(
    r"^(?:麻烦|请|给我|帮我|再|我要|我想|你们?)*催(?:一?[下催]|促|办)?|"
    rf"(?:怎么|咋|为啥|为什么)(?:还|都|就|老|也)*是?(?:不|没)有?人?(?:管|理|给|见|{_DONE})|"
    r"到底(?:还)?(?:管|来|修)不|管不管|还管(?:不管|吗)|到底(?:有没有人|谁管|啥时|什么时)|"
    r"(?:说|反映|报)(?:了|过)?都?(?:多少|好几|无数|八百)(?:遍|回|次)|"
    r"(?:抓紧|赶紧|赶快|快点|快些|尽快)(?:时间)?(?:[给派来]|修|弄|办|处理|解决|吧|啊|$)|^快[来派修]|"
    r"等(?:着用|不及|不了)|^(?:你们)?(?:都|就|根本|是不是|还是|又)*没人(?:管|理|来)|"
    r"(?:又|还是?)没(?:有)?人?来|^你们?(?:就是|都)?不(?:管|理|来)"
)
