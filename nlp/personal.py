"""Whether a word is somebody's name, or can't be told from one: weights must hold none."""

import re
from collections.abc import Iterable

from nlp import dictionary, redact

_SURNAMES = frozenset(
    "习王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊"
    "葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆"
)
_ONLY_SURNAMES = frozenset(
    "李张刘陈赵吴徐孙郭邓曹彭曾蔡贾魏薛潘蒋杜姚谭廖邹陆郝崔邱侯邵袁董冯宋谢郑韩唐沈卢吕"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛超明辉慧霞鹏飞玲桂平刚红兵波斌宇浩凯健俊帆雪荣爱英华建国志海燕春梅兰文秀珍琴"
    "云雷晶晨龙新亮"
)
_LIKELY = re.compile(rf"[{redact.SURNAMES}][{_GIVEN}]{{1,2}}")  # where it is no word
_TITLED = re.compile(
    rf"[{redact.SURNAMES}](?:书记|[省市县区镇乡村局厅处科所院校部队站]长|主任|先生|女士|师傅|某|总)"
)


class Names:
    """Tells of a word, of a run of characters, or of a surname joined with what follows it.

    Names are those of jieba's dictionary, what begins with a character that is hardly more than a
    surname and is no word, and a surname with a usual given name or an office.
    """

    def __init__(self) -> None:
        self._tags = dictionary.tags()

    def has(self, part: str) -> bool:
        """Is it somebody's name?"""
        if not 2 <= len(part) <= 4:
            return False
        tag = self._tags.get(part)
        if tag is not None:
            return len(part) <= 3 and part[0] in _SURNAMES and tag in ("nr", "nrfg")
        surname = len(part) <= 3 and part[0] in _ONLY_SURNAMES
        return surname or self.titled(part) or bool(_LIKELY.fullmatch(part))

    def titled(self, part: str) -> bool:
        """Is it a surname with an office, 詹书记?"""
        return part not in self._tags and bool(_TITLED.fullmatch(part))

    def pieces(self, words: Iterable[str]) -> frozenset[str]:
        """Two characters of the names among the words, where they are no word by themselves."""
        names = (word for word in words if len(word) == 3 and self.has(word))
        found = (piece for name in names for piece in (name[:2], name[1:]))
        return frozenset(piece for piece in found if piece not in self._tags)
