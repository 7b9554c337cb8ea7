"""What somebody answers when he is asked of a result (回访): yes, no, or neither. Pure.

A doubt is no answer: the question is put once more, and then a person puts it. Of two words on the
same matter the last one counts (修好了又坏了), but for 联系过没有: one visit is enough.
"""

import re
from enum import StrEnum


class Question(StrEnum):
    """The three judgements of a ticket, by the names of its fields."""

    SOLVED = "solved"  # 解决了没有
    SATISFIED = "satisfied"  # 满意不满意
    CONTACTED = "contacted"  # 跟您联系过没有


# Nots that mean yes, taken out before anything else is looked for: 没意见, 不差, 没有不满意.
_CONTENT = re.compile(
    r"没有?(?:啥|什么|任何|半点|一点)?(?:大)?(?:意见|不满意?|怨言|可?说的|可?挑的|毛病|问题|二话)了?"
    r"|没(?:得|的)(?:说|挑)|没少|不(?:错|差|赖|孬|坏|糙)(?!过)|不能再好|不(?:要|用)太(?:好|满意)|不是不满意?|有(?:啥|什么)不满意?"
)
_UNSURE = re.compile(
    r"不知道|不(?:大|太|很)?清楚|不了解|不记得|记不|想不起|忘了|说不(?:好|准|清|上|来)|不好说|不好讲|难说"
    r"|不(?:一|确)定|没(?:有)?(?:太|咋|顾上|去|来得及)?(?:注意|留意|在意|看|听|印象)|听不|不好意思"
    r"|不(?:用|需要|想|评|必|方便)|你(?:说|是|们是)|(?:啥|什么)(?![也都]?[没不])|谁(?![也都]没)|哪位|哪里|哪儿"
    r"|等着|等等|等会|稍等|回头|再说|差不多|一半|一部分|[一了]点$|有的|应该|可能|大概|好像|估计|兴许|也许|[吗么]$|没有?不?知道"
)
_NO = {
    Question.SOLVED: re.compile(
        r"没有?(?:怎么|咋|全|完全|彻底|给|跟|我|俺|咱|们|人|真|算|能|得到|啥|什么){0,3}"
        r"(?:解决|修|弄|办|处理|整|清|通|亮|好|动|管|来|用|下文|消息|结果|进展)(?:好|完|了)?"
        r"|(?:解决|修|弄|办|处理)(?:得|的)?不(?:了|好|成|彻底|行)|不算(?:解决|好)|不(?:亮|通|行|热|好使|管用|能用)"
        r"|又(?:坏|漏|堵|停|灭|不)了?|(?:还|仍|照样|依然|依旧)(?:是|在|那)?(?:没|不|未|坏|漏|堵|停|那样|老样子|这样|原样)"
        r"|老样子|未(?:解决|处理|修)|白(?:修|弄|来)|糊弄|骗人|差得远|差远了"
    ),
    Question.SATISFIED: re.compile(
        r"不(?:是|咋|太|很|怎么|大|够|算|能算|特别){0,2}(?:满意|高兴|痛快)|谈不上满意|没法满意|不满"
        r"|(?:有|提)(?:点|些|很大)?意见|意见(?:很|挺)?大|不(?:大|太|怎么|咋)?(?:行|好|中|可以)|(?:太|很|真|忒|够)差|差劲|差评|太次"
        r"|糊弄|应付|敷衍|不咋[样地的]|不怎么样|失望|来气|窝火|投诉|不像话"
    ),
    Question.CONTACTED: re.compile(
        r"没有?(?:人|谁|给|跟|和|我|俺|咱|们|再|过来|主动){0,4}(?:打|联系|来|问|通知|上门|见|露|接到|收到|找|说)"
        r"(?:过|着|人|面|个|电话|信儿){0,3}|没人(?:管|理)|哪有人?(?:来|联系|打|管|问)?|未联系|见不(?:着|到)人|连个?.{0,4}没"
    ),
}
_YES = {
    Question.SOLVED: re.compile(
        r"(?:解决|修|弄|办|处理|整|清|换|安|装|通|亮|好|来水|来电|妥|完|行|中|搞定|落实|利索)"
        r"(?:好|完|妥|上|利索)?(?:了|啦|咧|过)|解决$|没事儿?了|好着|能用|(?:都|全|早就?|已经?)(?:解决|修|弄|办|处理|好)"
    ),
    Question.SATISFIED: re.compile(
        r"满意|好评|(?<!不)(?:挺|很|真|太|非常|特别|可)(?:好|棒|快|中|行|满意|感谢)|还(?:行|可以|中|好|算)|可以|凑合|得劲"
        r"|感谢|谢谢|辛苦|点赞|高兴|好着"
    ),
    Question.CONTACTED: re.compile(
        r"联系(?:过|了|上|我|俺|着)|(?:来|打|问|通知|上门|见|找|说)(?:过|了|着)|来(?:人|俩|两|三|几)|来的?$"
        r"|(?:打|接|通)(?:过|了|的)?.{0,2}电话|有人|上门|联系的?$|来家"
    ),
}
_FILLERS = r"^(?:[嗯啊哎诶唉呃喔哦，,、 ]|这个|那个|就是|我觉得|俺觉得|我|俺)*"
_BARE_NO = re.compile(
    _FILLERS + r"(?:都|也|从来|一直)?"
    r"(?:没有(?:没有|过)*|没|不|不是|不行|不中|不成|哪有|哪儿有|别提了?|未|否)"
    r"[啊呢呀嘛吧啦哩的了，。 ]*(?:$|[，,。 ])"
)
_BARE_YES = re.compile(
    r"^[，,、 ]*[嗯啊哎诶，,、 ]*(?:是(?!啥|什么|谁|哪|不)|对(?!不)|嗯|好(?!像)|行|中"
    r"|有(?!点|些|时|的)|可以|必须|肯定|当然|成|还行|还中)"
)

_HELLO = re.compile(
    r"^(?:喂|您好|你好|嗯|啊|哎|诶|唉|哦|噢|呃|额|哪位|谁呀?|[您你](?:是)?(?:哪位|哪里|哪儿|哪个|谁)|哪里|哪儿"
    r"|(?:有)?(?:什么|啥)事|请讲|[您你]?说吧?|[您你]讲|听不(?:见|清|到)|没听(?:见|清|到)|什么|啥|再说一遍"
    r"|等等|等一下|稍等|[，,。？?！! 的呀啊呢吗])*$"
)
_TAKEN_IN = re.compile(
    r"(?<!不)知道|明白|收到|(?<!没)听(?:到|见|清)|(?<![听不])清楚|^(?:嗯|好|行|中)+(?:的|嘞|了|吧|啊|呀)?|马上|这就"
)


def of(text: str, question: Question) -> bool | None:
    """Yes or no to this question; None for what is neither, or both."""
    plain = text.strip(" ，。！？,.!?~～…")
    content = bool(_CONTENT.search(plain))
    rest = _CONTENT.sub("，", plain)
    if _UNSURE.search(rest):
        return None
    denied = [match.span() for match in _NO[question].finditer(rest)]
    affirmed = [
        match.start()
        for match in _YES[question].finditer(rest)
        if not any(start <= match.start() < end for start, end in denied)
    ]
    if question is Question.CONTACTED and affirmed:
        return True
    if denied or affirmed:
        return max(affirmed, default=-1) > max((start for start, _ in denied), default=-1)
    if content:
        return True
    if _BARE_NO.search(rest):
        return False
    return True if _BARE_YES.search(rest) else None


def is_hello(text: str) -> bool:
    """Is it no more than 喂, 你好, 哪位, 没听清? Whoever says that has not taken anything in."""
    return bool(_HELLO.fullmatch(text.strip()))


def takes_in(text: str) -> bool:
    """Does he say that he has taken in what he is told: 知道了, 收到?"""
    return not is_hello(text) and bool(_TAKEN_IN.search(text.strip()))
