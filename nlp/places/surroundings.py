"""What stands around a name: ordinary talk that holds none, and words that lead to one."""

import re
from collections.abc import Callable, Collection, Iterable

import numpy as np

from nlp.places.sound import Floats

Words = Callable[[str], Iterable[tuple[int, int, float]]]  # start, end, log chance of each word

RARE = -7.0  # no syllable of talk is less likely than this, in nats
BARE = -3.0  # without 村, before a word that does not lead on
BARE_LED_ON = -1.5
LED_IN = 0.9
NOT_LED_IN = -2.0
NEVER = -50.0
ORDINARY = -16.0  # nats: a word no rarer than this is a word of ordinary talk

_USUAL = re.compile(  # what residents say of villages without naming one
    "(?:[邻全本我俺们外各这那同乡出进每整个咱别谁哪某一几隔壁]|新?农)村|"
    "村?[东西南北][头边口]|村[里口头民东西南北长]|村支[部书]|村村|"
    "[我俺咱]们?[是在住这]|就是|你给|麻烦派?人?|"
    "县城|[镇街]上|[去到在上]医院|[你您]好|[院车路家]里|希望|"
    "(?:[我俺咱你他这那本][们个家]?|隔壁|有个)小区|[我俺咱你他人谁大]家"
)
_USUAL_CHANCE = -3.5
_SINGLE = {"村": -4.5, "是": -3.0, "在": -3.0, "住": -4.0, "到": -4.0}
_USUAL_WORD = -8.0
_LEADS_IN = frozenset("在住到是俺叫去从们家于和县区，。？！；、 ")
_LEADS_ON = frozenset("的这那有口里里东南北西前后边委中小，。？！；、 ")

_SPEAKER = re.compile(r"(?:^|[，。！？；\s])[我俺]们?是?$")
_SPEAKERS = re.compile(r"的(?:人|村民|老百姓)?(?:[，。！？；\s]|$)")
_LED_TO = re.compile(r"(?:在|住|位于|来自)$")
_ENDS_THERE = re.compile(
    r"(?:的|住|有人|有个人|的人|的村民)?(?:[，。！？；\s]|$)|住[，。的着]|有人|有个"
)
_BEGINS = re.compile(r"(?:^|[，。！？；\s]|在|住|[去到]|[我俺]们?)$")
_OF_A_VILLAGE = re.compile(r"村口|村[东西南北里]|[东西南北]头")

_ADDRESS_PART = (
    r"(?:[^，。！？；\s]{0,6}?(?:号楼|单元|[0-9一二三四五六七八九十]+(?:号|室|组|队|栋|排|巷)|"
    r"村口|路口|门口|街口|桥头|地头|胡同|小区|小学|中学|学校|幼儿园|卫生[室院]|医院|超市|广场|村委会|大队部?|大街|"
    r"[东西南北前后][头边口院街]|后头|前头|旁边|附近|对面|对过|里头|家门前|路(?!灯)|街|巷|桥))"
)
ADDRESS_BEHIND = re.compile(rf"(?:的|村|那边|这边)?{_ADDRESS_PART}{{1,4}}")
ANY_ADDRESS = re.compile(rf"[^，。！？；\s的在了]{{0,6}}?{_ADDRESS_PART}{{1,4}}")

_CITIES = (
    "北京|天津|上海|重庆|石家庄|太原|沈阳|长春|哈尔滨|南京|杭州|合肥|福州|南昌|济南|郑州|武汉|长沙|"
    "广州|深圳|南宁|海口|成都|贵阳|昆明|拉萨|西安|兰州|西宁|银川|外地|外省|外县|老家"
)


def talk(text: str, words: Words, usual: Collection[str]) -> tuple[Floats, Floats]:
    """How likely each character is in ordinary talk; a price for cutting a word in two.

    `usual` are words that are commoner on the hotline than in the language at large.
    """
    chances = np.full(len(text), RARE, dtype=np.float32)
    inside = np.zeros(len(text) + 1, dtype=np.float32)
    for start, end, chance in words(text):
        if text[start:end] in usual:
            chance = max(chance, _USUAL_WORD)
        each = max(RARE, chance / (end - start))
        chances[start:end] = _SINGLE.get(text[start:end], each)
        inside[start + 1 : end] = each - RARE
    for found in _USUAL.finditer(text):
        chances[found.start() : found.end()] = _USUAL_CHANCE
    return chances, inside


def before(text: str) -> Floats:
    """What comes before speaks for a place: 在, 我们, a pause, the beginning."""
    score = np.full(len(text) + 1, NOT_LED_IN, dtype=np.float32)
    score[0] = LED_IN
    for at, character in enumerate(text):
        if character in _LEADS_IN:
            score[at + 1] = LED_IN
    return score


def after(text: str) -> Floats:
    """What comes behind speaks for a place: 的, 这边, a pause, the end."""
    score = np.full(len(text) + 1, BARE, dtype=np.float32)
    score[-1] = BARE_LED_ON
    for at, character in enumerate(text):
        if character in _LEADS_ON:
            score[at] = BARE_LED_ON
    return score


def is_framed(text: str, start: int, end: int) -> bool:
    """Does a place stand here by what is before and behind: 在 ... 的?"""
    led_in = start == 0 or text[start - 1] in _LEADS_IN
    return led_in and (end == len(text) or text[end] in _LEADS_ON)


def stands_for_a_place(before: str, after: str, *, common: bool) -> bool:
    """俺小林的，没水了 and 三思村口 name one; in 小林家, 三思而后行 and 小林的媳妇 none stands.

    A `common` name is made of words for directions: 在桥西 may be anywhere, 俺是桥西的 says a name.
    """
    if _SPEAKER.search(before) and _SPEAKERS.match(after):
        return True
    led_to = _LED_TO.search(before) and _ENDS_THERE.match(after)
    at_one = _BEGINS.search(before) and _OF_A_VILLAGE.match(after)
    return not common and bool(led_to or at_one)


def written(word: str, text: str) -> Floats:
    """Speaks for a name wherever the word stands behind it."""
    found = np.full(len(text) + 1, NEVER, dtype=np.float32)
    at = text.find(word)
    while at >= 0:
        found[at] = 2.5
        at = text.find(word, at + 1)
    return found


def foreign(county: str) -> re.Pattern[str]:
    """What stands before another county's hospital: its name, or the city above ours."""
    above = re.split("[省市州]", county)[:-1]
    own = re.split("[省市州]", county)[-1]
    cities = "|".join((_CITIES, *(re.escape(name) for name in above if name)))
    return re.compile(
        rf"(?<![我本咱全们这])(?:[A-Z]\d*|[\u4e00-\u9fff]{{1,2}})[省县州](?<!{own[:-1]}县)$|[A-Za-z]\d*$|(?:{cities})市?的?$"
    )


def inside_words(text: str, talk: Words) -> frozenset[int]:
    """Positions inside a word of ordinary talk, where no name begins or ends."""
    return frozenset(
        at
        for start, end, chance in talk(text)
        if end - start > 1 and chance > ORDINARY
        for at in range(start + 1, end)
    )
