"""The name by which a speaker introduces himself."""

import re

from nlp import redact

_OWN = re.compile(
    r"(?:^|[，。,.！!；;\s好])(?:(?:我|俺|本人)(?:名字?)?(?:叫|是|姓名(?:是|叫)?)|我的?名字(?:叫|是))\s*"
    rf"([{redact.SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=[，。,.！!；;\s]|$|[的，]?(?:电话|手机|号码))"
)
_NO_NAME = re.compile("[村镇乡县区路街的了第一二三四五六七八九十个]|老百姓|居民|群众")


def own(text: str) -> str:
    """我叫李秀英: the name; empty for none, and for what is no name (我是东韩的)."""
    found = _OWN.search(text)
    return found.group(1) if found and not _NO_NAME.search(found.group(1)) else ""
