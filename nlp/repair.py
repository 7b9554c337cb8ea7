"""What somebody answers who has heard his own matter read back: yes, or what is wrong with it.

"不是路灯，是井盖" denies one thing and means another; spoken words come without marks.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

MOST_CHARACTERS = 400  # of an answer; beyond that only its beginning is looked at


class Slot(StrEnum):
    """Which part of the read-back is spoken of by its own name."""

    PLACE = "place"  # 地方不对
    MATTER = "matter"  # 事情不对
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What an answer says of a read-back.

    `agrees`: it begins with a yes, and `rest` comes after that. `denies`: it says no. `meant` is
    what is so (instead of `denied`, where that is named); `adds`: it comes on top (还有).
    """

    agrees: bool = False
    denies: bool = False
    adds: bool = False
    rest: str = ""
    denied: str = ""
    meant: str = ""
    slot: Slot = Slot.NONE


def read(text: str) -> Repair:
    """What a normalised answer says; nothing is looked up: what agrees may name another place."""
    bare = _FILLERS.sub("", text[:MOST_CHARACTERS].strip(_MARKS))
    slot, after = _slot(bare)
    if (slot is not Slot.NONE and not after) or _CHANGES_IT.fullmatch(bare):
        return Repair(denies=True, slot=slot or Slot.PLACE)
    no = _NO.match(after)
    if no:
        denied, meant = _instead(after[no.end() :])
        return Repair(denies=True, denied=denied, meant=meant, slot=slot)
    inside = _DENIES.search(bare)
    if inside:
        denied, meant = _instead(bare[inside.end() :])
        return Repair(denies=True, denied=denied, meant=meant)
    yes = _YES.match(bare)
    if yes:
        rest = bare[yes.end() :].strip(_MARKS)
        return Repair(agrees=True, rest=rest, meant=_plain(rest or bare))
    adds = _ADDS.match(bare)
    return Repair(adds=adds is not None, meant=_plain(bare[adds.end() :] if adds else bare))


def last(text: str) -> Repair:
    """What the last denial in a text says: 东韩村路灯坏了，说错了，不是东韩是西韩 means 西韩."""
    denials = list(_DENIES.finditer(text[:MOST_CHARACTERS]))
    if not denials:
        return read(_MORE.sub("", text))
    start = denials[-1].start()
    named = _NAMED_BEFORE.search(text[:start])
    return read(text[named.start() if named else start :])


def added(text: str) -> str:
    """补充：灯杆也歪了: what is added, without the word for it."""
    return _ADDED.sub("", text) or text


def gives_up(text: str) -> bool:
    """算了, 不用了: he wants nothing written down."""
    return bool(_GIVES_UP.fullmatch(text.strip(_MARKS)))


def lets_be(text: str) -> bool:
    """算了不用了, 我不想说了: said of what is written down already, he may want it withdrawn."""
    return bool(_LETS_BE.fullmatch(text.strip(_MARKS)))


def _slot(bare: str) -> tuple[Slot, str]:
    """The part that is spoken of by name, and what is said of it."""
    named = _SLOT.match(bare)
    if named is None:
        return Slot.NONE, bare
    after = bare[named.end() :]
    if after and not _NO.match(after):
        return Slot.NONE, bare
    return (Slot.PLACE if named.group("place") else Slot.MATTER), after


def _instead(rest: str) -> tuple[str, str]:
    """Of 路灯，是井盖 the two: what is denied, and what is meant instead."""
    rest = rest.strip(_MARKS)
    for words in (_IS, _AT):
        found = words.search(rest)
        if found:
            denied = "" if found.start() == 0 else _plain(rest[: found.start()])
            return denied, _plain(rest[found.end() :])
    return "", _plain(rest)


def _plain(words: str) -> str:
    return _LEAD.sub("", words.strip(_MARKS)).strip(_MARKS)


_MARKS = " ，。！？、,.!?~…；;：:"
_FILLERS = re.compile(r"^(?:[嗯啊哎呃唉哦噢诶欸喂哟]+[ ，。,.！!]*(?=.))+")
_SLOT = re.compile(
    r"(?:就?是|这个|那个|你|您)*(?:(?P<place>地点|地方|地址|位置|村名|村子|哪个村|乡镇|村|镇)|"
    r"(?P<matter>事情|事儿?|问题|内容|东西))(?:名字?)?(?:你|您)?(?:都|也|就|给)?"
)
_NO = re.compile(
    r"(?:(?:你|您|我|我刚才|刚才|这|又|还|还是|又说)?"
    r"(?:不是|不对|不在|不叫|(?:[说听弄搞记写认]得?)?错|没[说听]对|no|不(?=[，。 ]))"
    r"(?:的|了|啦|啊|呀|吧|呢)*[ ，。,.！!]*)+"
)
_PLACE_NAME = r"(?:地址|地点|地方|位置|村名)"
_CHANGES = (  # 我改个地址, 地址改成西韩村
    rf"(?:改|更正|修改|更改)(?:一?[个下])?{_PLACE_NAME}(?:成|为|到)?|"
    rf"{_PLACE_NAME}(?:得|要|想|给|应该)*(?:改|更正)(?:成|为|到|一下|下)?(?![造建善])"
)
_DENIES = re.compile(rf"不是|不对(?!劲)|[说听弄搞记又写填报]错了?|{_CHANGES}")
_NAMED_BEFORE = re.compile(rf"{_PLACE_NAME}(?:都|也|就|给|是|你|您)*$")
_CHANGES_IT = re.compile(
    rf"(?:我|俺|要|想|得|给|帮|把|请|麻烦|刚才|那个)*(?:{_CHANGES})(?:吧|了|啊|呀|行不|行吗|一下)*"
)
_IS = re.compile(r"而是|应该是|我?说的是|我是说|我的意思是|就是|是在|是(?![不否])")
_AT = re.compile(r"应该在|改成|换成|叫|在")
_LEAD = re.compile(
    r"^(?:我|我们|俺|俺们|那|它|这|人家)?(?:说的)?(?:而是|应该是|应该在|应该|就是|是在|是|在|叫|改成|换成)*"
)
_YES = re.compile(
    r"(?:(?:对(?![不面门过外个])|没错|正确|没问题|就是|可以|说得对|得嘞|"
    r"行(?![政人车])|中(?![间学国医心午部])|好(?![像几多些吃看])|是(?![不谁啥什哪])|嗯)"
    r"(?:的|了|啊|呀|嘞|吧|哈)*[ ，。,.！!]*)+"
)
_ADDS = re.compile(r"^(?:还有|另外|再就是|顺便|还|也|再)(?:一个|一件|个)?(?:事儿?|就是)?[ ，,]*")
_LETS_BE = re.compile(
    r"(?:那|就|先|我|俺)*(?:(?:算了|拉倒)(?:吧|了|啊)*[ ，。,]*"
    r"(?:(?:不用|不要|不必|不办|不报|不弄|不反映|不说|不麻烦|不管|别来|别管|没事|(?:我|俺)?自己)[^，。]{0,6})?|"
    r"(?:不想|不愿|懒得)(?:再)?(?:说|反映|报|弄|追究|管)[^，。]{0,4}|"
    r"(?:不用|别)(?:再)?(?:来|派人|麻烦|管|修|处理|办)(?:了|你们了|人了)+|"
    r"不(?:办|报|反映|告|投诉|追究)了)[ ，。,!！]*"
)
_MORE = re.compile(r"^(?:我|再)*(?:补充|更正)(?:一下|一点)?[：:，, ]*")
_ADDED = re.compile(r"^(?:我|再|要|想)*补充(?:一下|一点|说明)*[：:，, ]*")
_GIVES_UP = re.compile(
    r"(?:(?:那就|那|就|先)?(?:算了|拉倒|不用|不要|不必|不办|不报|不弄|不反映|不说|不登记)"
    r"(?:吧|了|啊|呀|管|办|报|登记|记|麻烦|谢谢)*[ ，。,]*)+"
)
