"""Does somebody only ask when an office is open, or where something is done? Pure.

社保局几点上班, 办身份证去哪: whoever knows it answers at once; no ticket of seven days answers it.
"""

import re

MOST_CHARACTERS = 24  # a longer message tells why, and more

_OPEN = (
    r"(?:上不?上?班|下班|开不?开?门|关门|办公|营业|休息|放不?放?假|有人(?![接管来修送收照])|值班|能办|办不办|"
    r"办公时间|营业时间)"
)
_WHEN = (
    r"(?:周[末一二三四五六日天]|星期[一二三四五六日天]|礼拜[一二三四五六日天]|双休日?|节假日|过[节年]|国庆|"
    r"[五十]一|春节|元旦|中秋|清明|端午|中午|晌午|下午|晚上|今儿?天?|明儿?天?)"
)
_HOURS = re.compile(
    rf"(?:几|多少)点(?:钟)?(?:才|到几点|就|能)?{_OPEN}|"
    rf"(?:啥|什么|哪些?)(?:时候|时间|天)(?:才|能|会)?{_OPEN}|"
    rf"{_OPEN}(?:是|到)?(?:几点|什么时间|啥时候|时间)|"
    rf"{_WHEN}[^，。！？]{{0,4}}{_OPEN}[^，。！？]{{0,4}}?(?:吗|么|不|没|没有|呢|啊)[？?]*$"
)
_DO = (
    r"(?:办理?|补办?|交|缴|领|换|报销?|登记|认证|激活|开|申请|注册|年审|审|打印|盖章?|备案|复印|取|挂失|过户|"
    r"迁|落户?|上户口?|查|咨询)"
)
_PLACE = r"(?:个?(?:部门|单位|窗口|局|地方|地儿|里|儿|块儿?))?"
_AT = rf"(?:去|上|到|在|找)(?:哪(?!天|年|个?月){_PLACE}|啥地方|什么(?:地方|部门|单位)|谁)"
_WHERE = re.compile(
    rf"{_DO}[^，。！？]{{0,10}}{_AT}|{_AT}[^，。！？]{{0,2}}{_DO}|归(?:哪|谁|什么)[^，。！？]{{0,4}}管"
)


def asks_hours(text: str) -> bool:
    """When is it open? of an office, of ours or of one that is not named."""
    return len(text) <= MOST_CHARACTERS and bool(_HOURS.search(text))


def asks_where(text: str) -> bool:
    """Where, or by whom, is something done?"""
    return len(text) <= MOST_CHARACTERS and bool(_WHERE.search(text))
