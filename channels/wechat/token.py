"""WeChat's access token: fetched once however many ask for it, and renewed before it expires."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from channels.message import SendError
from channels.wechat import errors

RENEW_BEFORE = timedelta(minutes=5)
PAUSE_AFTER_FAILURE = timedelta(seconds=5)
LONGEST_LIFE_S = 7200

Fetch = Callable[[bool], Awaitable[Mapping[str, Any]]]


class AccessTokens:
    """The token of one official account. `fetch(force)` asks the API; raises SendError.

    The API gives every process the same token as long as it holds, so several processes can share
    an account. `force` makes it give a new one, which it allows 20 times a day.
    """

    def __init__(self, fetch: Fetch, now: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._now = now
        self._token = ""
        self._renew_at: datetime | None = None
        self._expires_at: datetime | None = None
        self._fetching: asyncio.Task[str] | None = None
        self._failed: SendError | None = None
        self._try_at: datetime | None = None

    @property
    def healthy(self) -> bool:
        """Is there a token that still holds?"""
        return bool(self._token) and self._expires_at is not None and self._now() < self._expires_at

    async def current(self) -> str:
        """A token that holds for some minutes more; SendError."""
        if self._renew_at is not None and self._now() < self._renew_at:
            return self._token
        try:
            return await self._fetched(force=False)
        except SendError:
            if self.healthy:
                return self._token
            raise

    async def renewed(self, refused: str) -> str:
        """Another token than the one that the API has just refused; SendError."""
        if self._token != refused:
            return await self.current()
        token = await self._fetched(force=False)
        return token if token != refused else await self._fetched(force=True)

    async def keep(self) -> float:
        """Renew the token if it is time; seconds until it is time again. Raises SendError."""
        await self.current()
        left = (self._renew_at or self._now()) - self._now()
        return max(left, PAUSE_AFTER_FAILURE).total_seconds()

    async def _fetched(self, *, force: bool) -> str:
        if self._failed is not None and self._try_at is not None and self._now() < self._try_at:
            raise _again(self._failed)
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._renew(force))
            self._fetching.add_done_callback(self._forget)
        return await asyncio.shield(self._fetching)

    def _forget(self, task: "asyncio.Task[str]") -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # those who wait raise it; perhaps nobody waits any more

    async def _renew(self, force: bool) -> str:
        try:
            token, life = _read(await self._fetch(force), self._now())
        except SendError as error:
            self._failed, self._try_at = error, self._now() + PAUSE_AFTER_FAILURE
            raise
        now = self._now()
        self._token, self._failed = token, None
        self._expires_at = now + life
        self._renew_at = now + max(life - RENEW_BEFORE, life / 2)
        return token


def _read(answer: Mapping[str, Any], now: datetime) -> tuple[str, timedelta]:
    token, life_s = answer.get("access_token"), answer.get("expires_in", LONGEST_LIFE_S)
    if not isinstance(token, str) or not token:
        raise errors.refusal(answer, now)
    if isinstance(life_s, bool) or not isinstance(life_s, int) or life_s <= 0:
        raise SendError("微信给的访问令牌没有写明有效期")
    return token, timedelta(seconds=min(life_s, LONGEST_LIFE_S))


def _again(error: SendError) -> SendError:
    """The same refusal as a new error, so that tracebacks don't grow from caller to caller."""
    return SendError(error.reason, permanent=error.permanent, retry_after_s=error.retry_after_s)
