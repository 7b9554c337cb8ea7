"""What only sounds like danger raises no alarm, and hides none that stands beside it."""

import pytest

from nlp.danger import tables
from nlp.understand import Understander
from nlp.understanding import Urgency

ROWS = {  # a weak row of harmless.csv: what it is for, and what it must not hide
    "胳膊抬不起来": ("干活累得胳膊抬不起来", "俺爹胳膊抬不起来好几年了，现在晕倒了"),
    "砸的是东西": ("有人砸俺家玻璃", "有人砸俺家玻璃往里冲"),
    "快犯病的话": ("楼上蹦跶得俺心脏病都快犯了", "楼上蹦跶得俺心脏病都快犯了，喘不上气"),
    "从炕上摔的": (None, "俺爹炕上摔了，煤气味大叫不应"),
    "车撞的墙": ("货车撞了俺家院墙", "货车撞了俺家院墙，人压底下了"),
    "树倒了挡路": ("大树倒了挡住路了", "大树断了横在路上砸着车"),
    "突然想起来": ("俺突然想起来个事", "俺突然想起来个事，俺爹晕倒了"),
    "东西突然坏了": ("电动车突然没劲了", "三轮突然不动了，俺爹压底下了"),
    "老有人偷": ("村里老有人偷电缆", "老有人偷东西，今天拿刀把人捅了"),
    "油烟和臭味": ("饭店油烟往俺家灌", "油烟往屋里灌人晕了"),
    "厂里排水": ("化工厂往河里排污", "化工厂往河里排水，孩子淹着了"),
    "河水变色": ("化工厂半夜排水，河都红了", "河都红了，孩子淹着了"),
    "楼上蹦跶": ("楼上天天半夜蹦跶", "楼上天天半夜蹦跶，俺娘晕倒了"),
    "装修砸墙": ("楼上装修砸墙", "装修把承重墙砸了楼裂了"),
    "扎的是轮胎": ("车胎让人扎了", "车胎让人扎了人也扎了"),
    "老板失联": ("老板失联了工资没发", "房东失联人可能死屋里了"),
    "没回来吃饭": ("我娘没回来吃饭", "俺爹糊涂没回来吃饭"),
    "让人打的字": ("俺不识字让闺女打的字", "俺让闺女打的字，俺叫人打上了"),
    "栏杆倒了": ("桥上栏杆断了", "桥塌了栏杆断了"),
    "水喝坏了肚子": ("自来水喝了拉肚子", "水喝了拉肚子，人晕倒了"),
    "打听救护车": ("要救护车干啥", "要救护车干啥，俺爹晕倒了"),
    "炸的是小物": ("暖壶炸了", "暖壶炸了烫着孩子"),
    "机器烧坏了": ("把俺冰箱烧了", "把冰箱烧了，烧到窗帘了"),
    "烧了个洞": ("被子烧了个洞", "被子烧了个洞，火还没灭"),
    "家具的腿": ("板凳腿断了", "凳子腿断了俺爹后脑勺着地"),
    "考砸了": ("孩子考砸了", "孩子考砸了在楼顶上"),
    "断的是皮带": ("传送带断了", "传送带断了把手绞了"),
}
HARMLESS = [harmless for harmless, _ in ROWS.values() if harmless]  # or it says which danger
ONCE_LOST = (
    *("俺不识字，让人打了", "俺手机没了，让人打了", "手机让人抢了打的头破血流", "俺叫人打上了"),
    *("俺爹心脏病快犯了", "俺娘哮喘快犯了药没了", "俺娘快犯病了", "娃没回来吃饭到处找不着"),
    *("俺爹糊涂没回来吃饭", "孩子没回来上学走了一天", "俺娘没回来看病的路上走散了"),
    *("教练失联孩子还在水里", "轮胎店有人扎人", "他拿刀把人扎了，轮胎也扎了"),
    *("水喝完恶心头晕人倒了", "工头失联三天了媳妇急", "老板找不着了人在井下", "车撞进俺家了"),
    *("老伴腿使不上劲站不起来了", "俺住东头着了", "轮胎店打架扎了人"),
    *("有人偷东西拿刀把人捅了", "进贼了，俺爹倒地上不会动了"),
    *("俺住河郭俺爹倒了", "装修把承重墙砸了", "厂里的烟辣的喘不上气", "晚上有人砸我家玻璃"),
)


def test_every_weak_row_is_tried() -> None:
    assert {rule.name for rule in tables.rules("harmless") if rule.weak} == set(ROWS)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_sounds_like_danger_raises_no_alarm(
    text: str, understander: Understander
) -> None:
    assert understander(text).urgency is not Urgency.DANGER


@pytest.mark.parametrize("text", [*(danger for _, danger in ROWS.values()), *ONCE_LOST])
def test_danger_beside_it_is_heard(text: str, understander: Understander) -> None:
    assert understander(text).urgency is Urgency.DANGER


@pytest.mark.parametrize(
    "danger", ["俺爹晕倒了", "孩子掉水里了", "有人拿刀砍人", "屋里着火了", "俺娘喘不上气了"]
)
def test_danger_is_heard_before_and_behind_each(danger: str, understander: Understander) -> None:
    pairs = ((harmless, danger) for harmless in HARMLESS)
    texts = [text for a, b in pairs for text in (f"{a}，{b}", f"{b}，{a}", f"{a}{b}")]
    assert [text for text in texts if understander(text).urgency is not Urgency.DANGER] == []


@pytest.mark.parametrize("text", ["要救护车干啥", "叫救护车多少钱"])
def test_who_asks_about_an_ambulance_needs_none(text: str, understander: Understander) -> None:
    assert understander(text).urgency is Urgency.NORMAL


@pytest.mark.parametrize(
    "said",
    [
        "有人在学校门口亮刀子",
        "大车刹不住了冲着学校门口去了",
        "我血糖掉得厉害，手抖要晕",
        "河水倒灌，全村都往房顶跑",
    ],
)
def test_one_harmless_word_stops_no_ear(said: str, understander: Understander) -> None:
    assert understander(said).urgency is Urgency.DANGER


@pytest.mark.parametrize("said", ["打火机坏了", "学校门口路灯坏了", "测血糖的机器坏了"])
def test_beside_one_harmless_word_the_ear_stays_calm(said: str, understander: Understander) -> None:
    assert understander(said).urgency is not Urgency.DANGER
