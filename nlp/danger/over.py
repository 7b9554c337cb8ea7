"""Does somebody say that a danger is over, and nothing else? Pure.

Whatever stands beside it makes it anything but over: 人快不好了, 没救上来了, 醒了不会说话.
"""

import re

MOST_CHARACTERS = 24  # who says more says something else too
_MARKS = r"[\s，。！、,.!~～…]"
_KIN = r"(?:娘|爹|妈|爸|娃|孩子|闺女|儿子|奶奶|爷爷|老伴|媳妇)"
_WHO = rf"(?:人|火|明火|大火|孩子|娃|老人|(?:我|俺)家?的?{_KIN})"
_ENDED = (
    r"(?:找[着到]|扑灭|灭|救[上出]来|醒(?:过来)?|回来|回家|抬走|散)了|(?:是|一场)*误会(?:了|一场)?|"
    r"(?:是)?(?:我|俺)?弄错了|(?:你们?|恁们?)?(?:都)?(?:不用|别)再?过?来人?了"
)
_NOTHING = r"没(?:啥|什么)?事儿?了|(?:是|一场)*虚惊(?:一场)?|(?:是)?误报(?:了)?"
_KIND = (
    r"(?:谢谢|多谢|谢了|感谢|麻烦|辛苦|放心)(?:你们?|您|恁们?|大家)?|[啊呀吧哩嘞了]|"
    r"(?:好了?|嗯|哦)(?=[，, ])"
)
_OVER = re.compile(
    rf"(?:{_MARKS}|(?:{_WHO})?(?:已经|都|刚刚?|现在|可算|终于)*(?:{_ENDED})|"
    rf"(?:现在|已经|都)*(?:{_NOTHING})|{_KIND})+"
)
_SAYS = re.compile(f"{_ENDED}|{_NOTHING}")
_NO_DANGER = re.compile(_NOTHING)


def ended(text: str) -> bool:
    """找着了谢谢, 火灭了: it has ended; what we have asked may still be of use."""
    short = len(text) <= MOST_CHARACTERS
    return short and bool(_OVER.fullmatch(text) and _SAYS.search(text))


def is_nothing(text: str) -> bool:
    """没事了, 虚惊一场: there is nothing left to ask."""
    return ended(text) and bool(_NO_DANGER.search(text))
