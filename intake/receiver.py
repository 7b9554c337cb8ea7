"""A sample department: receives our webhooks, verifies them, prints them, and counts each one once.

Departments may use it to see what arrives before they write a receiver of their own.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

MOST_REMEMBERED = 10_000  # webhook ids
PATH = "/departments/{code}"
_WHY = {  # the library's words
    "Missing required headers": "缺 webhook-id、webhook-timestamp 或 webhook-signature",
    "Invalid Signature Headers": "webhook-timestamp 不是时间",
    "Message timestamp too old": "时间早了五分钟以上，请校准时钟",
    "Message timestamp too new": "时间晚了五分钟以上，请校准时钟",
    "No matching signature found": "和按密钥算出来的对不上",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A webhook whose signature is right; `again` if its id has been seen before."""

    department: str
    webhook_id: str
    payload: Mapping[str, Any]
    again: bool


class Receiver:
    """An aiohttp application for one or all departments."""

    def __init__(
        self,
        *,
        secrets: Mapping[str, str],
        show: Callable[[Received], None],
        refused: Callable[[str, str], None] = lambda code, why: None,
        journal: Path | None = None,
    ) -> None:
        self._secrets = secrets
        self._show = show
        self._refused = refused
        self._journal = journal
        self._seen: OrderedDict[str, None] = OrderedDict()

    def application(self) -> web.Application:
        """Takes POSTs at `/departments/CODE`."""
        application = web.Application(client_max_size=256 * 1024)
        application.router.add_post(PATH, self._on_post)
        return application

    async def _on_post(self, request: web.Request) -> web.Response:
        code = request.match_info["code"]
        secret = self._secrets.get(code)
        if secret is None:
            return self._refuse(code, f"没有部门 {code} 的密钥", status=404)
        body = await request.text()
        try:
            Webhook(secret).verify(body, dict(request.headers))
            payload = json.loads(body)
        except (WebhookVerificationError, ValueError) as error:
            why = _WHY.get(str(error), "内容不合格式")
            return self._refuse(code, f"签名不对，拒收：{why}", status=401)
        self._take(code, request.headers["webhook-id"], payload)
        return web.json_response({"received": True})

    def _refuse(self, code: str, why: str, *, status: int) -> web.Response:
        self._refused(code, why)
        return web.json_response({"error": why}, status=status)

    def _take(self, code: str, webhook_id: str, payload: Mapping[str, Any]) -> None:
        again = webhook_id in self._seen
        self._seen[webhook_id] = None
        while len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        received = Received(department=code, webhook_id=webhook_id, payload=payload, again=again)
        if self._journal is not None:
            line = {"id": webhook_id, "department": code, "again": again, "payload": payload}
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._show(received)
