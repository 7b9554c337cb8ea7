"""Which danger it is that a text tells of, and what only sounds like one."""

import pytest

from config.county import County
from nlp.danger import kinds
from nlp.understand import Understander
from nlp.understanding import Urgency


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("厨房着火了，煤气罐还在里面", "fire"),
        ("煤气中毒，一家子叫不醒", "gas"),
        ("有人触电倒地上了，没气了", "electric"),
        ("俺娘摔倒起不来了，家里就俺一个人", "medical"),
        ("我爹喝了百草枯，说不想活了", "poison"),
        ("不想活了", "suicide"),
        ("楼顶上有个人要往下跳", "suicide"),
        ("孩子丢了", "missing"),
        ("老公喝醉了打我，头都流血了", "violence"),
        ("有人正在偷我家的牛", "violence"),
        ("现在有人偷东西，就在俺院墙外", "violence"),
        ("小偷正在翻俺家柜子", "violence"),
        ("孩子让车撞了，流了好多血", "traffic"),
        ("疯狗把孩子的脸咬了，流血不止", "bite"),
        ("救命啊", kinds.GENERAL),
        ("大棚塌了压着人", "collapse"),
        ("路上大货车压着人了", "traffic"),
        ("孩子吞了个扣子，憋得脸都紫了", "medical"),
        ("孩子吞了个硬币噎住了", "medical"),
        ("孩子把老鼠药吃了，脸都紫了", "poison"),
        ("我要喝农药", "suicide"),
        ("help! fire! my house is burning", "fire"),
        ("My father is unconscious, call an ambulance", "medical"),
        ("俺媳妇闹着要喝药", "suicide"),
        ("俺媳妇喝了农药", "poison"),
        ("光伏板砸房", "collapse"),
        ("房上的太阳能板刮掉了，砸到邻居家屋顶", "collapse"),
        ("大车撞塌了俺家院墙", "collapse"),
        ("变压器烧烟", "fire"),
        ("村口变压器烧出烟来了", "fire"),
        ("电线搭在晾衣绳上，一下雨就打火", "electric"),
        ("下雨电线上打火吓死人", "electric"),
        ("俺爹胳膊突然抬不起来", "medical"),
        ("俺婆婆右胳膊抬不动，话也说不清楚", "medical"),
        ("俺老伴早起嘴角歪了，一只手拿不住筷子", "medical"),
        ("俺娘下炕摔了，腿疼起不来", "medical"),
        ("老伴儿今个儿摔了一跤，胯骨疼得不敢动", "medical"),
        ("我爸八十多了，今早出门到现在没回来，他脑子糊涂", "missing"),
        ("孩子吃了辣条吐了", "poison"),
        ("夜里有人敲俺家窗户，不敢开灯", "violence"),
        ("120半天没来人", "medical"),
        ("帮我叫个救护车", "medical"),
        ("孩子发烧40度了咋办", "medical"),
        ("楼顶热水器掉下来了", "collapse"),
        ("老伴走了，俺一个人没意思", "suicide"),
        ("郝桥镇中心小学门口电线掉地上冒火花，有小孩在跟前", "electric"),
        ("高压线掉地上冒着火", "electric"),
        ("电线着火把房子引着了", "fire"),
        ("俺家电线着火了", "fire"),
    ],
)
def test_most_urgent_kind_is_known(understander: Understander, said: str, kind: str) -> None:
    understood = understander(said)
    assert understood.urgency is Urgency.DANGER
    assert understood.danger_kind == kind, understood.danger_rules


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("孩他娘让狗咬了", "bite"),
        ("我儿子被人骗了二十万", "fraud"),
        ("我被骗了，刚转了三万块钱", "fraud"),
        ("有人偷牛", "theft"),
        ("半夜有人偷俺家羊", "theft"),
        ("一伙人来偷变压器", "theft"),
        ("昨晚进贼了", "theft"),
        ("接个电话说我涉案让转钱咋办", "fraud"),
        ("有人冒充社保局要我银行卡号", "fraud"),
        ("给俺打电话的说俺孙子出事了要两万块", "fraud"),
        ("收到短信说医保卡停用让点链接", "fraud"),
    ],
)
def test_bite_theft_and_fraud_are_urgent_and_no_alarm(
    understander: Understander, said: str, kind: str
) -> None:
    understood = understander(said)
    assert (understood.urgency, understood.danger_kind) == (Urgency.URGENT, kind)


def test_bite_that_bleeds_is_a_danger(understander: Understander) -> None:
    understood = understander("让狗咬了一口，流血了")
    assert (understood.urgency, understood.danger_kind) == (Urgency.DANGER, "bite")


@pytest.mark.parametrize(
    "said",
    [
        "没着火，就是问问消防通道能停车吗",
        "去年被骗了两万",
        "买化肥被骗了钱",
        "狗咬了人不赔",
        "村里的狗太多，怕咬着孩子",
        "机井电机烧了，三天了，麦子都旱黄了",
        "院里头茅子满了没人来抽，臭哩不中",
        "我想死你们了",
        "我家牛昨晚被偷了",
        "小偷老在集上偷钱包",
        "俺村经常有人偷电动车",
        "工厂正在偷排污水",
        "the wifi of my fire TV is slow",
        "胳膊抬不起来好几年了",
        "干活累得胳膊抬不起来",
        "俺突然想起来个事",
        "电动车突然没劲了",
        "楼上天天半夜蹦跶，吵得我家老人心脏病都快犯了",
        "有人砸俺家玻璃",
        "我娘没回来吃饭",
        "有人偷懒不干活",
        "工资三个月没发了，老板失联",
        "省道上大坑把俺车胎扎爆了",
        "俺不会打字，让孙子打的",
        "烧烤店油烟往俺家窗户里灌",
        "化工厂半夜排水，河都红了",
        "120的电话费咋算",
        "叫救护车多少钱",
    ],
)
def test_false_friends_are_of_no_kind(understander: Understander, said: str) -> None:
    understood = understander(said)
    assert understood.urgency is Urgency.NORMAL
    assert understood.danger_kind == kinds.GENERAL


@pytest.mark.parametrize(
    "said",
    [
        "桥栏杆断了怕掉下去",
        "水井没盖子怕孩子掉进去",
        "路边深沟没护栏，骑车的差点栽下去",
        "枯树刮倒了横在路上，车过不去",
        "桥边石栏杆倒了，担心骑车的摔下去",
        "水发浑，孩子喝了拉肚子",
        "自来水有味，孩子拉肚子",
        "树倒了把路堵了",
    ],
)
def test_what_somebody_may_fall_into_or_run_into_is_urgent_and_no_danger(
    understander: Understander, said: str
) -> None:
    understood = understander(said)
    assert (understood.urgency, understood.danger_kind) == (Urgency.URGENT, kinds.GENERAL)
    assert not understood.categories[0].code.startswith("18")


@pytest.mark.parametrize("said", ["俺住{}", "{}那边", "俺家在{}大队部对面", "俺是{}的"])
def test_who_only_says_where_he_lives_raises_no_alarm(
    understander: Understander, county: County, said: str
) -> None:
    asked = [place.name.removesuffix("村") for place in county.places][::3]
    alarmed = [each for each in asked if understander(said.format(each)).danger_rules]
    assert len(alarmed) <= 0.01 * len(asked), alarmed


def test_burst_water_pipe_is_urgent_and_no_danger(understander: Understander) -> None:
    assert understander("侯东村西头水管子漏了，流了一街").urgency is Urgency.URGENT


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("电机烧了，机房里着火了", "fire"),
        ("煤气管子漏了，水管也漏了", "gas"),
        ("厕所满了，孩子掉进化粪池里了", "water"),
    ],
)
def test_danger_beside_a_false_friend_is_heard(
    understander: Understander, said: str, kind: str
) -> None:
    understood = understander(said)
    assert (understood.urgency, understood.danger_kind) == (Urgency.DANGER, kind)
