"""Calls to WeChat's API: the access token, kept and renewed, and customer-service messages."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp

from channels.channel import Desk
from channels.message import SendError
from config.settings import WeChat

RENEW_BEFORE = timedelta(minutes=10)
BAD_TOKEN = frozenset({40001, 40014, 42001})
ERRORS = {
    45015: ("居民超过 48 小时没有发消息，微信不允许再主动发送", True, None),
    45047: ("48 小时内发送条数已到上限，居民再发消息后才能继续", False, 3600.0),
    45009: ("当天接口调用次数已用完", False, 6 * 3600.0),
    40003: ("收件人的 openid 不对", True, None),
    48001: ("公众号没有客服消息权限", True, None),
}


class Client:
    """One official account's API."""

    def __init__(self, settings: WeChat, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._token = ""
        self._renew_at = desk.runtime.now()
        self._renewing = asyncio.Lock()

    async def send_text(self, openid: str, text: str) -> str:
        """Send a customer-service message; SendError says whether trying again is of use."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        answer = await self._call("/cgi-bin/message/custom/send", body)
        return str(answer.get("msgid", ""))

    async def media(self, media_id: str) -> tuple[bytes, str]:
        """The bytes and the media type of something that a resident sent."""
        url = self._settings.api_url + "/cgi-bin/media/get"
        query = {"access_token": await self._access_token(), "media_id": media_id}
        try:
            async with self._desk.http.get(url, params=query) as answer:
                content = await answer.content.read(20 * 2**20)
                return content, answer.content_type
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SendError(f"微信接口连不上：{type(error).__name__}") from error

    async def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._post(path, body, await self._access_token())
        if answer.get("errcode") in BAD_TOKEN:
            answer = await self._post(path, body, await self._access_token(renew=True))
        code = answer.get("errcode", 0)
        if not code:
            return answer
        reason, permanent, retry_after_s = ERRORS.get(
            code, (f"微信返回错误 {code}：{answer.get('errmsg', '')}", False, None)
        )
        raise SendError(f"{code} {reason}", permanent=permanent, retry_after_s=retry_after_s)

    async def _post(self, path: str, body: dict[str, Any], token: str) -> dict[str, Any]:
        url = self._settings.api_url + path
        try:
            async with self._desk.http.post(url, params={"access_token": token}, json=body) as a:
                answer: dict[str, Any] = await a.json(content_type=None)
                return answer
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise SendError(f"微信接口连不上：{type(error).__name__}") from error

    async def _access_token(self, *, renew: bool = False) -> str:
        """The token, fetched once however many ask for it."""
        stale = self._token
        async with self._renewing:
            now = self._desk.runtime.now()
            if self._token and now < self._renew_at and not (renew and self._token == stale):
                return self._token
            query = {
                "grant_type": "client_credential",
                "appid": self._settings.app_id,
                "secret": self._settings.app_secret.get_secret_value(),
            }
            url = self._settings.api_url + "/cgi-bin/token"
            try:
                async with self._desk.http.get(url, params=query) as answer:
                    record = await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise SendError(f"微信接口连不上：{type(error).__name__}") from error
            if "access_token" not in record:
                raise SendError(
                    f"取不到微信令牌：{record.get('errcode')} {record.get('errmsg', '')}"
                )
            self._token = str(record["access_token"])
            lifetime = timedelta(seconds=int(record.get("expires_in", 7200)))
            self._renew_at = now + max(lifetime - RENEW_BEFORE, lifetime / 2)
            return self._token
