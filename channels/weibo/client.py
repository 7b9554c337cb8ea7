"""Calls to Weibo's API: private messages out, and the media that residents sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientError, ClientSession

from channels import media
from channels.message import SendError
from channels.weibo import payload
from config.sections import Weibo

CALL_S = 10.0
LONGEST_ANSWER_BYTES = 64 * 1024
MEDIA_HOST = ("m.api.weibo.com", "upload.api.weibo.com")  # media lie beside the API
NOT_REACHED = "连不上微博的接口（{}），稍后自动再发"

# Code: what an operator reads, permanent, seconds until another try is of use.
_BAD_TOKEN = "微博的访问令牌无效或过期，请在粉丝服务平台上重新取一个，写进设置"
_MEANINGS: Mapping[int, tuple[str, bool, float | None]] = {
    10001: ("微博系统出错", False, 60.0),
    10002: ("微博服务暂时不可用", False, 60.0),
    10009: ("微博系统繁忙", False, 60.0),
    10010: ("微博系统超时", False, 60.0),
    10014: ("应用没有发消息的权限，请在微博开放平台上申请", True, None),
    10022: ("本机 IP 的调用次数用完了", False, 3600.0),
    10023: ("账号的调用次数用完了", False, 3600.0),
    10024: ("这个接口的调用次数用完了", False, 3600.0),
    20003: ("居民的微博账号不存在", True, None),
    21301: (_BAD_TOKEN, False, 3600.0),
    21314: (_BAD_TOKEN, False, 3600.0),
    21315: (_BAD_TOKEN, False, 3600.0),
    21316: (_BAD_TOKEN, False, 3600.0),
    21317: (_BAD_TOKEN, False, 3600.0),
    21327: (_BAD_TOKEN, False, 3600.0),
    21332: (_BAD_TOKEN, False, 3600.0),
}


class Client:
    """One account's API."""

    def __init__(self, settings: Weibo, http: ClientSession) -> None:
        self._settings = settings
        self._http = http

    async def send_text(self, receiver: str, said: str, _buttons: Sequence[str] = ()) -> str:
        """Send a private message (it has no buttons); SendError says if trying again is of use."""
        form = {
            "access_token": self._settings.access_token.get_secret_value(),
            "type": "text",
            "receiver_id": receiver,
            "data": payload.inner(said),
            "save_sender_box": "1",
        }
        url = self._settings.api_url.rstrip("/") + "/2/messages/reply.json"
        record = await self._called("POST", url, data=form)
        if record.get("result") is not True and record.get("result") != "true":
            raise SendError("微博没有收下消息，也没有说原因，稍后自动再发")
        return str(record.get("id", "sent"))

    async def download(self, media_id: str) -> tuple[bytes, str]:
        """The bytes and the media type of what a resident sent; SendError."""
        url = self._settings.api_url.rstrip("/").replace(*MEDIA_HOST) + "/2/mss/msget"
        query = {
            "access_token": self._settings.access_token.get_secret_value(),
            "fid": media_id,
        }
        async with _reaching(), self._http.get(url, params=query, allow_redirects=False) as answer:
            content = await media.read(answer)
            if answer.content_type in ("application/json", "text/html", "text/plain"):
                raise _refusal(_record(content, answer.status), answer.status)
            if answer.status >= 300:
                raise SendError(NOT_REACHED.format(f"HTTP {answer.status}"))
            return content, answer.content_type

    async def _called(self, method: str, url: str, *, data: Mapping[str, str]) -> Mapping[str, Any]:
        async with (
            _reaching(),
            self._http.request(method, url, data=data, allow_redirects=False) as answer,
        ):
            record = _record(await media.read(answer, LONGEST_ANSWER_BYTES), answer.status)
            if record.get("error_code") or answer.status >= 300:
                raise _refusal(record, answer.status)
            return record


@asynccontextmanager
async def _reaching() -> AsyncIterator[None]:
    """`CALL_S` for a call. Causes are left out: their texts may hold the token."""
    try:
        async with asyncio.timeout(CALL_S):
            yield
    except (ClientError, TimeoutError, OSError) as error:
        raise SendError(NOT_REACHED.format(type(error).__name__)) from None


def _record(content: bytes, status: int) -> Mapping[str, Any]:
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise SendError(NOT_REACHED.format(f"HTTP {status}"))
    return record


def _refusal(record: Mapping[str, Any], status: int) -> SendError:
    code = record.get("error_code")
    code = int(code) if isinstance(code, str) and code.isdigit() else code
    if isinstance(code, int) and code in _MEANINGS:
        meaning, permanent, retry_after_s = _MEANINGS[code]
        return SendError(f"{code}：{meaning}", permanent=permanent, retry_after_s=retry_after_s)
    if code is None:
        return SendError(NOT_REACHED.format(f"HTTP {status}"))
    return SendError(f"微博返回错误 {str(code)[:20]}，请对照微博开放平台的错误代码")
