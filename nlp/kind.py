"""What a resident wants of us: a table of words, first that fits decides."""

import re

from nlp.understanding import RequestKind

SHORT = 12  # characters: up to here a message may be talk rather than a matter

_WHOLE = (  # the whole message, but for marks and courtesies
    (
        RequestKind.PERSON,
        r"(?:请|我要|帮我|给我|麻烦)?(?:转|接|找|要|换)?(?:一?个|到)?(?:人工|真人|话务员|接线员|客服|活人)(?:服务|台|接听|吧|啊)?",
    ),
    (
        RequestKind.YES,
        r"(?:是|对|对的|是的|没错|好|好的|可以|嗯|行|确认|确认撤单|同意|要|要的|对对|就是)",
    ),
    (RequestKind.NO, r"(?:不|不是|不对|错了|不用|不用了|算了|不要|不撤了|别撤|否|没有|不行)"),
    (
        RequestKind.GREETING,
        r"(?:你好|您好|在吗|有人吗|喂|早上好|上午好|下午好|晚上好|hello|hi|你好啊|您好啊|在不在)+",
    ),
    (
        RequestKind.THANKS,
        r"(?:谢谢|多谢|感谢|谢了|辛苦了|麻烦了|非常感谢)(?:你|您|你们|您们|了|啊|大家)*",
    ),
    (RequestKind.PROGRESS, r"(?:查|查询|查一下|查进度|进度|查单|查询进度|我要查询)"),
    (RequestKind.WITHDRAW, r"(?:撤单|撤销|我要撤单|取消工单|撤回|不反映了)"),
)
_ANYWHERE = (
    (RequestKind.PERSON, r"转人工|人工服务|人工客服|接人工|找个人说|跟真人|和真人|不想跟机器"),
    (
        RequestKind.PROGRESS,
        r"(?:我|上次|之前|反映|工单|那)[^，。]{0,12}(?:办得?[咋怎]么?样|[咋怎]么?样了|到哪一?步|处理得?[咋怎]么?样|有结果|有没有结果|进度|进展)|^查询?\s?\d{8}",
    ),
    (
        RequestKind.WITHDRAW,
        r"(?:撤销|撤回|取消|撤掉)[^，。]{0,6}(?:工单|投诉|反映|诉求|举报)|要撤单|不用(?:处理|办|来)了",
    ),
    (RequestKind.SUPPLEMENT, r"^补充|再补充|补充一[下点]|刚才(?:说|忘)"),
    (RequestKind.THANKS, r"表扬|感谢[^，。]{0,20}(?:帮|救|解决|找到|送)|点个?赞|送锦旗"),
    (
        RequestKind.REPORT,
        r"举报|检举|偷税|逃税|贪污|受贿|偷排|造假|黑作坊|赌博|传销|私自|非法|无证|卖假",
    ),
    (
        RequestKind.COMPLAINT,
        r"投诉|不作为|态度(?:很|太|特别|非常)?(?:差|恶劣|不好)|乱收费|推诿|踢皮球|不公平|欺骗|被骗|坑人|一直不(?:给|管|修|来)|没人管|没有人管|扰民|拖欠|欠[^，。]{0,6}(?:工资|钱)|不退|拒绝|污染|臭味?太|噪音|噪声|违规|强制",
    ),
    (
        RequestKind.ERRAND,
        r"代办|帮(?:我|忙|老人)?(?:代)?(?:缴|交|取|办|买|送|跑|领)[^，。]{0,10}|替我(?:办|取|交|跑)|行动不便[^。]{0,20}(?:办|来)|上门(?:办|服务|取)",
    ),
    (
        RequestKind.DISPUTE,
        r"调解|纠纷|吵架|打官司|说理|评评理|邻居[^，。]{0,12}(?:占|盖|堵|骂|吵|不让)|闹离婚|争地边|地边",
    ),
    (
        RequestKind.SUGGESTION,
        r"建议|希望(?:能|政府|县|村)?[^，。]{0,12}(?:增设|增加|设立|安装|建|修一条|开通|改进)|能不能(?:增加|建|装|设|修)",
    ),
    (
        RequestKind.ENQUIRY,
        r"咨询|请问|问一下|问下|想问|想知道|怎么办理|如何办|怎么办[^，。]{0,4}(?:证|手续|户口)|需要(?:带)?(?:什么|哪些)(?:材料|手续|证件)|多少钱|几点|什么时候|在哪(?:里|儿)?(?:办|交|领)|是不是可以|能不能办|标准是|政策|怎么(?:报销|申请|交|缴|领|办)",
    ),
    (
        RequestKind.HELP,
        r"求助|帮帮|请求|请(?:你们|尽快|赶快|有关|派|来)|坏了?|没有?水|没有?电|停水|停电|不亮|堵|漏|破|塌|脏|没人修|修一?下|解决|困难|垃圾|丢了",
    ),
)
_WHOLE_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _WHOLE)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _ANYWHERE)
_MARKS = re.compile(r"[\s，。！？、,.!?~～…]+")
_PROBLEM = re.compile(
    r"没人|坏|一直|几天|多天|不管|不给|不来|不修|不退|太差|恶劣|严重|影响|拖欠|污染|臭"
)


def judge(text: str) -> tuple[RequestKind, tuple[str, ...]]:
    """The kind of request in normalised text, and the words that decided.

    Something wrong that is asked about is still a complaint: an enquiry that tells of a fault is
    not one.
    """
    bare = _MARKS.sub("", text).lower()
    if len(bare) <= SHORT:
        for kind, pattern in _WHOLE_PATTERNS:
            if pattern.fullmatch(bare):
                return kind, (bare,)
    if not re.search(r"[\u4e00-\u9fffA-Za-z]", bare):
        return RequestKind.INVALID, ()
    for kind, pattern in _PATTERNS:
        found = pattern.search(text)
        if found is None:
            continue
        if kind is RequestKind.ENQUIRY and _PROBLEM.search(text):
            return RequestKind.COMPLAINT, (found.group(),)
        return kind, (found.group(),)
    return RequestKind.UNKNOWN, ()
