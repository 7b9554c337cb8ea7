"""Which place is meant, and the one question that splits the candidates best. All of it pure."""

import re
from collections.abc import Mapping
from dataclasses import replace

from channels.message import Reply
from intake.talk.turn import Conversation, Knowledge, PlaceName, Stage
from nlp import repair
from nlp.places import sound, which
from nlp.understanding import Guess, RequestKind, Understanding

CLOSE_RACE = 0.25  # two places nearer than this in confidence are asked about
CHOICES = 3
BRIEF = 60  # characters of a message in which a place is looked for by its sound
NAMESAKES = 5  # as many where one name was said that all of them bear: 果寨一村 to 果寨五村

_OR = "，还是"
_ORDINALS = (
    re.compile("第一|头一|前一?[个边面]"),
    re.compile("第二|后一?[个边面]"),
    re.compile("第三|最后"),
)
# A name before 村; not 我们村, 全村, 农村, 哪个村, 村里.
_VILLAGE = re.compile(
    r"(?<![\u4e00-\u9fff])(?:在|是|我|俺|我们|俺们|咱们?|咱|住在?|家在|就在)*"
    r"(?!(?:我|俺|咱|你|他|她|全|本|农|哪|这|那|各|每|邻|外|乡|新|老|两|几|一|有|的|个|们|在|是|村|就|住|家|附近|其他)+村)"
    r"[\u4e00-\u9fff]{2,4}(?<![我俺咱你他她全本农哪这那各每邻外乡个们])村(?![里民委干长支口头东西南北医])"
)
_SIDE = re.compile(  # 大贾村东头; not 路灯在村东头
    r"(?<![\u4e00-\u9fff])(?:在|住在?)?(?:(?![在是的了有个坏到住家门口头里我俺咱本全们])[\u4e00-\u9fff]){2,3}村(?=[东西南北][头边])"
)
_NAME = re.compile(r"(?:在)?[\u4e00-\u9fff]{1,5}(?:村|庄|屯|营|寨|堡|镇|乡|小区|社区|家园)")
# 锦绣花园3号楼; not 我们小区, 几个小区, 老旧小区, 附近的小区.
_ESTATE = re.compile(
    r"[\u4e00-\u9fff]{1,4}(?<![们这那哪个的本是住俺咱我老各每全某近边旁旧里外围档型大家有多人到去业建])"
    r"(?:花园|家园|佳苑|花苑|嘉苑|公寓|小区|新城|华府|名苑)"
)
_TAIL = re.compile("(?:镇|乡|街道|村|社区)$")


def rivals(places: tuple[Guess, ...]) -> tuple[str, ...]:
    """Places that could be meant: the best one, and those too near to it to be passed over."""
    close = [g.code for g in places if places[0].confidence - g.confidence < CLOSE_RACE]
    namesakes = sum(guess.confidence == places[0].confidence for guess in places)
    return tuple(close[: max(CHOICES, min(namesakes, NAMESAKES))])


def question(options: tuple[str, ...], knowledge: Knowledge, *, spoken: bool) -> Reply:
    """The question between these places: in writing by full name, by word of mouth as short as
    tells them apart.
    """
    names = [knowledge.place(code) for code in options]
    full = tuple(name.full for name in names)
    told = which.split(names) if spoken else full
    towns = {name.township or name.name for name in names}
    apart = len(towns) > 1 and any(not name.township for name in names)
    key = "ask_place_apart" if apart else "ask_place_which"
    if len(options) == 1:
        key, full = "ask_place_sounds", (*full, "不是")
    return Reply(key=key, values={"options": _OR.join(told)}, choices=full)


def chosen(conversation: Conversation, said: Understanding, knowledge: Knowledge) -> str:
    """The place chosen by an answer: one of the options by name, township or order, or the only
    one named.
    """
    if conversation.stage is Stage.WHICH:
        return _of_options(conversation.options, said, knowledge)
    if conversation.stage is Stage.PLACE:
        near = rivals(said.places)
        return near[0] if len(near) == 1 else ""
    return ""


def corrected(
    now: str, meant: tuple[Guess, ...], heard_before: tuple[Guess, ...], knowledge: Knowledge
) -> tuple[str, ...]:
    """The places that a correction can mean, best first; empty where it names none or the same.

    A township alone picks the one of its places that could have been meant all along (a namesake
    or one that sounds alike); else the township itself is the place.
    """
    near = rivals(meant)
    if len(near) == 1 and not knowledge.place(near[0]).township:
        town = knowledge.place(near[0]).name
        inside = [g.code for g in heard_before if _lies_in(knowledge.place(g.code), town)]
        if inside and inside != [now]:
            return tuple(code for code in inside if code != now)[:CHOICES]
        if inside:
            return ()
    return near if near != (now,) else ()


def agree(place: str, places: tuple[Guess, ...], knowledge: Knowledge) -> bool:
    """Can these be the same place? So can a village and its township, and one that is not known."""
    if not place or not places or place in {guess.code for guess in places}:
        return True
    known = knowledge.place(place)
    named = [knowledge.place(code) for code in rivals(places)]
    return any(_is_part(known, each) or _is_part(each, known) for each in named)


def put_right(said: Understanding, knowledge: Knowledge) -> Understanding:
    """东韩村路灯坏了，我说错了，不是东韩是西韩: only the place that he means in the end."""
    if len(rivals(said.places)) < 2:
        return said
    read = repair.last(said.text)
    meant = knowledge.understand(read.meant).places if read.denies and read.meant else ()
    return replace(said, places=meant) if len(rivals(meant)) == 1 else said


def names_unknown(said: Understanding) -> bool:
    """Is a village or an estate named that the county has not?"""
    named = any(each.search(said.text) for each in (_VILLAGE, _SIDE, _ESTATE))
    return not said.places and named


def by_sound(said: Understanding, knowledge: Knowledge) -> tuple[str, ...]:
    """东汉村, which the county has not: the places that sound so, for who writes by sound."""
    if len(said.text) > BRIEF or not names_unknown(said):
        return ()  # a long letter takes long to listen to, and is asked where in any case
    codes = (guess.code for guess in knowledge.places_by_ear(said.text))
    return tuple(c for c in codes if sound.is_in(knowledge.place(c).name, said.text))[:CHOICES]


def is_village_name(text: str) -> bool:
    """Is it the name of a village or an estate and nothing else, whether the county has it or
    not?
    """
    return bool(_NAME.fullmatch(text.strip(" ，。！？、,.!?")))


def _of_options(options: tuple[str, ...], said: Understanding, knowledge: Knowledge) -> str:
    if not said.text:
        return ""
    if len(options) == 1 and said.kind is RequestKind.YES:
        return options[0]
    names = {code: knowledge.place(code) for code in options}
    by_name = [c for c, n in names.items() if said.text in n.full or n.full in said.text]
    if len(by_name) == 1:
        return by_name[0]
    # Of 侯东 and 大侯东 the longer name is the one that was said; 郝桥的 names a township only.
    in_text = [c for c, n in names.items() if _TAIL.sub("", n.name) in said.text]
    longest = max((len(names[code].name) for code in in_text), default=0)
    in_text = [code for code in in_text if len(names[code].name) == longest]
    if len(in_text) == 1:
        return in_text[0]
    towns = [c for c, n in names.items() if n.township and _TAIL.sub("", n.township) in said.text]
    if len(towns) == 1:
        return towns[0]
    named = [guess.code for guess in said.places if guess.code in names]
    if len(named) == 1:
        return named[0]
    by_character = [code for code in names if _own_characters(code, names) & set(said.text)]
    if len(by_character) == 1:
        return by_character[0]
    ordered = [index for index, each in enumerate(_ORDINALS) if each.search(said.text)]
    return options[ordered[0]] if len(ordered) == 1 and ordered[0] < len(options) else ""


def _own_characters(code: str, names: Mapping[str, PlaceName]) -> set[str]:
    """What only this name is written with: 侯爷的侯 says which of 侯东村 and 后东村 it is."""
    others = {letter for other, name in names.items() if other != code for letter in name.name}
    return set(names[code].name) - others


def _is_part(place: PlaceName, town: PlaceName) -> bool:
    return not town.township and _lies_in(place, town.name)


def _lies_in(place: PlaceName, town: str) -> bool:
    return bool(place.township) and _TAIL.sub("", place.township) == _TAIL.sub("", town)
