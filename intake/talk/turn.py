"""The words of a conversation: its state between messages, what was heard, and what is known of the
county.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from channels.message import InboundMessage
from intake.talk.steps import Step
from nlp import normalize
from nlp.understanding import Guess, RequestKind, Understanding


class Stage(StrEnum):
    """What we wait for; one question at a time."""

    OPEN = "open"  # nothing asked
    MATTER = "matter"  # 什么事
    PLACE = "place"  # 在哪里
    WHICH = "which"  # 是这个, 还是那个
    CONFIRM = "confirm"  # 我说得对吗
    WRONG = "wrong"  # 哪里不对
    DANGER = "danger"  # 现在转给值班的人吗
    WITHDRAW = "withdraw"  # 真的撤吗
    PUBLIC = "public"  # 公开说的, 要不要正式反映
    TICKET = "ticket"  # 说的是哪一件


ASKED_WHERE = frozenset({Stage.PLACE, Stage.WHICH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What is remembered of a thread between two messages; small, and JSON all through."""

    thread: str
    stage: Stage = Stage.OPEN
    texts: tuple[str, ...] = ()  # not yet in a ticket
    messages: tuple[str, ...] = ()  # inbox ids of these
    pending: tuple[str, ...] = ()  # further matters told in the same breath, one at a time after
    options: tuple[str, ...] = ()  # place codes, or numbers of tickets, to choose from
    about: str = ""  # what he wants of one of these tickets, or has asked and a person may answer
    place: str = ""
    matter: str = ""  # the words that the category is taken from, once they were read back
    asked: int = 0  # questions that we put
    repairs: int = 0  # answers to a read-back that were no yes
    ticket: str = ""  # the last one opened here
    ticket_category: str = ""
    ticket_place: str = ""
    ticket_danger: bool = False
    ticket_at: datetime | None = None
    noted: bool = False  # the resident knows that more words join that ticket
    correcting: str = ""  # the ticket whose place we have asked for
    phone_asked: bool = False  # he was asked for a telephone, once
    mixed: bool = False  # that one is for a person anyway, who can tell what belongs to what
    proved: str = ""  # a ticket reported elsewhere that he has shown to be his
    due_at: datetime | None = None  # when silence is taken as an answer; there while anything waits
    follows: str = ""  # a finished ticket that what is told now speaks of
    withdrawing: str = ""  # the ticket that we have asked about
    interrupted: Stage = Stage.OPEN  # what we waited for before that question
    secret: bool = False  # he wants what waits here kept secret, all of it
    fills: str = ""  # we rang him because of this ticket: what he tells first goes into it


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last notice sent to somebody told of a result: which ticket's, when, and of what."""

    ticket: str
    at: datetime
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A danger that the same resident has told of and that is still open; `at`: when he last spoke
    of it.
    """

    ticket: str
    text: str
    place: str
    category: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """A ticket of the same resident that is being handled."""

    ticket: str
    category: str
    place: str
    danger: bool


class Standing(StrEnum):
    """What a ticket that is spoken of is to this resident."""

    LIVE = "live"  # his, and being handled
    FINISHED = "finished"  # his, and closed or withdrawn: it takes no more words
    STRANGE = "strange"  # not there, or not his


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message with what was understood of it; `told` where it may answer a result, `standing` of
    the tickets it may speak of, `raised` (the latest first) where it tells of a danger, `in_hand`
    (the latest first) where it wants something of a ticket and does not say of which.
    """

    message: InboundMessage
    inbox_id: str
    understanding: Understanding
    at: datetime
    told: Told | None = None
    standing: Mapping[str, Standing] = field(default_factory=dict)
    raised: tuple[Raised, ...] = ()
    in_hand: tuple[InHand, ...] | None = None  # None: nobody has looked

    @property
    def words(self) -> str:
        """His own words, for people, and where his pin is; what a recogniser wrote is read in its
        plain form.
        """
        pin = self.message.point.words if self.message.point else ""
        if self.message.spoken or not (self.understanding.text or pin):
            return self.understanding.text
        return normalize.as_written("，".join(part for part in (self.message.text, pin) if part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a message leads to: the conversation as it is then, and the steps to carry out in
    order. A person takes over from here where `person` says why.
    """

    conversation: Conversation
    steps: tuple[Step, ...] = ()
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceName:
    """A place as it is called, and the township that tells it from namesakes."""

    township: str  # short: 和阳镇; empty for a township itself and for what lies in none
    name: str

    @property
    def full(self) -> str:
        """`和阳镇东韩村`."""
        return self.name if self.township in self.name else self.township + self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the conversation must know of the county and of language; all of it pure."""

    understand: Callable[[str], Understanding]
    verdicts: Callable[[str], tuple[RequestKind, ...]]  # what a text says of a result
    needs_place: Callable[[str, RequestKind], bool]  # category, kind
    place: Callable[[str], PlaceName]  # of a place code
    goes_straight: Callable[[str, RequestKind], bool] = lambda category, kind: False
    office: Callable[[str, RequestKind], str] = lambda category, kind: ""  # whose matter it is
    understand_by_ear: Callable[[str], Understanding] | None = None  # what a recogniser wrote
    danger: str = "danger"  # the reply to a danger: what is said there must be what happens
    places_by_ear: Callable[[str], tuple[Guess, ...]] = lambda text: ()
    certain_above: float = 0.8
    join_s: float = 40.0  # what comes so soon was written before our answer was read
    later_s: float = 24 * 3600.0  # so long what tells no other certain matter joins the last ticket
    silence_s: float = 600.0
    same_matter_s: float = 1800.0  # a photo without words belongs to a ticket this young

    def of(self, message: InboundMessage) -> "Knowledge":
        """The knowledge for this message: what was heard is understood by its sound too."""
        if not message.spoken or self.understand_by_ear is None:
            return self
        return replace(self, understand=self.understand_by_ear)
