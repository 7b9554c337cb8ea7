"""Loopback doubles of others' servers: WeChat's API and Weibo's, as strict as the real ones."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiohttp import web

PHOTO = b"\xff\xd8\xff\xe0 a photo"


class Server:
    """A server on a free port of loopback; `url` once started."""

    def __init__(self) -> None:
        self.url = ""
        self.lost = False  # cut every connection without an answer
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    async def start(self) -> None:
        application = web.Application(middlewares=[self._cut])
        application.router.add_routes(self.routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _cut(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.lost and request.transport is not None:
            request.transport.abort()
        answer: web.StreamResponse = await handler(request)
        return answer


class WeChatApi(Server):
    """Tokens, customer-service messages and media of one official account.

    `refusals` are given before anything is taken, one a call; `valid` are the tokens that hold.
    """

    def __init__(self, *, app_id: str, app_secret: str) -> None:
        super().__init__()
        self.app_id, self.app_secret = app_id, app_secret
        self.valid: set[str] = set()
        self.life_s: Any = 7200
        self.bad_token_code = 40001
        self.fetched: list[bool] = []  # of each token fetched: was it forced?
        self.sent: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.refusals: deque[Mapping[str, Any]] = deque()
        self.token_refusals: deque[Mapping[str, Any]] = deque()
        self.raw: bytes | None = None  # what sending answers instead
        self.media: dict[str, tuple[bytes, str]] = {"photo-1": (PHOTO, "image/jpeg")}
        self.media_gate = asyncio.Event()
        self.media_gate.set()
        self.token_asked = asyncio.Event()
        self._current = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/cgi-bin/stable_token", self._token),
            web.post("/cgi-bin/message/custom/send", self._send),
            web.get("/cgi-bin/media/get", self._media),
        ]

    def expire(self) -> None:
        """The platform forgets the token, as after a change of the secret."""
        self.valid.clear()
        self._current = ""

    def distrust(self) -> None:
        """The token is refused, and yet given again unless somebody forces a new one."""
        self.valid.clear()

    async def _token(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.token_asked.set()
        if self.token_refusals:
            return _json(self.token_refusals.popleft())
        if asked["grant_type"] != "client_credential" or asked["appid"] != self.app_id:
            return _json({"errcode": 40013, "errmsg": "invalid appid"})
        if asked["secret"] != self.app_secret:
            return _json({"errcode": 40125, "errmsg": "invalid appsecret"})
        self.fetched.append(asked["force_refresh"])
        if asked["force_refresh"] or not self._current:
            self._current = f"token-{len(self.fetched)}"
            self.valid.add(self._current)
        return _json({"access_token": self._current, "expires_in": self.life_s})

    async def _send(self, request: web.Request) -> web.Response:
        if self.raw is not None:
            return web.Response(body=self.raw)
        if refusal := self._refusal(request):
            return _json(refusal)
        body = await request.read()
        asked = json.loads(body)
        menu = asked["msgtype"] == "msgmenu"
        words = asked["msgmenu"]["head_content"] if menu else asked["text"]["content"]
        if len(words.encode()) > 2048:
            return _json({"errcode": 45002, "errmsg": "content size out of limit"})
        self.bodies.append(body)
        self.sent.append((asked["touser"], words))
        return _json({"errcode": 0, "errmsg": "ok"})

    async def _media(self, request: web.Request) -> web.Response:
        await self.media_gate.wait()
        if refusal := self._refusal(request):
            return _json(refusal)
        found = self.media.get(request.query["media_id"])
        if found is None:
            return _json({"errcode": 40007, "errmsg": "invalid media_id"})
        return web.Response(body=found[0], content_type=found[1])

    def _refusal(self, request: web.Request) -> Mapping[str, Any]:
        if request.query.get("access_token") not in self.valid:
            return {"errcode": self.bad_token_code, "errmsg": "invalid credential"}
        return self.refusals.popleft() if self.refusals else {}


class WeiboApi(Server):
    """Private messages and media of one account; `refusals` come first, as (status, record)."""

    def __init__(self, *, access_token: str) -> None:
        super().__init__()
        self.access_token = access_token
        self.sent: list[tuple[str, str]] = []
        self.refusals: deque[tuple[int, Mapping[str, Any]] | None] = deque()  # None: taken
        self.raw: bytes | None = None
        self.media: dict[str, tuple[bytes, str]] = {"821469459": (PHOTO, "image/jpeg")}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/2/messages/reply.json", self._reply),
            web.get("/2/mss/msget", self._media),
        ]

    async def _reply(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self.raw is not None:
            return web.Response(body=self.raw)
        if form["access_token"] != self.access_token:
            return _json({"error": "expired_token", "error_code": 21327}, 403)
        if self.refusals and (refusal := self.refusals.popleft()):
            status, record = refusal
            return _json(record, status)
        words = json.loads(str(form["data"]))["text"]
        if len(words) >= 300 or form["type"] != "text":
            return _json({"error": "text too long", "error_code": 10017}, 400)
        self.sent.append((str(form["receiver_id"]), words))
        return _json({"result": True, "receiver_id": form["receiver_id"], "type": "text"})

    async def _media(self, request: web.Request) -> web.Response:
        if request.query.get("access_token") != self.access_token:
            return _json({"error": "expired_token", "error_code": 21327}, 403)
        found = self.media.get(request.query["fid"])
        if found is None:
            return _json({"error": "no such file", "error_code": 20101}, 404)
        return web.Response(body=found[0], content_type=found[1])


def _json(record: Mapping[str, Any], status: int = 200) -> web.Response:
    """As WeChat does: JSON that says it is plain text."""
    return web.Response(
        text=json.dumps(record, ensure_ascii=False), content_type="text/plain", status=status
    )
