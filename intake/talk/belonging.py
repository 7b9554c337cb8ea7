"""What somebody wants of a ticket without saying of which, when his last one is a day old or has
ended: 催一下, a telephone, a place put right, 撤单. Pure.

It is of the one that is in hand, of several he is asked, and it never is a matter of its own.
"""

import re
from dataclasses import replace

from channels.message import Reply
from intake.talk import drafts, joining, later, questions, reasons
from intake.talk.later import DOMAIN, NAMED
from intake.talk.steps import AskWhich, AskWithdraw, Say, Step, Supplement, TellProgress
from intake.talk.turn import Conversation, Heard, InHand, Knowledge, Stage, Standing, Turn
from nlp import names, nudge, repair
from nlp.nudge import Nudge
from nlp.understanding import RequestKind, Understanding, Urgency

MOST_CHARACTERS = 30  # a longer message tells a matter, whatever it corrects
LONGEST_ANSWER = 12
LITTLE_ELSE = 4  # characters beside a telephone: a name
_TALK = frozenset({RequestKind.GREETING, RequestKind.THANKS, RequestKind.GOODBYE})  # 有人吗
_ALL = re.compile(r"^(?:都|全部?|两[个件]都?|[三几]个都)(?:是|催|要|撤)?(?:吧|了|一下)?$")
_NONE = re.compile(r"(?:都|哪个也?|哪件也?)不是|别的|新的|另一[件个]")
_LAST_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_FIRST = re.compile(r"第一|头一|前一?[个件]|上面")
_SECOND = re.compile(r"第二|后一?[个件]|下面")
_THIRD = re.compile(r"第三|最后")
_CORRECTS = re.compile(
    r"(?:哎|唉|那个|我|俺|刚才|上次|昨天|前天|地[点方址]|位置|村名?|都|给|补充|更正)*[，,：: ]*"
    r"(?:不对|不是|[说写弄搞记填报]错|错了|地[点方址](?:改|应该|是))"
)
_OF_A_NUMBER = re.compile(
    r"[\d\s，。、,.!！？:：-]|我|俺|的|电话|手机|座机|号码?|联系|方式|打|拨|给|有事|叫|姓名|名字?|这个?|"
    r"就?是|可以|请|谢谢|留|补充|一下|个|吧|了|啊|微信"
)


def may_be(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> bool:
    """Is it worth a look which tickets of his are in hand?"""
    if conversation.stage is Stage.TICKET:
        return True
    message, said = heard.message, heard.understanding
    free = conversation.stage is Stage.OPEN and not (conversation.texts or conversation.pending)
    plain = not (message.event or message.public or message.attachments or message.point)
    if not (free and plain) or said.tickets or said.urgency is Urgency.DANGER:
        return False
    live = heard.standing.get(conversation.ticket) is Standing.LIVE
    if live and joining.is_young(conversation, heard, knowledge.later_s):
        return False
    return _wants_of_one(said) and not _names_a_matter(said, knowledge)


def of(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """The turn of such words; None for any others."""
    if conversation.stage is Stage.TICKET:
        return _answered(conversation, heard, knowledge)
    if heard.in_hand is None or not may_be(conversation, heard, knowledge):
        return None  # they were looked up for another question, which he has not answered
    said = heard.understanding
    meant = _meant(heard.in_hand, said, knowledge) if heard.in_hand else ()
    if meant is None:
        return None
    if len(meant) == 1 or (meant and heard.message.spoken):  # asked aloud it would be too long
        return _done(conversation, meant[0], heard, knowledge)
    if meant:
        return _ask(conversation, meant, heard, knowledge)
    if said.kind is RequestKind.WITHDRAW or _tells(said):
        return None  # of what has ended; or 东韩村没电了，啥时候来电, the first that we hear of it
    if nudge.of(said.text):
        presses = nudge.of(said.text) is Nudge.PRESSES
        step = TellProgress(ticket="", none="press_none" if presses else "progress_none")
        return Turn(conversation=conversation, steps=(step,))
    return _of_none(conversation, heard, knowledge)


def left_unsaid(conversation: Conversation) -> Turn:
    """He never said of which: it is kept with the latest, for a person to tell."""
    number, reason = conversation.options[0], reasons.WHICH_UNSAID
    kept = Supplement(ticket=number, text=conversation.about, quiet=True, look=reason, earlier=True)
    return Turn(conversation=drafts.forget(conversation), steps=(kept,))


def is_mere(conversation: Conversation, knowledge: Knowledge) -> bool:
    """Is nothing told yet but a telephone or a name?"""
    texts = conversation.texts
    if not texts or len(conversation.messages) > len(texts):
        return False
    return all(_leaves(knowledge.understand(text)) for text in texts)


def _wants_of_one(said: Understanding) -> bool:
    if len(said.text) > MOST_CHARACTERS:
        return False
    if said.kind in _TALK:
        return False
    if said.kind is RequestKind.WITHDRAW or nudge.of(said.text):
        return True
    return _leaves(said) or bool(_CORRECTS.match(said.text))


def _leaves(said: Understanding) -> bool:
    """A telephone or a name, and little else."""
    if not (said.phones or names.own(said.text)):
        return False
    return len(_OF_A_NUMBER.sub("", said.text)) <= LITTLE_ELSE


def _tells(said: Understanding) -> bool:
    """Is a matter or a place named, beside the wish? What corrects names one anyway."""
    if _CORRECTS.match(said.text) or _leaves(said):
        return False
    best = drafts.best(said.categories)
    named = len(best.code) > DOMAIN and best.confidence >= NAMED
    return named or bool(said.places) or said.urgency is not Urgency.NORMAL


def _names_a_matter(said: Understanding, knowledge: Knowledge) -> bool:
    """Surely a matter, and neither what is wanted of a ticket nor whom to ring."""
    best = drafts.best(said.categories)
    orders = said.kind is RequestKind.WITHDRAW or bool(nudge.of(said.text))
    return best.confidence >= knowledge.certain_above and not orders


def _meant(
    in_hand: tuple[InHand, ...], said: Understanding, knowledge: Knowledge
) -> tuple[InHand, ...] | None:
    """Those that it can be of, by the matter that is named, or the place (also one denied); None
    where it names another.
    """
    best, corrects = drafts.best(said.categories), bool(_CORRECTS.match(said.text))
    named = best.code if len(best.code) > DOMAIN and best.confidence >= NAMED else ""
    if named and not corrects:
        in_hand = tuple(each for each in in_hand if _is_same(named, each.category))
        if not in_hand:
            return None
    denied = knowledge.understand(repair.last(said.text).denied) if corrects else said
    places = {guess.code for guess in denied.places}
    there = tuple(each for each in in_hand if each.place in places)
    if there or corrects or not places:
        return there or in_hand
    return None


def _is_same(named: str, category: str) -> bool:
    return bool(category) and (category.startswith(named) or named.startswith(category))


def _done(conversation: Conversation, it: InHand, heard: Heard, knowledge: Knowledge) -> Turn:
    """It is of this one, and so is what comes next."""
    at_it = replace(
        drafts.forget(conversation),
        ticket=it.ticket,
        ticket_category=it.category,
        ticket_place=it.place,
        ticket_danger=it.danger,
        noted=False,
        mixed=False,
    )
    if heard.understanding.kind is RequestKind.WITHDRAW:
        until = questions.deadline(heard, knowledge)
        step: Step = AskWithdraw(ticket=it.ticket, until=until)
        return Turn(conversation=at_it, steps=(step,))
    # A number alone, of which he says no more, is his own.
    turn = later.of(replace(at_it, phone_asked=True), heard, knowledge)
    asked = conversation.phone_asked or _leaves(heard.understanding)
    return replace(turn, conversation=replace(turn.conversation, phone_asked=asked))


def _ask(
    conversation: Conversation, meant: tuple[InHand, ...], heard: Heard, knowledge: Knowledge
) -> Turn:
    numbers = tuple(each.ticket for each in meant)
    asked = questions.waiting(drafts.forget(conversation), heard, knowledge, Stage.TICKET)
    asked = replace(asked, options=numbers, about=heard.words)
    return Turn(conversation=asked, steps=(AskWhich(tickets=numbers),))


def _answered(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn | None:
    """He says of which; anything else is taken for what it is, and what he wanted kept."""
    in_hand = tuple(each for each in heard.in_hand or () if each.ticket in conversation.options)
    said = heard.understanding
    long = len(said.text) > LONGEST_ANSWER and not said.tickets
    told = long or said.urgency is Urgency.DANGER or bool(heard.message.attachments)
    wanted = knowledge.understand(conversation.about)
    chosen = () if told else _chosen(in_hand, said, knowledge)
    withdraws = wanted.kind is RequestKind.WITHDRAW  # that is asked about one by one
    if not chosen or (withdraws and len(chosen) > 1):
        return None
    message = replace(heard.message, text=conversation.about)
    asked = replace(heard, message=message, understanding=wanted)
    turn = Turn(conversation=drafts.forget(conversation))
    if later.wants(said):  # 东韩村停水了 says which, and is told all the same
        kept = Supplement(ticket=chosen[0].ticket, text=heard.words, quiet=True)
        turn = replace(turn, steps=(kept,))
    for each in chosen:
        done = _done(turn.conversation, each, asked, knowledge)
        turn = replace(done, steps=(*turn.steps, *done.steps))
    return turn


def _chosen(
    in_hand: tuple[InHand, ...], said: Understanding, knowledge: Knowledge
) -> tuple[InHand, ...]:
    plain = said.text.strip(" ，。！？,.!?")
    if _NONE.search(plain):
        return ()
    if _ALL.match(plain):
        return in_hand
    by_number = tuple(each for each in in_hand if each.ticket in said.tickets)
    ends = set(_LAST_FOUR.findall(plain))
    by_end = tuple(each for each in in_hand if each.ticket[-4:] in ends)
    if by_number or len(by_end) == 1:
        return by_number or by_end
    for at, ordinal in enumerate((_FIRST, _SECOND, _THIRD)):
        if ordinal.search(plain) and at < len(in_hand):
            return (in_hand[at],)
    meant = _meant(in_hand, said, knowledge) or ()
    return meant if len(meant) == 1 else ()


def _of_none(conversation: Conversation, heard: Heard, knowledge: Knowledge) -> Turn:
    """No ticket of his is in hand: what he leaves waits for the matter that it belongs to."""
    whole = drafts.remember(conversation, heard)
    key = "left_first" if _leaves(heard.understanding) else "ask_matter"
    waits = questions.waiting(whole, heard, knowledge, Stage.MATTER)
    return Turn(conversation=waits, steps=(Say(reply=Reply(key=key)),))
