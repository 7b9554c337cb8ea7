"""Does somebody want a person rather than a machine? 转人工, 我要找人, 找个明白人跟我说.

Who wants one to do something (找人修路灯), or to settle a quarrel (找人评理), tells a matter.
"""

import re
from collections.abc import Iterator


def wanted(text: str) -> tuple[str, ...]:
    """The words by which a normalised text wishes for a person; none where it does not."""
    if _TELLING.search(text):
        return ()
    named = _SAID.search(text)
    if named:
        return (named.group(),)
    return next(((clause,) for clause in _clauses(text) if _WHOLE.fullmatch(clause)), ())


def beside(text: str) -> str:
    """What a text says beside its wish for a person; empty for a wish and nothing else."""
    rest = (_SAID.sub("", clause) for clause in _clauses(text) if not _WHOLE.fullmatch(clause))
    told = (_POLITE.sub("", clause) for clause in rest)
    return "，".join(clause for clause in told if clause)


def _clauses(text: str) -> Iterator[str]:
    return (clause for clause in _END.split(text) if clause)


_END = re.compile(r"[\s，。！？、；：,.!?;:~～…—-]+")
_SOFT = (
    r"(?:你好|您好|喂|请问?|麻烦|劳驾|我要|我想|俺要|俺想|我|俺|你们?|您|能不能|可不可以|可以|能|"
    r"快点?|赶紧|赶快|马上|现在|那|就|还是|帮我|帮忙|给我|给俺|帮俺|先|直接|干脆)*"
)
_TAIL = (
    r"(?:服务|台|坐席|客服|说话|吗|吧|啊|呀|了|呢|呗|哈|嘛|行不行|行不|行吗|好吗|中不中|中不|"
    r"一下|谢谢)*"
)
_GET = r"(?:找|叫|换|来(?=个|一|位|真|活)|安排|要|让|喊|请|转(?:接)?(?:给|到)?|接(?:到|给)?)"
_ONE = r"(?:一?个|一?位)?"
_WHO = (
    r"(?:(?:真|活|大活|明白|管事儿?的?|负责的?|懂行?的?|能做主的?|说话算数的?|能?会?说话的|值班的?|你们的?|别的?|正经)*人(?!家|员|们|民|口|工|行|大|事)|"
    r"(?:你们的?|值班的?|热线的?)*(?:领导|负责人|管事儿?的|主任|头儿?)|工作人员|话务员|接线员|值班员|客服|坐席|人工)"
)
_TALKS = (
    r"(?:跟|和|给|同|与)(?:我|俺)(?:当面|直接|来)?(?:说(?!和)|讲|谈|聊|唠|对话|沟通|解释|回话|打?电话|通话)|"
    r"(?:来|过来|出来|直接)(?:跟我|和我)?(?:接(?!我|俺|孩|老|人)|说话?(?!理|和)|讲话?(?!理)|谈谈?(?!理)|听听?电话|回话|搭话)|"
    r"接(?:一下|个|听)?(?:我的?)?电话|听(?:一下)?电话|说说?话(?!理)|(?:给我|给俺)(?:回|打)(?:一?个)?电话"
)
_MACHINE = r"(?:机器人?|电脑|人工智能|智能|自动|ai|AI|程序|录音)"
# 银行光有机器没有人工; 人工费, 人工湖; 物业的人工服务态度差.
_HUMAN = (
    r"转(?:接)?(?:到|给)?人工|接(?:个)?人工|(?<![有个打过了\d])人工(?:服务(?!态度|费)|客服|坐席|接听|台)|"
    rf"跟真人|和真人|(?:不想|不愿|不要|不跟|不和|不与|别让我|别跟我|懒得)[^，。]{{0,6}}{_MACHINE}[^，。]{{0,3}}(?:说|讲|谈|聊|话|打交道|废话)|"
    rf"(?:不想|不愿意?|不要|懒得|别)(?:跟|和|与|用|拿|让)[^，。]{{0,3}}{_MACHINE}(?!种|收|浇|打|干|压|碾|磨)"
)
_SAID = re.compile(
    rf"{_HUMAN}|"
    rf"(?:我要|我想|我就?想|俺要|俺想|想|要)(?:跟|和|与)(?:你们的?|真|活|一?个)*人(?:工|类)?(?:说说?话?|讲|谈|聊|通话|对话)(?!理|和)|"
    rf"{_GET}{_ONE}{_WHO}[^，。]{{0,2}}?(?:{_TALKS})"
)
_WHOLE = re.compile(
    r"(?:[^，。]{0,6}?(?:听不懂|是机器人?吧?|[说讲]不(?:清楚?|明白|通)|不(?:懂|行|中|明白)|没法说|没用|啥也不是)(?:话|我说的?|啊|呀|了)?(?:你|我|俺)?)?"
    rf"{_SOFT}(?:{_GET}+{_ONE}(?:一下)?{_WHO}{_TAIL}|"
    rf"{_GET}{_ONE}{_WHO}(?:来|过来|出来)?(?:(?:跟|和)(?:我|俺)?)?(?:说|讲|谈|聊|接|听|解释)*(?:说|一下|话|电话)*{_TAIL}|"
    rf"(?:跟|和)(?:真|活)?人(?:工)?(?:说说?话?|讲话?|谈|聊){_TAIL}|"
    rf"(?:人工|真人|活人|话务员|接线员|工作人员|坐席|客服){_TAIL}|"
    r"(?:好|行|那|就|快|马上|现在|赶紧|给我|帮我|请)*转(?:接|过去|一下|吧|啊|呀|人)*|"
    rf"(?:你们?)?(?:这里?|那里?|那儿|这儿)?有(?:没有)?(?:个)?(?:真|活|大活)人(?:能|可以)?(?:来|接|说话|听|在)*(?:没有?)?{_TAIL})"
)
_POLITE = re.compile(
    rf"^{_SOFT}(?:跟我说话?|糊弄|忽悠|想|说)*(?:我|俺)?{_TAIL}$|^(?:不要|别用|讨厌){_MACHINE}{_TAIL}$|"
    r"^[^，。]{0,6}(?:听不懂|[说讲]不(?:清楚?|明白|通)|不明白|算了)[^，。]{0,2}$"
)
_TELLING = re.compile(
    r"说说?理|评评?理|说和|公道|调解|窗口|柜台|大厅|前台|服务台|"
    r"(?:银行|超市|医院|车站|营业厅|卫生室|取款|物业|快递|移动|联通|电信|供电所?|12345|他们)[^，。]{0,12}(?:人工|机器|真人|活人|客服)"
)
