"""Takes out of a text what would tell who somebody is: numbers, plates, introduced names."""

import re
import unicodedata

PHONE, CARD, IDENTITY, PLATE = "［电话］", "［卡号］", "［身份证号］", "［车牌］"
NAME = "某某"

_HAN_DIGITS = "〇零幺一二三四五六七八九"
_VALUE = str.maketrans(_HAN_DIGITS, "001123456789")
_DIGIT = rf"[\d{_HAN_DIGITS}]"
_GAP = r"[\s\-－—–_.．·・,，、()（）]{0,3}"
_RUN = re.compile(rf"\+?{_DIGIT}(?:{_GAP}{_DIGIT}){{5,}}(?:{_GAP}[xXｘＸ](?![a-zA-Z]))?")
_TICKET = re.compile(r"20[2-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-\d{4,6}")
_DATE = re.compile(r"(?:19|20)\d\d[-.]?(?:0?[1-9]|1[0-2])[-.]?(?:0?[1-9]|[12]\d|3[01])")
_MONEY = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+")
_UNIT_AFTER = re.compile(r"\s*(?:元|块|万|亿|亩|户|人|米|公里|斤|平|吨|度|%|年|月)")
_SEEN_AS_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|400\d{7}")
_BREATHS = re.compile(_GAP.replace("{0,3}", "+"))
_PLATE = re.compile(
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使领]\s?[A-Za-zＡ-Ｚａ-ｚ]"
    r"[\s·•・.．\-]{0,2}(?=[A-Za-zＡ-Ｚａ-ｚ]{0,6}[0-9０-９])(?:[A-Za-z0-9Ａ-Ｚａ-ｚ０-９][\s\-]?){4,6}[A-Za-z0-9学"
    r"警挂港澳试０-９]?"
)
SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏"
    "窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄穆萧"
    "肖尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒"
    "屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍"
    "虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包"
    "诸左石崔吉钮龚程邢裴陆荣翁荀羊惠曲封芮储靳段富巫乌焦巴弓牧谷车侯宓全班仰秋"
    "仲宫宁仇栾甘厉祖武符刘景詹束龙叶幸司黎白怀蒲邰"
    "赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳姬申扶堵冉宰郦雍桑桂牛寿通边燕冀郏浦"
    "尚农温庄晏柴瞿阎闫充慕连茹习艾鱼容向古易慎戈廖"
    "庾终居衡步都耿满弘匡国文寇广禄东欧沃利蔚越隆师巩聂晁勾敖融冷辛阚那简饶空曾"
    "沙乜养鞠须丰巢关蒯相查后荆红游竺权盖益桓公仝郄豆兰"
)
_GIVEN = r"[\u4e00-\u9fff]"
_STOP = (
    r"(?=[，。,.！!？?；;\s：:、（(]|$|住|是|在|家|电|身|手|今|来|想|要|我|你|反|咨|"
    r"投|举|的|男|女|现|有|，|联|年|和|跟|从|被|已|他|她)"
)
_INTRODUCED = re.compile(
    r"((?:我名?叫|名?字(?:叫|是|为)|本人(?:叫|是|姓名)?|姓名(?:是|为|叫)?|"
    r"联系人(?:是|为|叫)?|户主(?:叫|是|为)?|(?:申请|举报|投诉|当事|报案|来电|"
    r"反映)人(?:是|叫|为)?|"
    r"(?:他|她|老公|老婆|媳妇|丈夫|妻子|儿子|闺女|女儿|孩子|父亲|母亲|爸爸?|"
    r"妈妈?|爷爷|奶奶|邻居|老板|对方|患者|病人|村民)(?:名字?)?叫)\s*[:：]?\s*)"
    rf"((?:欧阳|司马|上官|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|"
    rf"[{SURNAMES}]){_GIVEN}(?:{_GIVEN}{_STOP}|{_STOP}|{_GIVEN}?))"
)
_I_AM = re.compile(rf"((?:^|[，。,.\s])我是\s*)([{SURNAMES}]{_GIVEN}{{1,2}})(?=[，。,.！!；;\s]|$)")
_SURNAME = re.compile(rf"((?:我|本人|免贵)姓|姓)\s?([{SURNAMES}])(?!氏|名)")
_TITLED = re.compile(rf"(?<=我是)[{SURNAMES}](?=(?:先生|女士|小姐|师傅|大爷|大妈|阿姨))")


def mask(text: str) -> str:
    """The text with phones, ID and card numbers, plates and introduced names taken out.

    Numbers are found spaced, in wide digits and read out (幺三九 ...); ticket numbers, dates and
    amounts stay.
    """
    plain = _PLATE.sub(PLATE, _RUN.sub(_number, text))
    plain = _INTRODUCED.sub(rf"\1{NAME}", plain)
    plain = _I_AM.sub(rf"\1{NAME}", plain)
    plain = _TITLED.sub("某", plain)
    return _SURNAME.sub(r"\1某", plain)


def mask_phone(phone: str) -> str:
    """`139****5678`; of anything shorter than seven characters only the last two are left.

    The country's own code is left out: one person's number looks the same wherever it came from.
    """
    phone = phone.removeprefix("+86")
    if len(phone) < 7:
        return "****" + phone[-2:] if phone else ""
    return f"{phone[:3]}****{phone[-4:]}"


def _number(match: re.Match[str]) -> str:
    said = match.group()
    plain = unicodedata.normalize("NFKC", said.translate(_VALUE)).strip()
    digits = "".join(str(unicodedata.digit(c)) for c in plain if c.isdigit())
    if _TICKET.fullmatch(plain):
        return said
    identity = plain[-1:] in "xX"
    if len(digits) >= 15 or identity:
        return IDENTITY if identity or len(digits) in (15, 18) else CARD
    if _SEEN_AS_PHONE.search(digits):
        return PHONE
    if len(digits) >= 9:
        return PHONE if _together(plain) else said
    kept = _DATE.fullmatch(plain) or _MONEY.fullmatch(plain) or len(digits) < 7
    if kept or not _together(plain) or _UNIT_AFTER.match(match.string, match.end()):
        return said
    return PHONE


def _together(plain: str) -> bool:
    """A number said in a few groups, not a list of small numbers."""
    return all(len(group) >= 3 for group in _BREATHS.split(plain.strip("+")) if group)
