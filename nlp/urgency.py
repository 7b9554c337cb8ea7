"""How fast somebody must act: danger words that are meant, not denied, asked about or a manner
of speaking.
"""

import re

from nlp.understanding import Urgency

_DANGER = re.compile(
    "着火|起火|失火|火灾|冒烟了|烧起来|着了火|爆炸|煤气泄漏|燃气泄漏|天然气泄漏|漏气|煤气中毒|一氧化碳|煤烟中毒|"
    "触电|漏电|电线掉|电线断了?落|高压线掉|电着人|溺水|落水|掉(?:到|进|下)(?:河|井|坑|水|沟)|淹着|"
    "(?:房|墙|楼|桥)[^，。]{0,4}(?:塌|倒)了|塌方|坍塌|垮塌|埋(?:住|在)|自杀|不想活|跳楼|喝农药|喝药|上吊|割腕|轻生|"
    "杀人|砍人|捅人|拿刀|持刀|打死|要出人命|出人命|打起来|打群架|斗殴|聚众|械斗|家暴|打老婆|强奸|绑架|抢劫|"
    "昏倒|晕倒|没气了|没呼吸|大出血|被困|困在|救命|撞死|撞伤|撞人|有人受伤|走失|走丢|孩子丢|老人丢|中毒|炸了"
)
_DENIED = re.compile(
    "没有?|不是|并非|未|防止|预防|避免|以防|谨防|杜绝|别|不会|怕|担心|以免|万一|如果|要是|容易|可能|隐患|假如|会不会|差点"
)
_ASKED = re.compile(
    "电话是多少|怎么(?:办|处理|预防|赔)|知识|培训|演练|宣传|险|补偿|赔偿|保险|去年|前年|上个?月|以前|曾经|上次|认定"
)
_MANNER = re.compile(
    "气炸|炸了锅|气得|忙得|急得|火了|电话打?爆|爆炸头|人气|热得|吓死|累死|笑死|烦死|爆满"
)
_URGENT = re.compile(
    "停水|断水|没有?水(?:用|吃|喝)?|水(?:停|断)了|停电|断电|没有?电|电(?:停|断)了|跳闸|停气|没有?气|断气|停暖|没有?暖气|暖气不热|"
    "不供暖|不热|水管(?:爆|破|裂)|爆管|跑水|井盖(?:没|丢|不见|掉)|变压器(?:坏|烧)|管道破裂|冒(?:污|粪)水|倒灌"
)
_LOOK_BACK = 8
_LOOK_AHEAD = 12


def judge(text: str) -> tuple[Urgency, tuple[str, ...]]:
    """The urgency of normalised text, with the danger (or urgent) words that decided."""
    danger = tuple(dict.fromkeys(m.group() for m in _DANGER.finditer(text) if _meant(text, m)))
    if danger:
        return Urgency.DANGER, danger
    urgent = tuple(dict.fromkeys(m.group() for m in _URGENT.finditer(text)))
    return (Urgency.URGENT, urgent) if urgent else (Urgency.NORMAL, ())


def _meant(text: str, match: re.Match[str]) -> bool:
    """Is the word said of something that is happening?"""
    start, end = match.start(), match.end()
    clause_start = max(text.rfind(mark, 0, start) for mark in "，。！？；,.!?;") + 1
    before = text[max(clause_start, start - _LOOK_BACK) : start]
    around = text[max(0, start - 4) : end + _LOOK_AHEAD]
    if _DENIED.search(before) and not before.endswith(("怎么没", "没人管")):
        return False
    return not (_MANNER.search(around) or _ASKED.search(before + text[start : end + _LOOK_AHEAD]))
