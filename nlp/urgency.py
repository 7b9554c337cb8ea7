"""How fast somebody must act: danger words that are meant, not denied, past, asked or figurative.

The list errs towards alarm: a false one costs an operator a look, a missed one may cost a life.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nlp.understanding import Urgency

_BEASTS = "猫狗羊牛猪鸡鸭鹅鸟"
_MANY = "(?:几十|十几|二三十|上百|几百|好多|一群|一帮|一伙|大批|很多|[1-9]\\d+)[个口多来]*"
_FOLK = "(?:人|村民|业主|工人|群众|家属|老百姓|家长|学生)"

# What happens to things and ground. Said with 怕, 容易, 如果, 隐患 it hasn't happened yet.
_THINGS = {
    "fire": r"(?<!打)(?<!打不)着(?:了)?(?:大)?火(?!点)|起(?:了)?(?:大)?火(?!车|锅)|失火|火灾|走水了|烧着了|烧起来|大火|"
    r"火势|火苗|(?<!人)(?<!子)冒(?:起|着|了)?(?:浓|大|白|黑)?烟|冒(?:了)?火(?:花|星)?|救火|[烧燃]着(?:呢|哩)",
    "gas": r"(?:煤气|燃气|天然气|液化气|管道|气管|气罐|阀门|灶)[^，。！？]{0,6}(?:泄[漏露]|漏(?!水)|跑气)|漏(?:煤|燃|天然|液化)?气|"
    r"跑气了|(?:煤气|燃气|天然气|液化气)味|闻到[^，。]{0,4}(?:煤气|燃气|天然气|气味)|一氧化碳|(?:煤气|煤烟|碳烟?)中毒|中煤气|煤烟呛",
    "leak": r"(?:氨气|液氨|氯气|毒气|化学品|危化品|硫酸|油罐|农药|汽油|柴油)[^，。]{0,4}(?:泄[漏露]|漏)|毒气|(?:油罐|槽罐|危化)车[^，。]{0,4}翻",
    "blast": r"爆炸|炸(?:了|开)|(?:气罐|煤气罐|锅炉|液化气罐|电瓶|管道)[^，。]{0,3}(?:爆了|炸)|炸药|炸弹|炮弹|手榴弹|雷管|爆炸物",
    "collapse": r"(?:房|屋|墙|楼|桥|顶|工地|脚手架|塔吊|大棚|围挡|广告牌|电杆|线杆|树|井|土|坑|矿|窑)[^，。！？]{0,5}"
    r"(?:塌|倒了|倒下|砸[着到了]|[快要]倒)|(?:垮|坍)塌|塌方|塌了|滑坡|泥石流|(?:埋|压|砸)(?:住|着|到|在|了)(?:里面|下面|底下)?[^，。]{0,3}(?:人|孩子|老人)|"
    r"(?:人|孩子|老人|工人)[^，。]{0,4}(?:被)?(?:埋|压|砸)(?:住|着|在|到|伤)",
    "electric": r"触电|漏电|(?:被|让|给)?电(?:着|打|击)(?:了|人|着)|电(?:着|死|倒)了?人|过电|麻手|(?:高压|电)[线缆][^，。！？]{0,8}"
    r"(?:[掉落]|断(?:了|开|在)|垂到地|着地|打火|冒)|(?:变压器|电表箱|配电箱|电箱|插座|开关)[^，。]{0,4}(?:打火|冒|爆|炸)|带电",
    "flood": r"决(?:了)?口|溃[坝堤]|洪水|山洪|发大水|水[^，。]{0,2}(?:进|灌进|漫进)(?:了)?(?:屋|家|院)|被(?:大)?水(?:围|困|冲)",
}
# What happens to people, or what they do to each other and themselves. Threats count.
_PEOPLE = {
    "water": r"溺水|落水|淹(?:着|住|死|了)(?:个|一)?(?:人|孩子|老人)|(?:人|孩子|老人|小孩|娃|学生|他|她)[^，。！？]{0,5}(?:淹|溺)|淹死|"
    r"[掉跌栽滑摔跳](?:进|到|下|入|在)(?:了|去)?[^，。！？]{0,3}(?:河|井|坑|沟|水|渠|池|塘|窖|冰窟|窟窿)|[掉跌跳](?:河|井|水|沟|坑|冰)(?:里|了)|掉冰",
    "fall": r"坠楼|坠落(?!物)|[从由][^，。]{1,8}(?:摔|掉|坠)(?:了)?下(?:来|去)|摔下(?:来|去)|有人掉",
    "suicide": r"自杀|不想活|不活了|轻生|跳(?:楼(?!价)|河|桥|井|塔|崖)|喝(?:了)?(?:农|毒)?药(?:自|了|想|要|寻|死)|喝(?:了)?(?:农药|百草枯|敌敌畏|毒药)|"
    r"割(?:了)?(?:手)?腕|上吊|寻死|寻短见|想不开|想死|死了算|去死|死给|活不下去|活着没意思|没[啥什]么?活头|同归于尽|自焚|服毒|自残|遗书|结束生命",
    "violence": r"杀(?:了)?(?:人|了我|我|他|她|死|全家)|砍(?:人|我|他|她|伤|死|了)|捅(?:人|我|他|她|伤|死|了)(?!娄|篓)|(?:拿|持|动|举|提|抄)(?:着|了|起)?(?:把)?(?:菜|砍|水果|镰)?刀|"
    r"拿(?:着)?(?:铁锹|棍子|斧|锄|铁棍|枪)|打(?:死人|死我|死他|死她|伤|得|破|出血|断|昏|晕|起来|我媳妇|老婆|媳妇|孩子)|(?:正在?|在|又|往死里|现在)打(?:人|我|架|他|她)|"
    r"被[^，。]{0,6}(?:打伤|打得|打破|打断|捅|砍|杀|勒|掐)|打(?:群)?架|斗殴|械斗|群殴|厮打|动手了|家暴|虐待|强奸|性侵|猥亵|绑架|劫持|非法拘禁|"
    r"抢劫|抢(?:了)?(?:我的)?(?:包|钱)|(?:开|放)枪|出(?:了)?人命|死(?:了)?人|(?:有|个)人死|见血|救命(?!钱|药|恩|稻)|救救(?!急)|"
    r"(?:人|孩子|老人|他|她|我妈|我爸|我奶|我爷|娘|爹|老[头太][儿子太]?)[^，。]{0,4}(?:没气|断气|没呼吸|不行)了",
    "injury": r"流(?:了)?(?:好多|很多|一地|不少|[一]?滩)?血|大出血|满(?:头|脸|身)(?:是|都是)?血|(?<!心里)(?<!发)[昏晕](?:倒|过去|迷|死)|不省人事|抽搐|口吐白沫|喘不(?:上|过)来?气|"
    r"心脏病(?:犯|发)|心梗|脑梗了|中(?:了)?毒|吃错药|撞(?:死|伤|飞|倒)|(?:撞|轧|碾)(?:了|着|到)(?:个)?(?:人|孩子|老人)|车祸|翻车|连环撞|"
    r"机器[^，。]{0,3}(?:绞|卷|夹)|绞(?:进|断|住)|快(?:要)?(?:冻|饿|死)死?了|要生了|难产",
    "trapped": r"被困(?!扰|难)|困(?:在|住)|困人|(?:关|卡|锁|夹)(?:在|住)[^，。]{0,6}(?:出不来|下不来|了人|里面|里头)?|(?:孩子|老人|人|手|头|腿)[^，。]{0,3}卡(?:住|在|里)|出不来了",
    "missing": r"(?:人|孩子|老人|小孩|娃|闺女|儿子|女儿|姑娘|妈|爸|爷爷|奶奶|爷|奶|媳妇|老[头太]\w?)[^，。！？]{0,8}"
    r"(?:走丢|丢了|走失|失踪|不见了|找不[到着]|没影了|联系不上)|走丢|走失|失踪|拐(?:走|卖|骗)|人贩子|(?:抢|偷)孩子",
    "crowd": rf"聚众|围堵|{_MANY}{_FOLK}?[^，。！？]{{0,8}}(?:打|堵|围|闹|冲|抢|砸)|{_FOLK}[^，。！？]{{0,6}}(?:堵(?:了|住|着)?(?:大?门|路|政府|厂|村)|围(?:了|住)(?:政府|村|厂)|打起来)|"
    r"拉(?:着|起|了)?横幅|集体(?:上访|讨|闹|去)|闹事|打砸|暴动|罢(?:工|课|市|运)|堵(?:政府|大门|高速|国道|厂门)",
}

_NOT = (
    r"(?:没有?|并没有?|未|不是|并非|不算|不属于|没听说|并不|别|不要|不能|严禁|禁止|无|不用|甭)"
    r"(?:再|真|又|在|发生|出现|发现|闻到|看到|看见|见|见着|造成|引起|导致|引发|有|是|人|什么|要|任何|过|说|让|被|给|想|去|搞|什么人)*$"
)
_DENIED = re.compile(
    rf"(?<!是)(?<!有){_NOT}|(?:不存在|排除|以为是?|误报|误以为|虚惊)[^，。！？]{{0,6}}$"
)
_PREVENTED = re.compile(
    r"(?:防止?|预防|避免|以防|谨防|严防|防范|杜绝|消除|远离|宣传|讲座|演练|演习|模拟|培训|反)[^，。！？]{0,6}$"
)
_SUPPOSED = re.compile(
    r"(?:怕|担心|害怕|以免|免得|省得|万一|如果|要是|假如|假使|若是|一旦|容易|可能(?:会|要|引|导|造|发)|会不会|会(?:引|导|造|发)?[起致成生]?|"
    r"差点|差一点|险些|早晚|迟早|说不定|有(?:可能|危险|风险)|随时|哪天|将来|以后|引起|引发|造成|导致)[^，。！？]{0,6}$"
)
_PAST = re.compile(
    r"(?:去年|前年|大前年|以前|从前|早些年|前几年|那年|当年|曾经?|上次|上回|上个?月|上周|上个?星期|前段时间|前些天|之前|"
    r"(?:19|20)\d\d年|[一二三四五六七八九十几两\d]+(?:个?月|年|个?星期|周)前)[^。！？]{0,24}$"
)
_NOW = re.compile(
    r"现在|正在|又|再次|刚|这会儿|此刻|快来|赶紧|赶快|马上|救|已经|还在|今天|今晚|今早"
)
_TOPIC_AFTER = re.compile(
    r"^[^，。！？]{0,6}(?:隐患|风险|危险|知识|培训|演练|演习|宣传|讲座|保险|险种|补贴|补助|救助金|补偿|赔偿|赔多少|理赔|"
    r"认定|鉴定|责任|标准|预案|应急|报警器|探测器|检测|演示|警示|电影|小说|新闻|后遗|罪|怎么(?:预防|防|处理|办(?!.*急))|的?电话(?:号码)?是|"
    r"打(?:哪个|什么)电话|归谁|怎么判|会怎样|咋办|赔)"
)
_DONE = re.compile(r"^(?:了|起来了|着了|着呢|过去了)")
_FIGURATIVE = re.compile(
    r"(?:(?<![煤沼然燃电空天废毒暖])气|急|忙|累|烦|愁|热|饿|渴|笑|吓|哭|美|高兴|激动|嗓子|心里|肺|脑袋|头|肚子|生意|人气|电话|信息|价格|股票|朋友圈)(?:都|快|要|得|的|直|我|俺|人|真|就|想|更|能|[不]){0,6}$"
)
_FIGURES = frozenset(("fire", "blast", "suicide", "violence", "injury"))
_IDIOM = re.compile(
    r"打(?:火机|不着火|得(?:好|不错|准|赢|过|起|通|开|到|着|来)|死(?:也|都)?不|断(?:一下|您|你)|起精神)|气炸|炸(?:了锅|鸡|串|油|酱|丸)|油炸|爆炸(?:头|性|物品管理)|"
    r"跳楼(?:价|大?甩卖|大?处理)|[吵烦气热冻急累吓臭呛熏渴饿坑愁恶难羞笑]死(?:个|了)?人|死人(?:领|钱|脑筋|的事)|杀(?:价|毒|虫|菌|猪|年猪)|火(?:锅|车|腿)|发(?:大|了)?火|"
    r"(?:手机|电脑|系统)中毒|中毒性|上火|"
    r"灯笼|(?:烧|放)(?:鞭炮|烟花)|轮胎|车胎|气球|大火锅|虐待动物|出人命关天"
)
_HARMLESS_BEFORE = {
    "fire": re.compile(
        r"(?:烟囱|排气|厂子?|车间|饭店|烧烤[摊店]?|锅炉|窑|炉子|后厨|油烟机|拖拉机|排烟|祖坟|冷库|香|做饭|烧炕)[^，。！？]{0,6}$"
    ),
    "gas": re.compile(
        r"(?:轮胎|车胎|胎|气球|空调|暖气片?|气泵|冰箱|热水袋|皮球|拖拉机|打气)[^，。！？]{0,4}$"
    ),
    "water": re.compile(
        r"(?:手机|钥匙|钱包|东西|眼镜|井盖|盖子|树枝|球|戒指|耳环|鞋|快递|垃圾|菜|["
        + _BEASTS
        + r"])[^，。！？]{0,6}$"
    ),
    "missing": re.compile(
        r"(?:["
        + _BEASTS
        + r"]|手机|钱包|身份证|户口本|卡|车|快递|东西|包裹|井盖|钱|树|电瓶|工资)[^，。！？]{0,6}$"
    ),
    "trapped": re.compile(
        r"(?:车|手机|卡|水管|电脑|系统|网页|钥匙|门|快递|资金|贷款|存款|钱)[^，。！？]{0,6}$"
    ),
    "injury": re.compile(
        r"(?:[" + _BEASTS + r"](?!场|圈|舍)|庄稼|苗|树|鱼|手机|电脑)[^，。！？]{0,3}$"
    ),
    "violence": re.compile(r"(?:打|斗)(?:游戏|牌|麻将)[^，。！？]{0,4}$"),
}
_REBUILD = re.compile(r"危房|改造|翻盖|翻建|重建|拆|申请|补助|补贴|救助|保险|鉴定")
_ROAD = re.compile(r"路面|马路|公路|地面|便道")

_OUT = (
    r"(?:停|断)(?:了)?(?:水|电|气|暖|供暖|热水)|(?:水|电|气|暖)[^，。！？]{0,2}(?:停|断)(?:了|着)|跳闸|不(?:来|通|出|供)(?:水|电|气|暖)|"
    r"没(?:有)?(?:来)?水(?!费|平|表|渠|管|泥|井|果|池|箱|稻|分|准|龙|利|产|漂|卡|印)|吃不[上着]水|没(?:有)?(?:来)?电(?!费|梯|话|工|表|影|视|脑|动|缆|信|池|瓶|器|灯|子|网|线|卡)|"
    r"没(?:有)?(?:来)?(?:天然|煤|燃)?气(?!费|味|体|氛|管|表|象|候|罐|派|质)|没(?:有)?(?:暖气|供暖|送暖)|(?:暖气|屋里?|家里?|地暖|供暖|暖气片)[^，。！？]{0,8}(?:不热|冰凉|凉的|不暖|没热)|"
    r"一点[也都]?不热|冻得(?:不行|够呛|受不了)|电压[^，。]{0,4}低|缺(?:一)?相"
)
_BROKEN = (
    r"(?:水管|自来水管?|管道|暖气管?|主管|阀门|闸阀|水表)[^，。！？]{0,4}(?:爆|破|裂|漏|跑水)|爆管|跑水|"
    r"井盖[^，。！？]{0,6}(?:没了?|丢|不见|掉|坏|碎|破|塌|翘|松|缺|偷)|(?:没|少|丢|缺)了?(?:个)?井盖|"
    r"变压器[^，。]{0,4}(?:坏|烧)|(?:冒|返|溢)(?:了|出)?(?:污|粪|脏|臭)水|倒灌|(?:路|地|桥)[^，。！？]{0,6}(?:塌|陷)|"
    r"(?:电线?杆|线杆|树)[^，。！？]{0,6}(?:倒|砸|断)"
)
_URGENT = re.compile(f"{_OUT}|{_BROKEN}")
_FIELD = re.compile(
    r"机井|浇地|浇不|灌溉|水渠|地里|井房|手机|电瓶|电动车|电池|充电宝|遥控|轮胎|电扇|精气|劲儿|力气|脾气|骨气|生气"
)
_PLANNED = re.compile(
    r"什么时候|几点|通知|计划|为啥要|会不会|要停|缴费|忘交|没交|演练|去年|前年|以前"
)

_CLAUSE_ENDS = "，。！？；,.!?;\n"
_LOOK_BACK = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """How fast, the words that say so, and danger words that were not meant."""

    urgency: Urgency
    words: tuple[str, ...] = ()
    dismissed: tuple[str, ...] = field(default=())


_DANGER = re.compile(
    "|".join(f"(?P<{name}>{words})" for name, words in {**_PEOPLE, **_THINGS}.items())
)


def judge(text: str) -> Alarm:
    """The urgency of normalised text with the danger (or urgent) words that decided."""
    meant: dict[str, None] = {}
    dismissed: dict[str, None] = {}
    for match in _DANGER.finditer(text):
        (meant if _is_meant(text, match) else dismissed)[match.group()] = None
    unmeant = tuple(word for word in dismissed if word not in meant)
    if meant:
        return Alarm(urgency=Urgency.DANGER, words=tuple(meant), dismissed=unmeant)
    urgent = tuple(dict.fromkeys(_urgent(text)))
    urgency = Urgency.URGENT if urgent else Urgency.NORMAL
    return Alarm(urgency=urgency, words=urgent, dismissed=unmeant)


def _is_meant(text: str, match: re.Match[str]) -> bool:
    """Is the word said of something that is happening, or is threatened?"""
    name, word = match.lastgroup or "", match.group()
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    after = text[match.end() : match.end() + 14]
    clause = before[max(before.rfind(end) for end in _CLAUSE_ENDS) + 1 :]
    if _IDIOM.search(clause[-4:] + word + after[:4]) or _DENIED.search(clause):
        return False
    harmless = _HARMLESS_BEFORE.get(name)
    if harmless and harmless.search(clause):
        return False
    if name in _FIGURES and _FIGURATIVE.search(clause):
        return False
    if _PREVENTED.search(clause):
        return False
    now = _NOW.search(before + word + after)
    if not now and (_PAST.search(before) or _is_topic(word, after)):
        return False
    return name not in _THINGS or not _is_only_feared(name, text, clause, word + after)


def _is_topic(word: str, after: str) -> bool:
    """Spoken about, as in 着火的电话是多少; what has happened (着火了怎么办) is more than a topic."""
    happened = word.endswith("了") or _DONE.match(after)
    return not happened and bool(_TOPIC_AFTER.match(after))


def _is_only_feared(name: str, text: str, clause: str, here: str) -> bool:
    if name == "collapse":
        if _ROAD.search(clause[-6:] + here[:4]) or _REBUILD.search(text):
            return not re.search(r"人|孩子", here)
    if re.match(r"[^，。！？]{0,5}(?:隐患|风险)", here):
        return True
    return bool(_SUPPOSED.search(clause))


def _urgent(text: str) -> Iterator[str]:
    for match in _URGENT.finditer(text):
        before = text[max(0, match.start() - 10) : match.start()]
        clause = before[max(before.rfind(end) for end in _CLAUSE_ENDS) + 1 :]
        around = clause + match.group() + text[match.end() : match.end() + 6]
        denied = re.search(r"(?<!是)(?<!有)(?:没有?|不是|未|别|不能|不许|以防|防止|怕)$", clause)
        if not (denied or _FIELD.search(around) or _PLANNED.search(around)):
            yield match.group()
