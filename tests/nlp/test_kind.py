"""What a resident wants of us."""

import pytest

from nlp import kind
from nlp.normalize import normalize
from nlp.understanding import RequestKind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好", RequestKind.GREETING),
        ("喂，有人吗？", RequestKind.GREETING),
        ("是4569899吗", RequestKind.GREETING),
        ("是任县热线吗", RequestKind.GREETING),
        ("转人工", RequestKind.PERSON),
        ("别跟我说机器话，叫个活人来", RequestKind.PERSON),
        ("中", RequestKind.YES),
        ("嗯，好的", RequestKind.YES),
        ("不用了", RequestKind.NO),
        ("不是这个", RequestKind.NO),
        ("对对对", RequestKind.YES),
        ("没错没错", RequestKind.YES),
        ("说得对", RequestKind.YES),
        ("没什么问题", RequestKind.YES),
        ("不对不对", RequestKind.NO),
        ("你听错了", RequestKind.NO),
        ("再说一遍", RequestKind.REPEAT),
        ("没听清楚", RequestKind.REPEAT),
        ("喂，听不见你说什么", RequestKind.REPEAT),
        ("啥？", RequestKind.REPEAT),
        ("我再说一遍", RequestKind.UNKNOWN),
        *(
            (words, RequestKind.REPEAT)
            for words in (
                "大点声",
                "大声点",
                "说大声点",
                "声音大点",
                "你声音再大一点行吗",
                "我耳朵背",
                "我耳朵背，大点声",
                "听不清",
                "听不见",
            )
        ),
        *(
            (words, RequestKind.WAIT)
            for words in ("等一下", "稍等", "等会儿", "你等等", "您稍等一下啊", "好，你等会儿")
        ),
        ("慢一点", RequestKind.SLOWER),
        ("能不能说慢点", RequestKind.SLOWER),
        ("太快了", RequestKind.SLOWER),
        ("再见", RequestKind.GOODBYE),
        ("没别的事了", RequestKind.GOODBYE),
        ("现在转吧", RequestKind.PERSON),
        ("查一下进度", RequestKind.PROGRESS),
        ("20261124-0001", RequestKind.PROGRESS),
        *(
            (words, RequestKind.PROGRESS)
            for words in (
                "查询 20261124-0001 5678",
                "查询20261124-0001 0000",
                "查进度 20261124-0001 尾号5678",
                "20261124-0001 5678",
                "20261124-0001，手机后四位5678",
                "20261124 0001",
                "单号20261124-0001",
                "单号是20261124-0001",
                "我的工单号：20261124-0001",
                "20261124-0001办得怎么样了",
            )
        ),
        *(
            (words, RequestKind.WITHDRAW)
            for words in (
                "撤单 20261124-0001",
                "撤单20261124-0001 5678",
                "撤回20261124-0001",
                "取消20261124-0001",
                "把20261124-0001撤了",
                "帮我把 20261124-0001 撤了吧",
                "我要撤单 5678",
                "20261124-0001不用办了",
            )
        ),
        ("是 20261124-0001", RequestKind.YES),
        ("谢谢，20261124-0001", RequestKind.THANKS),
        ("补充 20261124-0001 灯杆也歪了", RequestKind.SUPPLEMENT),
        ("20261124-0001那个灯又坏了", RequestKind.HELP),
        ("我反映的事咋样了", RequestKind.PROGRESS),
        ("撤单", RequestKind.WITHDRAW),
        ("补充一下，是村东头第二个", RequestKind.SUPPLEMENT),
        ("13912345678", RequestKind.SUPPLEMENT),
        ("谢谢啊", RequestKind.THANKS),
        ("？？？", RequestKind.INVALID),
        ("", RequestKind.INVALID),
        ("医保怎么报销", RequestKind.ENQUIRY),
        ("你们这热线有啥用，打八遍了没一个管的", RequestKind.COMPLAINT),
        ("闺女你真好", RequestKind.THANKS),
        ("查一下俺的单子", RequestKind.PROGRESS),
        ("你说慢点俺听不清", RequestKind.SLOWER),
        ("恁这服务真得劲", RequestKind.THANKS),
        ("喂喂喂能听见不", RequestKind.GREETING),
        ("我是做贷款的，您需要贷款吗", RequestKind.INVALID),
        ("刷单兼职日结三百加微信", RequestKind.INVALID),
        ("代开发票联系我13912345678", RequestKind.INVALID),
        ("低息贷款加我微信", RequestKind.INVALID),
        ("收到短信说日结三百加微信，是不是骗人的", RequestKind.COMPLAINT),
        ("举报有人开赌场", RequestKind.REPORT),
        ("建议在路口装个红绿灯", RequestKind.SUGGESTION),
        ("帮我代交下医保", RequestKind.ERRAND),
        ("邻居占了我家宅基地", RequestKind.DISPUTE),
        ("路灯坏了", RequestKind.HELP),
        ("投诉物业乱收费", RequestKind.COMPLAINT),
    ],
)
def test_kind_is_known(text: str, expected: RequestKind) -> None:
    assert kind.judge(normalize(text))[0] is expected


@pytest.mark.parametrize(
    "text",
    [
        "请问物业为什么乱收费",
        "请问工资一直不给找谁",
        "什么时候能管管噪音，吵得睡不着",
        "咨询一下，医院态度这么差归谁管",
        "请问我被骗了怎么办",
        "学校强制收费是不是不合理",
    ],
)
def test_a_complaint_is_never_taken_for_an_enquiry(text: str) -> None:
    assert kind.judge(normalize(text))[0] is RequestKind.COMPLAINT


@pytest.mark.parametrize(
    "text",
    [
        "楼下音响声音大",
        "声音太大",
        "广场舞声音大点我也忍了",
        "大喇叭听不见通知",
        "我耳朵背了想办残疾证",
        "等一下午了没来水",
        "等了三天没人来",
        "等会儿车都等不到",
        "公交车让人等等等",
        "稍等一下就断电",
    ],
)
def test_tellings_are_no_wish_about_the_talk(text: str) -> None:
    assert kind.judge(normalize(text))[0] not in (RequestKind.REPEAT, RequestKind.WAIT)


@pytest.mark.parametrize("text", ["请问井盖丢了找谁", "路灯坏了，什么时候能修？"])
def test_a_question_about_something_broken_asks_for_help(text: str) -> None:
    assert kind.judge(normalize(text))[0] is not RequestKind.GREETING
    assert kind.judge(normalize(text))[1]


def test_the_words_that_decided_are_told() -> None:
    assert kind.judge("举报黑作坊") == (RequestKind.REPORT, ("举报",))


def test_danger_goes_before_talk() -> None:
    assert kind.judge("刚才忘说了，着火了", danger=("着火",))[0] is RequestKind.HELP


@pytest.mark.parametrize(
    "text",
    [
        "村里取消我的低保我要投诉",
        "物业说不用来修了，我家还漏着水",
        "村干部说这事不用管了",
        "我家水管坏了修了没两天又坏了",
        "我家门口垃圾有人管没有",
        "我反映东韩村路灯坏了有人管吗",
        "取消了公交线路我们反映多次",
        "找个人说说理",
        "人工服务窗口没人",
        "俺村的桥有人修没有",
        "镇里取消了班车，出门不方便",
    ],
)
def test_a_matter_is_not_swallowed_as_an_order(text: str) -> None:
    orders = {RequestKind.WITHDRAW, RequestKind.PROGRESS, RequestKind.PERSON}
    assert kind.judge(normalize(text))[0] not in orders


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我上次反映的路灯坏了修了吗", RequestKind.PROGRESS),
        ("我报的那个井盖有人来修了没", RequestKind.PROGRESS),
        ("已经自己修好了不用来了", RequestKind.WITHDRAW),
        ("撤销我的投诉", RequestKind.WITHDRAW),
        ("帮我撤单 20261124-0001，物业说不用修了", RequestKind.WITHDRAW),
        ("给我找个人说话", RequestKind.PERSON),
    ],
)
def test_an_order_is_still_an_order(text: str, expected: RequestKind) -> None:
    assert kind.judge(normalize(text))[0] is expected


@pytest.mark.parametrize(
    "text",
    [
        "工地日结工资，老板微信把我拉黑不给钱",
        "城关饭店代开发票偷税",
        "网上理财稳赚不赔，投了五万拿不回来",
        "小区墙上全是办证刻章的小广告",
        "在农行办理贷款，信贷员找我要两千好处费",
        "干活月入三千，加班费一分没给",
        "日结小时工，加班不给钱",
        "日结工地，老板加微信后不发钱",
        "贷款中介扫码收了我两千服务费",
        "学校让加微信群领资料收钱",
        "快递站加微信进群才能取件",
        "代开发票的商家私聊我",
        "理财经理加我微信，现在联系不上",
        "银行办理贷款找我要好处费",
        "加我微信领红包上当三千",
        "点击链接领补贴钱没了",
        "http://abc.com/x",
    ],
)
def test_who_has_met_with_an_offer_is_no_advertiser(text: str) -> None:
    assert kind.judge(normalize(text))[0] is not RequestKind.INVALID
