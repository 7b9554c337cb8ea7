"""A resident who says one thing after another, and a language of a few sayings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from channels.message import Contact, InboundMessage
from intake.talk import confirming, conversation
from intake.talk.steps import AskWithdraw, Open, ReadBack, Say, Step
from intake.talk.turn import Conversation, Heard, Knowledge, PlaceName, Raised, Told, Turn
from nlp import verdict
from nlp.understanding import Guess, RequestKind, Understanding, Urgency
from tests.clock import MONDAY_MORNING

LAMP = Guess(code="010217", confidence=0.95, evidence=("路灯",))
COVER = Guess(code="010218", confidence=0.93, evidence=("井盖",))
WATER = Guess(code="190101", confidence=0.95, evidence=("停水",))
DONGHAN = Guess(code="130506100225", confidence=0.95, evidence=("东韩村",))
XIHAN = Guess(code="130506100228", confidence=0.9, evidence=("西韩村",))
HOUDONG = Guess(code="130506103201", confidence=0.85, evidence=("侯东",))
LATER_EAST = Guess(code="130506104202", confidence=0.8, evidence=("后东",))
SOUNDS_ALIKE = Guess(code=LATER_EAST.code, confidence=0.5)
JIASONG = Guess(code="130506104", confidence=0.5, evidence=("贾宋镇",))

PLACES = {
    DONGHAN.code: PlaceName(township="和阳镇", name="东韩村"),
    XIHAN.code: PlaceName(township="和阳镇", name="西韩村"),
    HOUDONG.code: PlaceName(township="郝桥镇", name="侯东村"),
    LATER_EAST.code: PlaceName(township="贾宋镇", name="后东村"),
    JIASONG.code: PlaceName(township="", name="贾宋镇"),
}

_HELP, _UNKNOWN = RequestKind.HELP, RequestKind.UNKNOWN
SAYINGS = {
    "路灯坏了": {"categories": (LAMP,), "kind": _HELP},
    "乱套了": {"categories": (Guess(code="19", confidence=0.3),), "kind": _HELP},
    "东韩村": {"places": (DONGHAN,), "kind": _UNKNOWN},
    "西韩村": {"places": (XIHAN,), "kind": _UNKNOWN},
    "韩村": {"places": (DONGHAN, XIHAN), "kind": _UNKNOWN},
    "侯东": {"places": (HOUDONG, LATER_EAST), "kind": _UNKNOWN},
    "贾宋镇": {"places": (JIASONG,), "kind": _UNKNOWN},
    "路灯": {"categories": (LAMP,), "kind": _HELP},
    "井盖": {"categories": (COVER,), "kind": _HELP},
    "西韩村的井盖": {"categories": (COVER,), "places": (XIHAN,), "kind": _HELP},
    "东韩村路灯坏了": {"categories": (LAMP,), "places": (DONGHAN,), "kind": _HELP},
    "侯东路灯坏了": {"categories": (LAMP,), "places": (HOUDONG, SOUNDS_ALIKE), "kind": _HELP},
    "侯东那边路灯坏了": {"categories": (LAMP,), "places": (HOUDONG, LATER_EAST), "kind": _HELP},
    "东韩村停水": {"categories": (WATER,), "places": (DONGHAN,), "kind": _HELP},
    "着火了": {"urgency": Urgency.DANGER, "kind": _HELP, "danger_words": ("着火",)},
    "20261120-0001没解决": {"tickets": ("20261120-0001",)},
    "转人工": {"kind": RequestKind.PERSON},
    "你好": {"kind": RequestKind.GREETING},
    "谢谢": {"kind": RequestKind.THANKS},
    "查询": {"kind": RequestKind.PROGRESS},
    "撤单": {"kind": RequestKind.WITHDRAW},
    "是": {"kind": RequestKind.YES},
    "对": {"kind": RequestKind.YES},
    "不用了": {"kind": RequestKind.NO},
    "不对": {"kind": RequestKind.NO},
    "再说一遍": {"kind": RequestKind.REPEAT},
    "慢一点": {"kind": RequestKind.SLOWER},
    "等一下": {"kind": RequestKind.WAIT},
    "再见": {"kind": RequestKind.GOODBYE},
    "啊": {"kind": _UNKNOWN},
    "路灯坏了还有东韩村停水": {
        "categories": (LAMP, WATER),
        "places": (DONGHAN,),
        "demands": ("路灯坏了", "东韩村停水"),
        "kind": _HELP,
    },
}


def understand(text: str) -> Understanding:
    """What the sayings above mean, also when they were joined or stand inside a longer text."""
    known = SAYINGS.get(text)
    if known is None and "，" in text:
        parts = [understand(part) for part in text.split("，")]
        first = parts[0].kind
        return replace(
            parts[0],
            text=text,
            kind=_UNKNOWN if first in (RequestKind.YES, RequestKind.NO) else first,
            categories=next((p.categories for p in parts if p.categories), ()),
            places=next((p.places for p in parts if p.places), ()),
        )
    if known is None:
        known = next((SAYINGS[each] for each in _NAMES if each in text), None)
    fields = {"kind": _UNKNOWN, "urgency": Urgency.NORMAL, "demands": (text,)}
    return Understanding(text=text, **{**fields, **(known or {})})  # type: ignore[arg-type]


_NAMES = ("东韩村", "西韩村", "贾宋镇", "井盖")

KNOWLEDGE = Knowledge(
    understand=understand,
    verdicts=verdict.of,
    needs_place=lambda category, kind: True,
    place=PLACES.__getitem__,
)


class Talk:
    """Somebody on one thread; `spoken` where he rings."""

    def __init__(self, *, spoken: bool = False) -> None:
        self.state = Conversation(thread="call:a" if spoken else "web:a")
        self.at = MONDAY_MORNING
        self.count = 0
        self.spoken = spoken
        self.steps: list[Step] = []
        self.raised: tuple[Raised, ...] = ()

    def message(self, text: str, **fields: object) -> InboundMessage:
        """What would come from the channel."""
        self.count += 1
        sender = Contact(scheme="tel", path="+8613900000000")
        blank = InboundMessage(
            channel="phone" if self.spoken else "web",
            external_id=str(self.count),
            sender=sender if self.spoken else Contact(scheme="web", path="a"),
            thread=self.state.thread,
            text=text,
            received_at=self.at,
            spoken=self.spoken,
        )
        return replace(blank, **fields)  # type: ignore[arg-type]

    def say(
        self, text: str, after_s: float = 5, told: Told | None = None, **fields: object
    ) -> Turn:
        """The turn that his next words lead to; what the clerk writes into the state is there."""
        self.at += timedelta(seconds=after_s)
        heard = Heard(
            message=self.message(text, **fields),
            inbox_id=f"m{self.count}",
            understanding=understand(text),
            at=self.at,
            told=told,
            raised=self.raised,
        )
        turn = conversation.step(self.state, heard, KNOWLEDGE)
        opened = any(isinstance(step, Open) for step in turn.steps)
        self.state = turn.conversation
        if opened:
            number = f"20261123-{self.count:04d}"
            self.state = replace(self.state, ticket=number)
            self.raised = (*raised(turn, number, self.at), *self.raised)
        for step in turn.steps:
            if isinstance(step, AskWithdraw):
                number = step.ticket or self.state.ticket
                self.state = confirming.withdrawing(self.state, number, step.until)
        self.steps.extend(turn.steps)
        return turn

    def happens(self, event: str, text: str = "", **fields: object) -> Turn:
        """Something without words, or with those heard last."""
        return self.say(text, event=event, **fields)


def raised(turn: Turn, number: str, at: datetime) -> list[Raised]:
    """The dangers of which a ticket was opened."""
    return [
        Raised(
            ticket=number,
            text=each.draft.text,
            place=each.draft.place,
            category=each.draft.category,
            at=at,
        )
        for each in drafts(turn)
        if each.draft.urgency is Urgency.DANGER
    ]


def keys(turn: Turn) -> list[str]:
    """What is said."""
    return [step.reply.key for step in turn.steps if isinstance(step, Say)]


def drafts(turn: Turn) -> list[Open]:
    """The tickets that are opened."""
    return [step for step in turn.steps if isinstance(step, Open)]


def read_back(turn: Turn) -> ReadBack:
    """The one thing that is read back."""
    (read,) = [step for step in turn.steps if isinstance(step, ReadBack)]
    return read


def kept(steps: Sequence[Step], state: Conversation, *others: str) -> list[str]:
    """Every text that is in a ticket, goes into one, or is still remembered."""
    texts = [step.draft.text for step in steps if isinstance(step, Open)]
    texts += [step.text for step in steps if hasattr(step, "text")]
    return [*texts, *state.texts, *state.pending, *others]
