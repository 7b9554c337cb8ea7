"""Takes out of a text what would tell who somebody is."""

import re

_GAP = r"[ -]?"
_NUMBER = "[0-9０-９]"
_ID = re.compile(rf"(?<!\d)[1-9](?:{_GAP}\d){{16}}{_GAP}[\dXx]")
_BANK = re.compile(rf"(?<!\d)\d(?:{_GAP}\d){{15,18}}(?!\d)")
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)")
_LOCAL = re.compile(r"(?<![\d-])[2-8]\d{6,7}(?![\d-])")
_PLATE = re.compile(
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-Z][·• ]?[A-Z0-9]{5,6}"
)
_SPOKEN = re.compile(r"[幺一][零〇幺一二三四五六七八九]{10}")
_NAMED = re.compile(
    r"((?:我叫|我名叫|我的名字是|姓名[:：是]?)\s*)([\u4e00-\u9fff]{2,4}?)(?=[，。,.\s住是在的家]|$)"
)
_SURNAME = re.compile(r"(我姓)([\u4e00-\u9fff])")


def mask(text: str) -> str:
    """The text with phones, ID and bank numbers, plates and introduced names taken out."""
    plain = text.translate(_WIDTHS)
    for pattern, word in _PATTERNS:
        plain = pattern.sub(word, plain)
    plain = _NAMED.sub(r"\1某某", plain)
    return _SURNAME.sub(r"\1某", plain)


def mask_phone(phone: str) -> str:
    """`139****5678`; of anything shorter than seven characters only the last two are left."""
    if len(phone) < 7:
        return "****" + phone[-2:] if phone else ""
    return f"{phone[:3]}****{phone[-4:]}"


_WIDTHS = str.maketrans("０１２３４５６７８９", "0123456789")
_PATTERNS = (
    (_ID, "［身份证号］"),
    (_BANK, "［卡号］"),
    (_MOBILE, "［电话］"),
    (_SPOKEN, "［电话］"),
    (_LANDLINE, "［电话］"),
    (_PLATE, "［车牌］"),
    (_LOCAL, "［电话］"),
)
