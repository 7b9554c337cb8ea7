"""How Mandarin sounds on the line: syllables of a text, and how likely one is heard for another."""

import re
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# What a recogniser does to one syllable that was said; measured on telephone speech and widened
# for the country: four of five keep their sound, most of the rest go to a neighbour.
KEPT = 0.8
NEIGHBOURLY = 0.17  # shared among the others by how near they sound
ANYTHING = 0.03  # shared among all evenly
_STEPS = (
    0.0,
    1.1,
    2.4,
    3.6,
)  # nats by how far initials or finals lie apart: same, local, near, far

_SYLLABLES = (
    "a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can "
    "cang cao ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chuai chuan "
    "chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de deng di dian "
    "diao die ding diu dong dou du duan dui dun duo e ei en er fa fan fang fei fen feng fo fou fu "
    "ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo ha hai han "
    "hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao "
    "jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong kou ku kua kuai "
    "kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling "
    "liu long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min "
    "ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nian niang niao nie nin ning niu "
    "nong nou nu nuan nuo nv nve o ou pa pai pan pang pao pei pen peng pi pian piao pie pin ping "
    "po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que qun ran rang rao re ren "
    "reng ri rong rou ru ruan rui run ruo sa sai san sang sao se sen seng sha shai shan shang "
    "shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si song sou su "
    "suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun "
    "tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan "
    "xue xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze "
    "zei zen zeng zha zhai zhan zhang zhao zhe zhen zheng zhi zhong zhou zhu zhua zhuai zhuan "
    "zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo"
)
SYLLABLES = tuple(_SYLLABLES.split())
OTHER = len(SYLLABLES)  # a rare syllable, a letter
SILENCE = OTHER + 1  # a mark, a pause: nothing is heard for it, it for nothing
_ID = {syllable: index for index, syllable in enumerate(SYLLABLES)}
_NUMERALS = ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu")
_DIGITS = dict(zip("0123456789", _NUMERALS, strict=True))

# Readings that the dictionary puts last or does not know, of characters that names are made of.
_ALSO_READ = {
    "佛": "fo", "都": "du", "郄": "xi", "单": "shan", "大": "dai", "塔": "da", "召": "shao",
    "葭": "xia", "仝": "tong", "会": "kuai", "乐": "yue", "行": "hang", "长": "zhang", "佃": "tian",
}  # fmt: skip

_HAN = re.compile("[\u4e00-\u9fff]")
_RUNS = re.compile("[\u4e00-\u9fff]+|[0-9]+|[^\u4e00-\u9fff0-9]+")
_INITIAL = re.compile("zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]|")
_LOCAL_INITIALS = ("zh z", "ch c", "sh s", "n l", "f h", "r l", "r y")
_NEAR_INITIALS = (
    "b p", "d t", "g k", "j q", "z c", "zh ch", "j zh", "q ch", "x sh", "j z", "q c", "x s",
    "m n", "g h", "k h", "sh ch", "s c", "j x", "q x", "b d", "p t", "d g", "t k", "f x", "w h",
    "y j", "z s", "zh sh", "z ch", "zh c", "s ch", "c sh", "m l", "m b", "n d", "l d", "y n",
    "w m",
)  # fmt: skip
_LOCAL_FINALS = (
    "in ing", "en eng", "an ang", "ian iang", "uan uang", "un ong", "o uo", "e uo", "ui ei",
    "ong eng", "v u", "ian an", "ue ie",
)  # fmt: skip
_NEAR_FINALS = (
    "a ia", "a ua", "ia ua", "e er", "e o", "ai ei", "ai uai", "ao iao", "ao ou", "ou iu",
    "ou uo", "an uan", "ian uan", "an en", "ang eng", "ang iang", "ang uang", "iang uang",
    "ang ong", "en in", "eng ing", "en un", "un in", "ong iong", "ing ong", "i v", "i ie",
    "i in", "i ei", "u ou", "u o", "u ong", "ue uo", "ie e", "ie ian", "ei en", "ui un",
    "iu iao", "a an", "a ao", "a e", "an ian", "ai an", "u un", "e i", "uai ui", "ao iao",
    "iu ui", "ing ang", "in ian", "ing iang", "i u",
)  # fmt: skip
_ONE_BREATH = ("fei hui", "fan huan", "fang huang", "fen hun", "fa hua", "fo huo", "fu hu")


def read(text: str) -> list[int]:
    """The syllable of every character, by its place in `SYLLABLES`; tones are left out."""
    from pypinyin import lazy_pinyin  # a tenth of every start, where nothing is heard yet

    said: list[str] = []
    for run in _RUNS.findall(text):
        found = lazy_pinyin(run) if _HAN.match(run) else list(run)
        if run.isdecimal() and len(run) > 1:
            found = list("." * len(run))  # a telephone number is no 果寨一村
        said.extend(found if len(found) == len(run) else [""] * len(run))
    return [_id(syllable) for syllable in said]


def readings(name: str) -> list[tuple[int, ...]]:
    """What every character of a name may be read as, likeliest first."""
    also = [_ALSO_READ.get(character, "") for character in name]
    return [
        tuple(dict.fromkeys((first, _ID[other] if other else first)))
        for first, other in zip(read(name), also, strict=True)
    ]


def is_in(name: str, text: str) -> bool:
    """Is a name in a text by its syllables, with whatever characters they are written?"""
    said, syllables = read(text), readings(name)
    return any(
        all(each in may_be for each, may_be in zip(said[at:], syllables, strict=False))
        for at in range(len(said) - len(syllables) + 1)
    )


@cache
def likelihoods() -> Floats:
    """Natural logarithm of the chance that (row) said is heard as (column), silence included."""
    nearness = np.exp(-_distances())
    np.fill_diagonal(nearness, 0.0)
    shares = nearness / nearness.sum(axis=1, keepdims=True)
    chances = NEIGHBOURLY * shares + ANYTHING / len(SYLLABLES)
    np.fill_diagonal(chances, KEPT)
    table = np.full((SILENCE + 1, SILENCE + 1), -30.0, dtype=np.float32)
    table[:OTHER, :OTHER] = np.log(chances)
    table[:SILENCE, OTHER] = table[OTHER, :SILENCE] = np.log(ANYTHING / len(SYLLABLES))
    return table


def _id(syllable: str) -> int:
    known = _ID.get(_DIGITS.get(syllable, syllable))
    if known is not None:
        return known
    return OTHER if not syllable or syllable.isalnum() else SILENCE


def _distances() -> NDArray[Any]:
    """How far any two syllables lie apart, in nats."""
    split = [(s[: m.end()], s[m.end() :]) for s in SYLLABLES if (m := _INITIAL.match(s))]
    initials = _steps([i for i, _ in split], _LOCAL_INITIALS, _NEAR_INITIALS)
    finals = _steps([f for _, f in split], _LOCAL_FINALS, _NEAR_FINALS)
    apart: NDArray[Any] = initials + finals
    for pair in _ONE_BREATH:
        one, other = (_ID[syllable] for syllable in pair.split())
        apart[one, other] = apart[other, one] = _STEPS[1]
    return apart


def _steps(parts: list[str], local: tuple[str, ...], near: tuple[str, ...]) -> NDArray[Any]:
    names = sorted(set(parts))
    steps = np.full((len(names), len(names)), _STEPS[3])
    for step, pairs in ((_STEPS[2], near), (_STEPS[1], local)):
        for one, other in (pair.split() for pair in pairs):
            if one in names and other in names:
                a, b = names.index(one), names.index(other)
                steps[a, b] = steps[b, a] = step
    np.fill_diagonal(steps, 0.0)
    index = [names.index(part) for part in parts]
    return steps[np.ix_(index, index)]
