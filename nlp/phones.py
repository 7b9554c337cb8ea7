"""Telephone numbers in a text, and which of them the speaker calls his own.

A number that he says is his is his, and so is the only one at the end or the beginning of a
matter in which nobody else comes up: 俺家没水了，电话139…. Where somebody does (the contractor, the
dealer, who rings day by day) it may be theirs: it is not to be rung then, and proves nothing.
"""

import re

MOST_NUMBERS = 3

_NUMBER = r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d{9}|0\d{2,3}-?[2-8]\d{6,7})(?!\d)"
_ME = r"(?<![给叫让骂骗催找向问对])(?:我|俺|本人)(?:自己|本人|家里?|这边)?的?(?!们)"
_NOUN = r"(?:联系)?(?:手机|电话|座机|号码?|微信|方式)+(?:号码?)?"
_LINK = r"(?:[，,\s]*(?:就|也)?(?:是|为|:|：)?\s*)"
_NAMED = rf"(?:我|俺)(?:叫|姓)[^，,。\d]{{1,8}}[，,\s]*(?:(?:我的?)?{_NOUN})?"  # 我叫张三，电话…
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
_ASKS_BACK = re.compile(  # 139… 你给我打电话
    rf"{_NUMBER}[，,\s]*(?:"
    r"(?:你们?|您|请|麻烦|有事|有信儿?|直接|可以|就)+(?:给|跟|和)?(?:我|俺|咱)?(?:来|打|回|拨|联系|说)|"
    r"(?:给|跟)(?:我|俺|咱)(?:来|打|回)(?:一?个)?(?:电话|信儿?)(?=$|[，。,.！!?？吧啊呀])|"
    r"(?:打|拨|回)(?:给(?:我|俺)|这个)|联系(?:我|俺)|回(?:个)?电)"
)
_ONE_AT_AN_END = re.compile(
    rf"(?:^{_LINK}(?:{_NOUN})?{_LINK}{_NUMBER}(?!\d)|"
    rf"(?:{_NOUN}{_LINK})?{_NUMBER}[，,。\s]*(?:谢谢(?:你们|您)?|麻烦了?|急|等着)*[。！!，,\s]*$)"
)
_SOMEBODY_ELSE = re.compile(
    r"[他她](?!们)|老板|工头|骗|中介|司机|商家|卖家|店主|房东|贩|负责人|经理|邻居|对方|师傅|支书|书记|村长|主任|"
    r"队长|站长|所长|(?:叫|姓)[\u4e00-\u9fff]|(?:这|那)个?号|打(?:不通|来|我|俺|了)|没人接|接通|来电|短信|广告|"
    r"贴|卖|欠|举报|投诉|扣费|话费|中奖|贷款|充值|停机|号码(?:是|归)|[老总]是?给|天天|给[我俺]的|"
    r"骚扰|诈骗|推销|催收|冒充|恐吓|威胁"
)
_OFFICE = re.compile(
    rf"(?:[所站局厂店院校处队行司业里]|村委会?|中心|物业|服务|客服|值班|办公室?|报修|公司|大厅)的?{_NOUN}"
)
LEAST_TOLD = 4  # characters of a matter beside it
_PESTERED = re.compile("骚扰|诈骗|推销|催收|冒充|恐吓|威胁")  # then 打我 tells what others do


def find(text: str) -> tuple[str, ...]:
    """The numbers in a normalised text, in order, each once."""
    return tuple(dict.fromkeys(found.group(1) for found in _FIND.finditer(text)))[:MOST_NUMBERS]


def own(text: str) -> str:
    """The number that the speaker calls his own: 我的电话是…, 打我…, 联系我…; empty for none."""
    if not _FIND.search(text):
        return ""
    for found in (*_BEFORE.finditer(text), *_AFTER.finditer(text)):
        called = re.match(_CALL_ME, found.group())
        if not (called and _PESTERED.search(text)):
            return found.group(1)
    return _at_an_end(text)


def _at_an_end(text: str) -> str:
    """The number that nobody else can have meant."""
    found = _ASKS_BACK.search(text)
    if found and not _PESTERED.search(text):
        return found.group(1)
    found, numbers = _ONE_AT_AN_END.search(text), find(text)
    if found is None or len(numbers) != 1:
        return ""
    beside = text[: found.start()] + text[found.end() :]
    told = sum("\u4e00" <= character <= "\u9fff" for character in beside)
    another = _SOMEBODY_ELSE.search(text) or _OFFICE.search(text)
    return "" if another or told < LEAST_TOLD else numbers[0]
