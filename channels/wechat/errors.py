"""What WeChat's error codes mean for us: is trying again of use, and when?"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from channels.message import SendError
from config.runtime import LOCAL_ZONE

BAD_TOKEN = frozenset({40001, 40014, 42001})
DAILY_QUOTA = 45009
AFTER_MIDNIGHT_S = 60.0

# Code: what an operator reads, permanent, seconds until another try is of use.
_MEANINGS: Mapping[int, tuple[str, bool, float | None]] = {
    -1: ("微信系统繁忙", False, 10.0),
    40001: ("访问令牌无效，换了新的也不行；请核对 app_secret", False, 300.0),
    40003: ("收件人的 openid 不对，或不属于这个公众号", True, None),
    40013: ("app_id 不对，请核对设置", False, 600.0),
    40014: ("访问令牌无效，换了新的也不行；请核对 app_secret", False, 300.0),
    40125: ("app_secret 不对，请核对设置", False, 600.0),
    40164: ("本机的 IP 不在公众号的白名单里，请在公众平台上加上", False, 600.0),
    42001: ("访问令牌过期，换了新的也不行", False, 300.0),
    43004: ("居民没有关注公众号", True, None),
    45002: ("消息太长", True, None),
    45011: ("接口调用太频繁", False, 60.0),
    45015: ("居民超过 48 小时没有发消息，微信不让再主动发送，请改用电话联系", True, None),
    45047: ("居民回话之前能发的条数用完了，等居民再发消息", False, 1800.0),
    48001: ("公众号没有客服消息的权限，请在公众平台上开通", True, None),
    48002: ("居民关闭了接收公众号消息", True, None),
    48004: ("接口被微信封禁，请登录公众平台查看原因", False, 3600.0),
    50002: ("公众号或居民的账号被微信限制", True, None),
}


def refusal(answer: Mapping[str, Any], now: datetime) -> SendError:
    """The error for an answer of the API that has an `errcode`."""
    code = answer.get("errcode")
    if code == DAILY_QUOTA:
        wait_s = until_midnight_s(now) + AFTER_MIDNIGHT_S
        return SendError("45009：当天的接口调用次数用完了，零点后再发", retry_after_s=wait_s)
    if isinstance(code, int) and code in _MEANINGS:
        meaning, permanent, retry_after_s = _MEANINGS[code]
        return SendError(f"{code}：{meaning}", permanent=permanent, retry_after_s=retry_after_s)
    return SendError(f"微信返回错误 {str(code)[:20]}，请对照微信文档的返回码")


def until_midnight_s(now: datetime) -> float:
    """Seconds until quotas are counted anew, at midnight in China."""
    local = now.astimezone(LOCAL_ZONE)
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), LOCAL_ZONE)
    return (tomorrow - local).total_seconds()
