"""A Bot API server on loopback: what a bot sends, the files it fetches, the updates it polls."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tests.servers import PHOTO, Server

TOKEN = "123456:test-token"


class TelegramApi(Server):
    """One bot. `refusals` come first, as (status, record); `updates` are what polling finds."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.refusals: deque[tuple[int, Mapping[str, Any]] | None] = deque()  # None: taken
        self.answered: list[str] = []  # buttons
        self.called: list[str] = []  # methods
        self.file = PHOTO
        self.updates: list[dict[str, Any]] = []
        self.offsets: list[int] = []
        self.asked: Callable[[], None] = lambda: None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"/bot{TOKEN}/{{method}}", self._call),
            web.get(f"/file/bot{TOKEN}/{{path:.*}}", self._file),
        ]

    async def _call(self, request: web.Request) -> web.Response:
        form = {**request.query, **(await request.post())}
        self.asked()
        self.called.append(request.match_info["method"])
        if self.refusals and (refusal := self.refusals.popleft()):
            status, record = refusal
            return web.json_response({"ok": False, "error_code": status, **record}, status=status)
        match request.match_info["method"]:
            case "sendMessage":
                self.sent.append({**form})
                result: Any = {
                    "message_id": len(self.sent),
                    "date": 1,
                    "chat": {"id": int(str(form["chat_id"])), "type": "private"},
                    "text": form["text"],
                }
            case "getFile":
                result = {"file_id": form["file_id"], "file_unique_id": "u", "file_path": "a.jpg"}
            case "answerCallbackQuery":
                self.answered.append(str(form["callback_query_id"]))
                result = True
            case "getUpdates":
                offset = int(str(form.get("offset", 0)))
                self.offsets.append(offset)
                result = [update for update in self.updates if update["update_id"] >= offset]
            case _:
                result = True
        return web.json_response({"ok": True, "result": result})

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self.file)
