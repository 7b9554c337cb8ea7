"""What somebody says of a result that he was told: solved or not, satisfied or not.

The same words mean nothing of the kind elsewhere (没修 tells a matter to who knows of no result),
so only whoever knows that a result was told asks here.
"""

import re

from nlp.understanding import RequestKind

MOST_CHARACTERS = 80  # a longer message tells a matter, whatever else it says

_UNSOLVED = re.compile(
    r"(?:没有?|未)(?:给)?(?:我|俺|咱)?(?:们)?(?:解决|修|办|弄|处理|落实|好(?!评)|通|亮|人[来修管弄]|来人|来修|动静)|"
    r"还(?:是)?(?:没|不)(?:有)?(?:修|好|亮|通|行|解决|办|处理|弄|来|人|热|能)|还(?:是)?(?:那样|老样子|坏的|漏|堵)|"
    r"(?:根本|压根)(?:就)?没|不属实|不实|(?:是)?假的|骗人|糊弄|又(?:坏|堵|漏|停|灭|不亮|不通)了?|白修|解决不了"
)
_SOLVED = re.compile(
    r"(?<![没未不])(?:解决|修好|弄好|办好|处理好|办完|修完|清完|搞定|落实|修上|安上|换好)(?:了|啦|完了|好了|妥了)|"
    r"(?:能用|能亮|亮|通|好)了|(?<!不)属实|没问题了?$"
)
_UNSATISFIED = re.compile(
    r"(?<!没)(?<!没有)(?<!没啥)(?<!没什么)不(?:是)?(?:太|很|怎么|大|够|咋)?(?:很)?满意|差评|(?:太|很|真)差|差劲|不咋样|不咋地|不怎么样"
)
_SATISFIED = re.compile(
    r"满意|好评|(?:挺|很|真|太)(?:好|棒|快)|还行|还可以|还不错|(?<!还)不错|不赖|不差|凑合"
    r"|没有?(?:啥|什么|任何)?(?:意见|不满)"
)
_ASKS = re.compile(r"[吗么呢？?]$|(?:了没有?|没有)$|什么时候|啥时候|几时|多久|[咋怎]")
_HOLLOW = re.compile(r"不咋样|不咋地|不怎么样|不咋满意|不怎么满意")  # no question for all their 咋


def of(text: str) -> tuple[RequestKind, ...]:
    """What a normalised text judges: at most one of each pair, empty where it judges nothing."""
    plain = text.strip(" ，。！,.!~～…")
    if not plain or len(plain) > MOST_CHARACTERS or _ASKS.search(_HOLLOW.sub("", plain)):
        return ()
    found: list[RequestKind] = []
    if _UNSOLVED.search(plain):
        found.append(RequestKind.UNSOLVED)
    elif _SOLVED.search(plain):
        found.append(RequestKind.SOLVED)
    if _UNSATISFIED.search(plain):
        found.append(RequestKind.UNSATISFIED)
    elif _SATISFIED.search(plain):
        found.append(RequestKind.SATISFIED)
    return tuple(found)
