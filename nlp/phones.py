"""Telephone numbers in a text, and which of them the speaker calls his own.

A number that somebody names is mostly another's: the contractor's, the dealer's. Only one that he
says is his may be rung, or shows that a ticket is his.
"""

import re

MOST_NUMBERS = 3

_NUMBER = r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d{9}|0\d{2,3}-?[2-8]\d{6,7})(?!\d)"
_ME = r"(?<![给叫让骂骗催找向问对])(?:我|俺|本人)(?:自己|本人|家里?|这边)?的?(?!们)"
_NOUN = r"(?:联系)?(?:手机|电话|座机|号码?|微信|方式)+(?:号码?)?"
_LINK = r"(?:[，,\s]*(?:就|也)?(?:是|为|:|：)?\s*)"
_NAMED = rf"(?:我|俺)(?:叫|姓)[^，,。\d]{{1,8}}[，,\s]*(?:我的?)?{_NOUN}"  # 我叫张三，电话…
_CALL_ME = (
    r"(?:^|(?<=[，。,.;；!！?？\s了请])|(?<=麻烦)|(?<=可以)|(?<=直接)|(?<=随时)|(?<=有事)|(?<=后))(?:"
    r"(?:打|拨|联系|回复|通知|找)(?:给|到)?(?:我|俺)(?:本人)?|"
    r"给(?:我|俺)(?:来|打|回)(?:个|一个)?(?:电话|信儿?)|"
    r"(?:打|回|拨)(?:个|一个)?(?:电话|这个号码?)?给(?:我|俺)|(?:请|麻烦|尽快)回(?:个)?电(?:话)?)"
    rf"(?:的?{_NOUN})?"
)
_FIND = re.compile(_NUMBER)
_BEFORE = re.compile(rf"(?:{_ME}{_NOUN}|{_NAMED}|{_CALL_ME}){_LINK}{_NUMBER}")
_AFTER = re.compile(
    rf"{_NUMBER}[，,\s]*(?:这|那)?(?:就|才)?(?:是|为)(?:我|俺|本人)(?:自己|家)?的?{_NOUN}"
)
_PESTERED = re.compile("骚扰|诈骗|推销|催收|冒充|恐吓|威胁")  # then 打我 tells what others do


def find(text: str) -> tuple[str, ...]:
    """The numbers in a normalised text, in order, each once."""
    return tuple(dict.fromkeys(found.group(1) for found in _FIND.finditer(text)))[:MOST_NUMBERS]


def own(text: str) -> str:
    """The number that the speaker calls his own: 我的电话是…, 打我…, 联系我…; empty for none."""
    for found in (*_BEFORE.finditer(text), *_AFTER.finditer(text)):
        called = re.match(_CALL_ME, found.group())
        if not (called and _PESTERED.search(text)):
            return found.group(1)
    return ""
