"""Does somebody want to stay unnamed, or his matter kept to few? Pure."""

import re

from nlp import clauses

_NAME = r"(?<!告诉[我俺你])(?:名字?|姓名|身份)"
_ME = rf"(?:是[我俺谁]|[我俺]的|[我俺谁](?:说|反映|举报|投诉|告|报)|{_NAME})"
_WISH = re.compile(
    r"(?<!不)(?<!不用)(?<!不必)(?<!不需要)(?<!不要求)保密(?!局|单位|工作|协议)|"
    r"(?:别|甭|不要|不想|不能|不敢|不许|莫)[^，。！？]{0,6}"
    rf"(?:说|讲|提|透露|泄露|泄漏|告诉|公开|知道)[^，。！？]{{0,8}}{_ME}|"
    r"(?:别|甭|不要|不想|不能)(?:让|叫|给)(?:他们?|她们?|人家?|别人|村里|村上|大队|村?干部|邻居|对方|单位|"
    r"厂里|老板|学校)人?(?:知道|晓得)|"
    r"(?:别|甭|不要|不想|不能)说出去|匿名"
)
_NONE = re.compile(
    r"(?:不用|不必|不需要|没必要|不要求)(?:给我|替我|再)?(?:保密|匿名)|匿名(?:信|电话骚扰)"
)


def wanted(text: str) -> bool:
    """别说是我说的, 请给我保密, 我要匿名."""
    return bool(_WISH.search(text)) and not _NONE.search(text)


def beside(text: str) -> str:
    """What is said in other clauses than the wish."""
    return "，".join(part for part in clauses.split(text) if not wanted(part))
