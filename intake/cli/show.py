"""What the command line shows: the start, webhooks, dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from config import load, runtime
from config.county import County
from config.settings import Settings
from intake import accounts, letters, trial
from intake.cli import common, lines
from intake.letters import Letter
from intake.receiver import Received
from intake.replies import Replies
from nlp.understanding import URGENCY_NAMES, Urgency
from routing import outbox
from routing.database import Database

ALL = "all"  # dead letters
MOST_LETTERS = 200  # in one table
FRAME = 4  # columns that the frame of a screen takes


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """What the first screen tells: `password` is the first operator's, where he is new, `reset` the
    command that gives another; `example` is something to write in a trial; `sample_port` is where
    the sample department listens.
    """

    base: str
    state: Path
    password: str | None = None
    reset: str = ""
    example: str = ""
    sample_port: int | None = None
    warnings: tuple[str, ...] = ()


def address(settings: Settings) -> str:
    """Where a browser finds the program: what people use, else this machine."""
    host = settings.host.replace("0.0.0.0", "127.0.0.1")
    return settings.public_url.rstrip("/") or f"http://{host}:{settings.port}"


def example(county: County) -> str:
    """A matter to try the program with, in one of the county's villages."""
    villages = (place.name for place in county.places if place.kind == "village")
    return f"{next(villages, '')}村口的路灯坏了三天了没人修"


def started(out: Console, first: First) -> None:
    """Addresses, the first password where there is one to tell, and what to do next."""
    told = [f"居民页面    {first.base}/", f"话务员后台  {first.base}/console"]
    if first.password:
        told += [
            "",
            f"第一个管理员账号：{accounts.FIRST_NAME}",
            f"一次性密码：{first.password}（只显示这一次，登录后请更换）",
        ]
    elif first.reset:
        told += ["", "账号和密码还是原来的。忘了密码，在另一个窗口运行：", first.reset]
    if first.example:
        told += [
            "",
            "试一试：",
            f"1．用浏览器打开居民页面，写“{first.example}”，看它怎么回答。",
            "2．打开话务员后台，登录，找到这张工单。",
            *_sample(first.sample_port),
            "",
            f"数据都在 {first.state.resolve()}，再启动时都还在。",
            "按 Ctrl+C 停止。",
        ]
    for warning in first.warnings:
        told += ["", f"注意：{warning}"]
    text = lines.broken("\n".join(told), out.width - FRAME)
    out.print(Panel(Text(text), title="有事儿我要说 · 已启动", expand=False))


def stopping() -> None:
    """Who pressed Ctrl+C sees that it was heard: what is being done is finished first."""
    common.say("正在停：手上的事做完就停。")


def stopped() -> None:
    """The last line."""
    common.say("已停。数据都在。")


def _sample(port: int | None) -> list[str]:
    if port is None:
        return []
    told = "3．看这个窗口：示例部门收到的工单打印在下面。"
    if port == trial.RECEIVER_PORT:
        return [told]
    return [told, f"   （端口 {trial.RECEIVER_PORT} 有别的程序在用，示例部门改用 {port}。）"]


def webhook_printer(out: Console) -> Callable[[Received], None]:
    """Prints each verified webhook as a small table."""

    def show(received: Received) -> None:
        data = received.payload.get("data", {})
        table = common.table(framed=False)
        for name, label in _WEBHOOK_FIELDS.items():
            if data.get(name):
                table.add_row(label, _plain(name, str(data[name])))
        again = "（重复推送，不再处理）" if received.again else ""
        title = f"验签通过 · {received.department} · {received.payload.get('type', '')}{again}"
        out.print(Panel(table, title=title, subtitle=received.webhook_id, expand=False))

    return show


def refusal_printer(out: Console) -> Callable[[str, str], None]:
    """Prints for which department something was refused, and why."""

    def show(department: str, why: str) -> None:
        out.print(f"没有收下 · {department} · {why}", markup=False)

    return show


def _plain(name: str, value: str) -> str:
    """A value of a webhook as people read it."""
    if name == "urgency":
        return URGENCY_NAMES[Urgency(value)]
    if name == "role":
        return "主办" if value == "lead" else "协办"
    if name == "due_at":
        return f"{datetime.fromisoformat(value).astimezone(runtime.LOCAL_ZONE):%Y-%m-%d %H:%M}"
    return value


_WEBHOOK_FIELDS = {
    "number": "工单",
    "role": "身份",
    "category_path": "类别",
    "place_name": "地点",
    "urgency": "紧急程度",
    "text": "内容",
    "due_at": "期限",
    "unit_name": "主办",
}


class NoSuchLetter(Exception):
    """There is no dead letter of that id; the message says so in Chinese."""


async def dead_letters(out: Console, settings: Settings, resend: str) -> None:
    """List the dead letters, or put one of them or `all` back into the outbox; NoSuchLetter."""
    county = load.load_county(settings.county)
    database = Database(settings.database)
    await database.start()
    try:
        if resend:
            done = await database.write(lambda c: _sent_again(c, resend, runtime.system().now()))
            if not done and resend != ALL:
                raise NoSuchLetter(f"没有编号是 {resend} 的死信，用 hotline outbox 看看有哪些")
            out.print(f"已重新放入发送队列：{done} 条")
            return
        found = await database.read(lambda c: outbox.dead(c, limit=MOST_LETTERS))
        number = await database.read(outbox.count_dead)
    finally:
        await database.close()
    out.print(_letters([letters.shown(county, Replies(county), each) for each in found], number))


def _sent_again(connection: Connection, wanted: str, now: datetime) -> int:
    if wanted == ALL:
        return outbox.resend_all(connection, now)
    return int(outbox.resend(connection, wanted, now))


def _letters(found: list[Letter], number: int) -> Table:
    title = f"死信 {number} 条" + (f"，最近 {len(found)} 条" if len(found) < number else "")
    columns = ("编号", "什么时候", "发给谁", "工单", "内容", "次数", "为什么没送到")
    table = common.table(*columns, title=title)
    for each in found:
        posted = f"{each.posted_at.astimezone(runtime.LOCAL_ZONE):%Y-%m-%d %H:%M}"
        says = f"{each.kind} {each.says}".strip()
        row = (each.id, posted, each.to, each.ticket, says, str(each.attempts), each.last_error)
        table.add_row(*map(escape, row))
    return table
