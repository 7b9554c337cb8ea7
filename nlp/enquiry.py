"""Does somebody only ask when an office is open, or where something is done? Pure.

社保局几点上班, 办身份证去哪: whoever knows it answers at once; no ticket of seven days answers it.
It is the whole message, and nothing in it is amiss: 路灯坏了归谁管 tells of a lamp.
"""

import re

MOST_CHARACTERS = 20  # a longer message tells why, and more

_ASKING = r"(?:请问|你好|您好|问一?下|(?:我|俺)?想?问问|[，, ])*"
_END = r"[啊呀呢哩嘞]*[。？?]*"
_OPEN = r"(?:上班|下班|开门|关门|办公|营业)"
_OFFICE = (
    r"(?:[\u4e00-\u9fff]{0,8}(?:局|(?<![厕场])所|院|厅|处|办|中心|大队|村委会?|居委会?|银行|窗口|社保|医保|民政|"
    r"政府)(?:的)?)?"
)
_WHEN = (
    r"(?:周[末一二三四五六日天]|星期[一二三四五六日天]|礼拜[一二三四五六日天]|双休日?|节假日|过[节年]|国庆|"
    r"[五十]一|春节|元旦|中秋|清明|端午|中午|晌午|上午|早上|下午|晚上|今儿?天?|明儿?天?)"
)
_HOURS = re.compile(
    rf"{_ASKING}{_OFFICE}{_WHEN}?(?:是|都)?(?:"
    rf"(?:几|多少)点(?:钟)?(?:到几点)?{_OPEN}|{_OPEN}(?:的)?时间(?:是)?(?:几点|什么时间|啥时候)?"
    rf"){_END}|"
    rf"{_ASKING}{_OFFICE}{_WHEN}{_OFFICE}(?:还|也)?"
    rf"(?:{_OPEN}(?:吗|么|不|没有?)|上不上班|开不开门|办不办公|营不营业){_END}"
)
_DO = r"(?:办理?|补办?|登记)"
_AT = (
    r"(?:去|上|到|在)(?:哪(?:个?(?:部门|单位|窗口|地方|局)|里|儿|块儿?)?|"
    r"(?:啥|什么)(?:地方|部门|单位))"
)
_WHERE = re.compile(
    rf"{_ASKING}(?:(?:我|俺)?想?{_DO}[\u4e00-\u9fff]{{1,8}}{_AT}{_DO}?|"
    rf"[\u4e00-\u9fff]{{1,8}}{_AT}{_DO}|[\u4e00-\u9fff]{{1,6}}[证卡本照]{_AT}领取?){_END}"
)
_AMISS = re.compile(
    r"坏|不亮|堵|漏|断|塌|破|裂|臭|脏|垃圾|污|坑|停|欠|拖|丢|骗|偷|吵|闹|死|伤|没人|没有?给|没[办发修来]|总|老是|一直|"
    r"等|排队|白跑|跑了|催|还[没不]|[这那恁]么(?:久|长|多)|好几|[一二两三四五六七八九十几半0-9]+个?(?:天|月|年|小时|回|趟|次)|"
    r"多(?:长时间|久)|都[^，。]*了|(?<![上开办营])不(?:上班|开门|办公|营业|给|让|管)"
)


def asks_hours(text: str) -> bool:
    """When is it open? of an office, of ours or of one that is not named."""
    return _is_bare(_HOURS, text)


def asks_where(text: str) -> bool:
    """Where is something done?"""
    return _is_bare(_WHERE, text)


def _is_bare(shape: re.Pattern[str], text: str) -> bool:
    short = len(text) <= MOST_CHARACTERS
    return short and bool(shape.fullmatch(text)) and not _AMISS.search(text)
