"""Which danger it is, for who must say at once what to do: one kind, the most urgent.

A table's danger is near to that, but people who drank poison are helped otherwise than people who
think of it, and of a cry for help alone nobody knows what it is about.
"""

import re
from collections.abc import Sequence

from nlp.danger.rules import Match

GENERAL = ""  # a danger, nobody can say which
KINDS = (  # where several are told, whose advice comes first
    "fire",
    "gas",
    "electric",
    "water",
    "flood",
    "leak",
    "blast",
    "poison",
    "suicide",
    "bite",
    "violence",
    "fall",
    "traffic",
    "collapse",
    "missing",
    "medical",
    "trapped",
    "crowd",
    "theft",
    "fraud",
)
LESSER = frozenset(("bite", "theft", "fraud"))  # no alarm of themselves; something to do at once

_BY_RULE = {
    "喝了农药": "poison",
    "把农药喝了": "poison",
    "吃了很多药": "poison",
    "高处往下跳": "suicide",
    "高处要跳": "suicide",
    "烟感响了": "fire",
    "放火": "fire",
    "救命": GENERAL,
    "惨叫呼救": GENERAL,
    "出人命": GENERAL,
    "发现尸体": GENERAL,
    "捡到弃婴": GENERAL,
    "发现死人": GENERAL,
}
_BITTEN = re.compile(r"(?:狗|犬|藏獒|猫).{0,8}(?:咬|抓伤|扑)|咬.{0,4}[狗犬]")
_HURT = frozenset(("violence", "medical", "poison"))
_FELL_IN = re.compile("[塌倒垮]了|坍塌|塌方|砸")
_CHOKES = re.compile("憋|噎|呛|卡(?:住|着|在|嗓)|[发都]紫")
_POISON = re.compile("药|毒|敌敌畏|百草枯|汽油|酒精|洗|碱|消毒")
_WIRES = re.compile("电线|高压线|电杆|电缆")
_BURNS = re.compile("[房屋家楼店厂库车柴麦草][^，。！？]{0,6}(?:着|烧|起火|引燃)")
_BEDS = ("炕", "床")  # who falls out of bed lies in no pit
_MEANS_TO = re.compile(r"(?:要|想|准备|打算|不如)(?:去)?(?:喝|吃|吞)[^，。了]{0,3}药(?!了)")


def most_urgent(text: str, meant: Sequence[Match]) -> str:
    """The kind whose advice comes first; what is said outright before a mere sign."""
    named = sorted(
        (match.rule.weak, KINDS.index(kind))
        for match in meant
        if (kind := of(text, match)) != GENERAL
    )
    return KINDS[named[0][1]] if named else GENERAL


def of(text: str, match: Match) -> str:
    """The kind of one danger that was found."""
    said = text[match.start : match.end]
    if match.rule.danger in _HURT and _BITTEN.search(said):
        return "bite"
    if match.rule.danger == "traffic" and said.startswith("压着") and _FELL_IN.search(text):
        return "collapse"
    if match.rule.danger == "fire" and _WIRES.search(text) and not _BURNS.search(text):
        return "electric"  # 电线掉地上冒火花: nobody is in a house that burns
    if match.rule.danger == "poison" and _CHOKES.search(text) and not _POISON.search(text):
        return "medical"
    if match.rule.danger == "fall" and said.startswith(_BEDS):
        return "medical"
    if _drinks(match) and _MEANS_TO.search(text):
        return "suicide"
    return _BY_RULE.get(match.rule.name, match.rule.danger)


def is_lesser(text: str, match: Match) -> bool:
    """Something to do at once, and no alarm: a dog's bite that is told of as people's blows are."""
    if match.rule.danger in LESSER:
        return True
    return match.rule.danger == "violence" and of(text, match) == "bite"


def _drinks(match: Match) -> bool:
    return match.rule.danger == "poison" or _BY_RULE.get(match.rule.name) == "poison"
