"""The sample department: what it takes, what it refuses, and what its terminal shows."""

import asyncio
import json
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from rich.console import Console
from standardwebhooks import Webhook

from intake.cli import show
from intake.receiver import Received, Receiver
from tests.config import tiny

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
ANOTHER = "whsec_" + b64encode(bytes(range(1, 33))).decode()
PAYLOAD = {
    "type": "ticket.dispatched",
    "data": {
        "number": "20270104-0001",
        "role": "lead",
        "category_path": "水 / 供水",
        "urgency": "urgent",
        "text": "东村停水了[red]",
        "due_at": "2027-01-05T09:30:00+00:00",
    },
}


Request = tuple[str, dict[str, str]]  # body, headers


def _signed(secret: str = SECRET, webhook_id: str = "w1", late_s: int = 0) -> Request:
    at = datetime.now(UTC) - timedelta(seconds=late_s)
    body = json.dumps(PAYLOAD, ensure_ascii=False)
    return body, {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body),
    }


class Refusals(list[tuple[str, str]]):
    """For whom, and why."""

    def note(self, department: str, why: str) -> None:
        self.append((department, why))


async def _posted(
    receiver: Receiver, code: str, body: str, headers: Mapping[str, str]
) -> tuple[int, Any]:
    async with (
        TestClient(TestServer(receiver.application())) as client,
        client.post(f"/departments/{code}", data=body.encode(), headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def test_what_is_rightly_signed_is_taken_once_and_known_again(tmp_path: Path) -> None:
    taken: list[Received] = []
    journal = tmp_path / "journal.jsonl"
    receiver = Receiver(secrets={"water": SECRET}, show=taken.append, journal=journal)
    async with TestClient(TestServer(receiver.application())) as client:
        for webhook_id in ("w1", "w2", "w1"):
            body, headers = _signed(SECRET, webhook_id)
            async with client.post("/departments/water", data=body, headers=headers) as answer:
                assert answer.status == 200
    assert [(each.webhook_id, each.again) for each in taken] == [
        ("w1", False), ("w2", False), ("w1", True),
    ]  # fmt: skip
    assert all(each.payload == PAYLOAD for each in taken)
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert [(each["id"], each["department"], each["again"]) for each in lines] == [
        ("w1", "water", False), ("w2", "water", False), ("w1", "water", True),
    ]  # fmt: skip


def _changed(name: str, value: str) -> Request:
    body, headers = _signed()
    return body, headers | {name: value}


def _altered() -> Request:
    body, headers = _signed()
    return body.replace("东村", "西村"), headers


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (lambda: _signed(ANOTHER), "对不上"),
        (_altered, "对不上"),
        (lambda: _changed("webhook-id", "w2"), "对不上"),
        (lambda: _signed(late_s=600), "时间早了五分钟以上"),
        (lambda: _signed(late_s=-600), "时间晚了五分钟以上"),
        (lambda: _changed("webhook-timestamp", "yesterday"), "不是时间"),
        (lambda: _changed("webhook-signature", ""), "缺 webhook-id"),
        (lambda: _changed("webhook-signature", "v1"), "内容不合格式"),
    ],
)
async def test_what_is_not_is_refused_and_both_sides_are_told_why(
    forged: Callable[[], Request], why: str
) -> None:
    taken: list[Received] = []
    refused = Refusals()
    receiver = Receiver(secrets={"water": SECRET}, show=taken.append, refused=refused.note)
    status, told = await _posted(receiver, "water", *forged())
    assert status == web.HTTPUnauthorized.status_code
    assert why in told["error"]
    assert refused == [("water", told["error"])]
    assert taken == []


async def test_nobody_without_a_secret_gets_anything() -> None:
    refused = Refusals()
    receiver = Receiver(secrets={"water": SECRET}, show=lambda _: None, refused=refused.note)
    status, told = await _posted(receiver, "roads", *_signed(SECRET))
    assert (status, told["error"]) == (404, "没有部门 roads 的密钥")
    assert refused == [("roads", told["error"])]


def _printed(received: Received) -> str:
    out = Console(width=100, highlight=False)
    with out.capture() as captured:
        show.webhook_printer(out)(received)
    return captured.get()


def test_the_terminal_shows_a_webhook_as_people_read_it() -> None:
    received = Received(department="water", webhook_id="w1", payload=PAYLOAD, again=False)
    shown = _printed(received)
    for told in (
        *("验签通过 · water · ticket.dispatched", "20270104-0001", "主办", "水 / 供水", "紧急"),
        *("东村停水了", "2027-01-05 17:30", "w1"),
    ):
        assert told in shown
    assert not any(word in shown for word in ("lead", "urgent", "重复推送", "地点"))


def test_a_repetition_is_shown_as_one() -> None:
    received = Received(department="water", webhook_id="w1", payload=PAYLOAD, again=True)
    assert "重复推送，不再处理" in _printed(received)


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """A command in a process of its own, and what it shows."""

    process: subprocess.Popen[bytes]
    shown: Path

    async def until(self, word: str) -> str:
        """All that it has shown, once the word is there."""
        while word not in (shown := self.shown.read_text(encoding="utf-8")):
            assert self.process.poll() is None, shown
            await asyncio.sleep(0.02)
        return shown


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[Terminal, str]]:
    """`hotline department --listen` for the waterworks of a small county, and its address."""
    tiny.write(tmp_path / "county")
    path = tmp_path / "hotline.toml"
    path.write_text(
        'county = "county"\nstate = "state"\n'
        f'[departments.water]\nurl = "https://water.example"\nsecret = "{SECRET}"\n',
        encoding="utf-8",
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-u", "-m", "intake", "department", "--listen"]
    command += ["--port", str(port), "--settings", str(path)]
    with (tmp_path / "shown.txt").open("wb") as shown:
        process = subprocess.Popen(command, stdout=shown, stderr=subprocess.STDOUT, cwd=ROOT)
    try:
        yield (
            Terminal(process=process, shown=tmp_path / "shown.txt"),
            f"http://127.0.0.1:{port}/departments/water",
        )
    finally:
        process.terminate()
        process.wait(timeout=60)


async def test_the_command_prints_what_it_has_verified_and_says_what_it_refused(
    listening: tuple[Terminal, str],
) -> None:
    terminal, url = listening
    assert url.replace("water", "部门代码") in await terminal.until("按 Ctrl+C 停止")
    async with aiohttp.ClientSession() as http:
        for secret, expected in ((ANOTHER, 401), (SECRET, 200)):
            body, headers = _signed(secret)
            while True:
                try:
                    async with http.post(url, data=body, headers=headers) as answer:
                        assert answer.status == expected
                        break
                except aiohttp.ClientConnectionError:  # it says so just before it listens
                    assert terminal.process.poll() is None
    shown = await terminal.until("w1")
    refused, _, verified = shown.partition("验签通过 · water")
    assert "没有收下 · water · 签名不对，拒收" in refused
    assert "20270104-0001" in verified
    assert "20270104-0001" not in refused
