"""What is said beside any matter and wants a kind word, no ticket: thanks for a thing done, 知道了,
tomorrow's weather, a leader's number, how to take a matter back. Pure, and only of short messages.
"""

import re
from enum import StrEnum

MOST_CHARACTERS = 20


class Aside(StrEnum):
    """What is wanted."""

    THANKS = "thanks"  # 谢谢，灯修好了
    HEARD = "heard"  # 知道了, 好的
    WEATHER = "weather"  # 明天天气怎么样
    NUMBER = "number"  # 领导电话多少
    TAKE_BACK = "take_back"  # 怎么撤销


def of(text: str) -> Aside | None:
    """What a normalised text is; None where it tells anything."""
    plain = text.strip(_MARKS)
    if not plain or len(plain) > MOST_CHARACTERS:
        return None
    return next((aside for aside, shape in _SHAPES.items() if shape.search(plain)), None)


_MARKS = " ，。！？、,.!?~…；;：:"
_SHAPES = {
    Aside.HEARD: re.compile(
        r"^(?:嗯+|哦+|噢+|喔|好+|好[的嘞呀吧啊哩]+|行+[吧啊了]?|中|可以|知道了?|我?知道了|晓得了|明白了?|收到了?|了解了?|"
        r"ok|OK|没问题|好的?知道了|嗯嗯?好的?|嗯?知道了|好的?谢谢)(?:[，,]?(?:谢谢|多谢|谢了)您?)?$"
    ),
    Aside.THANKS: re.compile(
        r"^(?!.*(?:但|可是|不过|还[是有没不]|又|没|不|另外|再|[怎咋]|吗)).*(?:"
        r"(?:谢谢|感谢|多谢|谢了|辛苦).*(?:好|亮|通|清|解决|处理|办|来|弄|修|换|有水|有电)(?:好|完|成)?了|"
        r"(?:好|亮|通|清|解决|处理|办|来|弄|修|换|有水|有电)(?:好|完|成)?了.*(?:谢谢|感谢|多谢|谢了|辛苦))"
    ),
    Aside.WEATHER: re.compile(
        r"天气(?:怎么?样|咋样|如何|预报|好不好|好吗)|^(?:今天|明天|后天|这几天|周末).{0,3}"
        r"(?:下雨|下雪|有雨|有雪|刮风|冷|热|几度|多少度)(?:不|吗|么|没有?|几度|多少度)?$"
    ),
    Aside.NUMBER: re.compile(
        r"(?:领导|书记|[县区市镇乡局]长|主任|负责人).{0,3}(?:的?(?:电话|手机|号码|微信))+(?:号码?)?"
        r"(?:是)?(?:多少|几|啥|什么|给我|有吗|有没有|$)"
    ),
    Aside.TAKE_BACK: re.compile(
        r"^(?:怎么?样?|咋|如何)(?:才能|能|可以)?(?:撤[销单回]?|取消)(?:了|吗|呢|掉)?$"
    ),
}
