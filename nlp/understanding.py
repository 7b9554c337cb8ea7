"""The words in which the package tells what it understood."""

from dataclasses import dataclass
from enum import StrEnum


class RequestKind(StrEnum):
    """What a resident wants of us (诉求类型), plus what he says inside a conversation."""

    HELP = "help"  # 求助
    ENQUIRY = "enquiry"  # 咨询
    COMPLAINT = "complaint"  # 投诉
    REPORT = "report"  # 举报
    SUGGESTION = "suggestion"  # 建议
    THANKS = "thanks"  # 感谢
    ERRAND = "errand"  # 代办
    DISPUTE = "dispute"  # 纠纷调解
    WITHDRAW = "withdraw"  # 撤单
    PROGRESS = "progress"  # 查询进度
    SUPPLEMENT = "supplement"  # 补充
    PERSON = "person"  # 转人工
    GREETING = "greeting"  # 问候
    YES = "yes"  # 对
    NO = "no"  # 不对
    REPEAT = "repeat"  # 再说一遍
    SLOWER = "slower"  # 慢一点
    WAIT = "wait"  # 稍等
    GOODBYE = "goodbye"  # 再见
    SOLVED = "solved"  # 解决了; this and the next three only of a result that was told
    UNSOLVED = "unsolved"  # 没解决
    SATISFIED = "satisfied"  # 满意, 基本满意
    UNSATISFIED = "unsatisfied"  # 不满意
    INVALID = "invalid"  # 无效
    UNKNOWN = "unknown"  # 听不明白


REQUEST_KIND_NAMES = {
    RequestKind.HELP: "求助",
    RequestKind.ENQUIRY: "咨询",
    RequestKind.COMPLAINT: "投诉",
    RequestKind.REPORT: "举报",
    RequestKind.SUGGESTION: "建议",
    RequestKind.THANKS: "感谢",
    RequestKind.ERRAND: "代办",
    RequestKind.DISPUTE: "纠纷调解",
    RequestKind.WITHDRAW: "撤单",
    RequestKind.PROGRESS: "查询进度",
    RequestKind.SUPPLEMENT: "补充",
    RequestKind.PERSON: "转人工",
    RequestKind.GREETING: "问候",
    RequestKind.YES: "是",
    RequestKind.NO: "否",
    RequestKind.REPEAT: "请重说一遍",
    RequestKind.SLOWER: "请说慢些",
    RequestKind.WAIT: "稍等",
    RequestKind.GOODBYE: "告别",
    RequestKind.SOLVED: "已解决",
    RequestKind.UNSOLVED: "没解决",
    RequestKind.SATISFIED: "满意",
    RequestKind.UNSATISFIED: "不满意",
    RequestKind.INVALID: "无效",
    RequestKind.UNKNOWN: "未识别",
}


class Urgency(StrEnum):
    """How fast somebody must act."""

    DANGER = "danger"  # 危险: life or property, 2 h
    URGENT = "urgent"  # 紧急: water, power, gas, heat, 24 h
    NORMAL = "normal"  # 一般


URGENCY_NAMES = {Urgency.DANGER: "危险", Urgency.URGENT: "紧急", Urgency.NORMAL: "一般"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A candidate: a category's or place's code, calibrated confidence 0..1 and the words that
    decided.
    """

    code: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What one text says. Guesses are best first; empty means nothing was found."""

    text: str  # normalised
    kind: RequestKind
    urgency: Urgency
    categories: tuple[Guess, ...] = ()
    places: tuple[Guess, ...] = ()
    phones: tuple[str, ...] = ()  # all that are named, whosoever's
    own_phone: str = ""  # the one that he calls his own
    tickets: tuple[str, ...] = ()  # ticket numbers spoken of
    danger_words: tuple[str, ...] = ()
    danger_rules: tuple[str, ...] = ()  # names of the rules that found them
    danger_kind: str = ""  # the most urgent of `nlp.danger.kinds`; empty: none, or nobody knows
    kind_evidence: tuple[str, ...] = ()
    demands: tuple[
        str, ...
    ] = ()  # the text split where it holds several demands; one entry otherwise
    model: str = ""  # version of the weights
