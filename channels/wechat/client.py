"""Calls to WeChat's API: customer-service messages, and the media that residents sent."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession

from channels import media
from channels.message import SendError
from channels.wechat import errors, payload
from channels.wechat.token import AccessTokens
from config.sections import WeChat

CALL_S = 10.0
LONGEST_ANSWER_BYTES = 64 * 1024
NOT_REACHED = "连不上微信的接口（{}），稍后自动再发"


class Client:
    """One official account's API."""

    def __init__(self, settings: WeChat, http: ClientSession, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._http = http
        self._now = now
        self.tokens = AccessTokens(self._fetch_token, now)

    async def send_text(self, openid: str, said: str, choices: Sequence[str] = ()) -> str:
        """Send a customer-service message; SendError says whether trying again is of use.

        With choices it is a menu: who taps one says its words.
        """
        body = {"touser": openid, **payload.notice(said, choices)}

        async def call(token: str) -> Mapping[str, Any]:
            return await self._post("/cgi-bin/message/custom/send", body, token=token)

        answer = await self._with_token(call)
        if answer.get("errcode", 0) != 0:
            raise errors.refusal(answer, self._now())
        return str(answer.get("msgid", "sent"))

    async def download(self, media_id: str) -> tuple[bytes, str]:
        """The bytes and the media type of what a resident sent; SendError."""
        found: list[tuple[bytes, str]] = []

        async def call(token: str) -> Mapping[str, Any]:
            query = {"access_token": token, "media_id": media_id}
            async with self._asked("GET", "/cgi-bin/media/get", query) as answer:
                content = await _read(answer, media.LONGEST_BYTES)
                if answer.content_type in ("application/json", "text/plain"):
                    return _record(content)
                found.append((content, answer.content_type))
                return {}

        answer = await self._with_token(call)
        if found:
            return found[0]
        if "errcode" not in answer:  # videos come as an address elsewhere
            raise SendError("微信没有给出文件", permanent=True)
        raise errors.refusal(answer, self._now())

    async def _with_token(
        self, call: Callable[[str], Awaitable[Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        """Make a call, and once more with a new token where the old one is refused."""
        token = await self.tokens.current()
        answer = await _reached(call(token))
        if answer.get("errcode") in errors.BAD_TOKEN:
            answer = await _reached(call(await self.tokens.renewed(token)))
        return answer

    async def _fetch_token(self, force: bool) -> Mapping[str, Any]:
        body = {
            "grant_type": "client_credential",
            "appid": self._settings.app_id,
            "secret": self._settings.app_secret.get_secret_value(),
            "force_refresh": force,
        }
        return await _reached(self._post("/cgi-bin/stable_token", body))

    async def _post(
        self, path: str, body: Mapping[str, Any], *, token: str = ""
    ) -> Mapping[str, Any]:
        """POST JSON. The platform shows escapes as they are, so the characters go as UTF-8."""
        query = {"access_token": token} if token else {}
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        async with self._asked("POST", path, query, data) as answer:
            return _record(await _read(answer, LONGEST_ANSWER_BYTES))

    def _asked(
        self, method: str, path: str, query: Mapping[str, str], data: bytes | None = None
    ) -> AbstractAsyncContextManager[ClientResponse]:
        return self._http.request(
            method,
            self._settings.api_url.rstrip("/") + path,
            params=query,
            data=data,
            headers={"Content-Type": "application/json"} if data else {},
            allow_redirects=False,
        )


async def _reached(call: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The answer within `CALL_S`. Causes are left out: their texts hold the token."""
    try:
        async with asyncio.timeout(CALL_S):
            return await call
    except (ClientError, TimeoutError, OSError) as error:
        raise SendError(NOT_REACHED.format(type(error).__name__)) from None


async def _read(answer: ClientResponse, limit_bytes: int) -> bytes:
    if answer.status >= 300:
        raise SendError(NOT_REACHED.format(f"HTTP {answer.status}"))
    return await media.read(answer, limit_bytes)


def _record(content: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise SendError("微信的接口回答了看不懂的内容，稍后自动再发")
    return record
