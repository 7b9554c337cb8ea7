"""Correctly signed WeChat callbacks, encrypted mode, made ahead of the run so that making costs
nothing in it.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wechatpy.crypto import WeChatCrypto

from tests.bench import program

SHARED = Path(__file__).parents[3] / "shared" / "data" / "tipdm" / "train.jsonl"
NONCE = "1320562132"
_OWN = (
    "东韩村村口的路灯坏了三天了没人修",
    "贾宋镇郄村村口的垃圾堆了一个星期没有人清理",
    "河郭镇宋台村自来水从昨天下午开始停水到现在还没有来",
    "史召乡北张村的麦田没有水浇地机井坏了",
    "郝桥镇白佛村有人在村边焚烧秸秆烟特别大",
    "老板拖欠我们农民工工资两个多月了一直不给",
    "请问办理身份证需要带什么材料",
    "小区物业乱收费电梯坏了半个月也不修",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One POST as the platform would send it."""

    path: str
    body: bytes
    message_id: str
    sender: str


class Maker:
    """Makes callbacks with growing message ids."""

    def __init__(self) -> None:
        self._crypto = WeChatCrypto(program.TOKEN, program.AES_KEY, program.APP_ID)
        self._next = int(time.time() * 1000) * 1000

    def make(self, sender: str, text: str) -> Callback:
        """A text message from a sender."""
        self._next += 1
        now = str(int(time.time()))
        plain = (
            "<xml><ToUserName><![CDATA[gh_nanhe]]></ToUserName>"
            f"<FromUserName><![CDATA[{sender}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{text}]]></Content><MsgId>{self._next}</MsgId></xml>"
        )
        encrypted = self._crypto.encrypt_message(plain, NONCE, now)
        signature = _between(encrypted, "<MsgSignature><![CDATA[", "]]>")
        cipher = _between(encrypted, "<Encrypt><![CDATA[", "]]>")
        body = (
            "<xml><ToUserName><![CDATA[gh_nanhe]]></ToUserName>"
            f"<Encrypt><![CDATA[{cipher}]]></Encrypt></xml>"
        )
        path = (
            f"/channels/wechat?signature=unused&timestamp={now}&nonce={NONCE}"
            f"&encrypt_type=aes&msg_signature={signature}"
        )
        return Callback(path=path, body=body.encode(), message_id=str(self._next), sender=sender)


def source() -> str:
    """Where `texts` come from, for the head of a table."""
    if SHARED.exists():
        return "residents' messages"
    return f"made-up sentences (no real messages at {SHARED.name})"


def texts(count: int) -> Sequence[str]:
    """Real residents' messages where they are at hand, our own sentences in turn where not."""
    found = list(_real(count)) if SHARED.exists() else []
    found = found or list(_OWN)
    return [found[index % len(found)] for index in range(count)]


def _real(count: int) -> Iterator[str]:
    with SHARED.open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            text = "，".join(filter(None, (record.get("theme"), record.get("detail"))))
            text = text or record["words"].replace(" ", "")
            yield text.replace("]]>", "").replace("\x00", "")[:600]
            count -= 1
            if not count:
                return


def _between(text: str, start: str, end: str) -> str:
    begin = text.index(start) + len(start)
    return text[begin : text.index(end, begin)]
