"""Calls to the Bot API by python-telegram-bot; its errors become ours."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession

from channels import media
from channels.message import SendError
from channels.telegram import payload
from config.sections import Telegram

os.environ.setdefault("PTB_TIMEDELTA", "1")

from telegram import Bot, File, InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

POLL_S = 25
CALL_S = 20.0
_WANTED = '["message","edited_message","callback_query"]'
T = TypeVar("T")


class Client:
    """One bot."""

    def __init__(self, settings: Telegram, http: ClientSession) -> None:
        self._settings = settings
        self._http = http
        self._bot: Bot | None = None
        self._requests: list[HTTPXRequest] = []

    async def close(self) -> None:
        """Let go of the connections."""
        for request in self._requests:
            await request.shutdown()
        self._requests, self._bot = [], None

    async def send(self, chat: str, text: str, choices: Sequence[str] = ()) -> str:
        """Send a message and return its id; SendError says whether trying again is of use."""
        if not chat.removeprefix("-").isdecimal():
            raise SendError("Telegram 的联系方式要写数字，例如 telegram:123456", permanent=True)
        markup = None
        if choices:
            buttons = {"inline_keyboard": payload.keyboard(choices)}
            markup = InlineKeyboardMarkup.de_json(buttons, None)
        sent = await self._try(
            lambda bot: bot.send_message(int(chat), text, reply_markup=markup, write_timeout=CALL_S)
        )
        return str(sent.message_id)

    async def download(self, file_id: str) -> bytes:
        """The bytes of something that a resident sent; SendError."""

        async def find(bot: Bot) -> File:
            return await bot.get_file(file_id)

        file = await self._try(find)
        if (file.file_size or 0) > media.LONGEST_BYTES or not file.file_path:
            raise SendError("文件太大，没有取", permanent=True)
        try:  # not by the library, which reads a file whole, however large it is
            async with (
                asyncio.timeout(CALL_S),
                self._http.get(file.file_path, allow_redirects=False) as answer,
            ):
                if answer.status >= 300:
                    raise SendError(f"Telegram 没有给出文件：HTTP {answer.status}")
                return await media.read(answer)
        except (ClientError, TimeoutError, OSError) as error:  # whose texts may hold the token
            raise SendError(f"Telegram 连不上：{type(error).__name__}") from None

    async def answer_button(self, pressed: str) -> None:
        """Tell that a button has been heard; SendError."""
        await self._try(lambda bot: bot.answer_callback_query(pressed))

    async def drop_webhook(self) -> None:
        """Be asked no more by an address: the platform answers either it or us. SendError."""
        await self._try(lambda bot: bot.delete_webhook(drop_pending_updates=False))

    async def updates(self, offset: int) -> list[dict[str, Any]]:
        """What has come since `offset`, as plain records; waits for it up to POLL_S."""

        async def poll(bot: Bot) -> list[dict[str, Any]]:
            # Not by bot.get_updates: one update that it can't parse would stop all the others.
            query = urlencode({"offset": offset, "timeout": POLL_S, "allowed_updates": _WANTED})
            url = f"{bot.base_url}/getUpdates?{query}"
            found = await self._requests[1].post(url, read_timeout=POLL_S + 5)
            return (
                [each for each in found if isinstance(each, dict)]
                if isinstance(found, list)
                else []
            )

        return await self._try(poll)

    async def _try(self, call: Callable[[Bot], Coroutine[Any, Any, T]]) -> T:
        try:
            return await call(await self._started())
        except RetryAfter as error:
            wait = error.retry_after
            seconds = wait if isinstance(wait, int) else wait.total_seconds()
            raise SendError("发得太快，Telegram 要求稍后再发", retry_after_s=seconds) from error
        except Forbidden as error:
            raise SendError("对方停用了机器人，收不到消息", permanent=True) from error
        except InvalidToken as error:
            raise SendError("Telegram 令牌不对，请检查 telegram.token") from error
        except Conflict as error:
            raise SendError("另一个程序正在用同一个机器人收消息") from error
        except BadRequest as error:
            raise SendError(f"Telegram 不收：{error.message}", permanent=True) from error
        except TelegramError as error:
            raise SendError(f"Telegram 连不上：{type(error).__name__}") from error

    async def _started(self) -> Bot:
        if self._bot is None:
            self._requests = [HTTPXRequest(connection_pool_size=8), HTTPXRequest()]
            self._bot = Bot(
                self._settings.token.get_secret_value(),
                request=self._requests[0],
                get_updates_request=self._requests[1],
                base_url=self._settings.api_url + "/bot",
                base_file_url=self._settings.api_url + "/file/bot",
            )
        return self._bot
