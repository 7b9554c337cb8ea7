"""The command line's part for the exchange: `hotline asterisk get | write | run | check`."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from channels.phone.voice import clips, synthesis
from channels.phone.voice.cache import Cache
from channels.phone.voice.prompts import Voice, VoiceFailed
from config import fit
from config.settings import Settings
from intake.asterisk import check as checking
from intake.asterisk import fetch, files, own, program, sounds
from intake.asterisk.fetch import FetchFailed
from intake.asterisk.files import WriteFault
from intake.asterisk.own import Instance, Ports, Running, StartFailed
from intake.asterisk.program import Program, ProgramFault
from intake.cli import common
from intake.cli.common import SettingsPath

OWN_FOLDER = Path("var/asterisk")
PROGRAM = ("-m", "intake", "run", "--trial")
STOP_S = 25.0
STOPPED = "Asterisk 自己停了。"
WITHOUT_PROGRAM = (
    "热线程序没有了，Asterisk 还在：打进来的直接转话务员，没有话务员就录音。"
    "按 Ctrl+C 停止；再启动以后，没接到的电话会变成工单。"
)
SECRET = "HOTLINE_PHONE__EXCHANGE__SECRET_FILE"
OTHERS_RING = "  python3 bootstrap.py phone --address 这台机器的局域网地址"
NOT_SET_UP = (
    "设置里没有 [phone]，电话线路没有启用。要接现有的 Asterisk，先运行 hotline asterisk write，"
    "照安装说明把 hotline-phone.toml 加进设置文件，再用 --settings 指明它。"
    "make phone 试用的交换机不用检查。"
)


class Media(StrEnum):
    """How Asterisk brings the audio; see the setting `phone.media`."""

    AUDIOSOCKET = "audiosocket"
    WEBSOCKET = "websocket"


exchange = typer.Typer(
    help="电话交换机 Asterisk：取来、写配置、试运行、检查。", no_args_is_help=True
)


@exchange.command()
def get() -> None:
    """取一个 Asterisk 放在自己的缓存文件夹里，供试用和测试；不改动系统，不需要 root。"""
    with _faults():
        found = _fetched()
    common.say(f"Asterisk {found.version}：{found.command[-1]}")


@exchange.command()
def write(
    folder: Annotated[Path, typer.Argument(help="写到这个文件夹")],
    seen_at: Annotated[
        Path | None, typer.Option("--at", help="Asterisk 那台机器上放这些文件的路径，默认同上")
    ] = None,
    missed: Annotated[
        Path | None, typer.Option(help="Asterisk 存未接来电录音的文件夹，默认在同一个文件夹里")
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Asterisk 存通话录音的文件夹，默认在同一个文件夹里")
    ] = None,
    operators: Annotated[int, typer.Option(help="话务员电话有几部")] = 2,
    settings_path: SettingsPath = None,
) -> None:
    """给现有的 Asterisk（20 或 22）写热线这一部分的配置，附安装说明。"""
    chosen = common.chosen(settings_path)
    county = common.county(chosen)
    with _faults():
        plan = files.plan(
            folder,
            fit.line(chosen.phone or files.drawn(folder), county),
            seen_at=seen_at,
            missed=missed,
            recordings=recordings,
            operators=operators,
        )
        files.write(plan)
        files.write_guide(plan)
        with _voice(chosen) as say:
            sounds.write(plan.folder / "sounds", say, sounds.words(county.replies))
    common.say(f"写好了。接下来照着 {plan.folder / '安装说明.md'} 做。")


@exchange.command()
def run(
    folder: Annotated[Path, typer.Option(help="放配置、录音和密码的文件夹")] = OWN_FOLDER,
    address: Annotated[str, typer.Option(help="电话机从哪个地址连进来")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="SIP 端口，管理接口用下一个")] = Ports().sip,
    trial: Annotated[bool, typer.Option("--trial", help="连同热线程序一起试运行")] = False,
    media: Annotated[Media, typer.Option(help="声音怎么送：websocket 是 16 kHz")] = (
        Media.AUDIOSOCKET
    ),
) -> None:
    """启动一个自己的 Asterisk，说明软电话怎么登录、打哪个号码。按 Ctrl+C 停止。"""
    with _faults():
        _own_exchange(folder)
    chosen = common.chosen(common.located(None, trial))
    county = common.county(chosen)
    line: dict[str, str | int] = {
        "number": fit.number(county),
        "area_code": county.area_code,
        "media": media.value,
    }
    if chosen.phone is not None:
        line["media_port"] = chosen.phone.media_port
    with _faults():
        found = _fetched()
        ports = Ports(sip=port, manager=port + 1, trunk=port + 2, address=address)
        with _voice(chosen) as say:
            words = sounds.words(county.replies)
            instance = own.write(folder, found, ports=ports, phone=line, say=say, words=words)
        running = instance.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends Asterisk too, as Ctrl+C
    try:
        _show(instance)
        _serve(running, trial)
    except KeyboardInterrupt:
        common.out.print("正在停止……")
    finally:
        running.stop()


@exchange.command()
def check(settings_path: SettingsPath = None) -> None:
    """检查 Asterisk 是否接好了：登录、版本、拨号方案、队列、心跳、录音文件夹、语音合成。"""
    chosen = common.chosen(settings_path)
    if chosen.phone is None:
        common.refuse(NOT_SET_UP)
    findings = asyncio.run(checking.examine(chosen.phone))
    table = common.table("项目", "结果", "怎么办")
    for each in findings:
        table.add_row(each.what, each.found, each.remedy or "好")
    common.out.print(table)
    raise typer.Exit(1 if any(each.remedy for each in findings) else 0)


def _own_exchange(folder: Path) -> None:
    """The exchange that is begun here completes the settings of whoever sets only something else
    of the line, its recogniser say.
    """
    files.drawn(folder)
    os.environ.setdefault(SECRET, str(folder.resolve() / "secrets" / "manager"))


def _serve(running: Running, trial: bool) -> None:
    """Until Asterisk, or the program beside it, ends. Where the program is killed Asterisk goes on,
    so that it can be tried what callers come to then.
    """
    if not trial:
        running.process.wait()
        common.say(STOPPED)
        return
    # A trial hears with the small recogniser where no official one has been fetched.
    trying = {"HOTLINE_PHONE__TRIAL_MODEL": "true"}
    environment = {**trying, **os.environ, **running.instance.environment}
    with subprocess.Popen([sys.executable, *PROGRAM], env=environment) as beside:
        try:
            while beside.poll() is None and running.process.poll() is None:
                time.sleep(0.2)
            if (beside.returncode or 0) < 0:
                common.say(WITHOUT_PROGRAM)
                running.process.wait()
            if running.process.poll() is not None:
                common.say(STOPPED)
        finally:
            beside.terminate()
            try:
                beside.wait(STOP_S)
            except subprocess.TimeoutExpired:
                beside.kill()
    if beside.returncode > 0:  # it has said why it does not start
        raise typer.Exit(beside.returncode)


def _show(instance: Instance) -> None:
    plan, ports = instance.plan, instance.ports
    server = f"{ports.address}:{ports.sip}（UDP）"
    lines = [
        "用软电话（例如 Linphone、MicroSIP、Zoiper）试：",
        "",
        f"居民的电话    服务器 {server}  账号 {own.RESIDENT}",
        f"              密码在 {plan.secrets / own.RESIDENT}",
        f"              拨 {plan.phone.number} 就是打热线",
    ]
    for user in plan.operators:
        lines += [
            f"话务员的电话  服务器 {server}  账号 {user}",
            f"              密码在 {plan.secrets / user}",
        ]
    if ports.address == "127.0.0.1":
        lines += ["", "软电话要装在这台机器上。别的机器要打，停下后换成：", OTHERS_RING]
    lines += ["", f"没人接的留言  {plan.missed}", f"日志          {instance.folder / 'log'}"]
    common.out.print(Panel("\n".join(lines), title="Asterisk 已启动", expand=False))


def _fetched() -> Program:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=common.out, transient=True) as bar:
        task = bar.add_task("准备", total=1.0)

        def show(step: str, share: float) -> None:
            bar.update(task, description=step, completed=share)

        return fetch.get_or_installed(program.cache_folder(), show)


@contextmanager
def _voice(chosen: Settings) -> Iterator[sounds.Say | None]:
    """The line's own voice for what the dialplan says; None where there is none."""
    own_clips = chosen.phone.clips if chosen.phone else None
    folders = (own_clips, clips.COMMITTED) if own_clips else (clips.COMMITTED,)
    command = chosen.phone.voice_command if chosen.phone else ""
    voice = Voice(folders=folders, cache=Cache(None), synthesis=synthesis.by(command))
    with asyncio.Runner() as runner:
        say: sounds.Say | None = None
        try:
            runner.run(voice.start())
            say = lambda text, rate_hz: runner.run(voice.say(text, rate_hz))  # noqa: E731
        except VoiceFailed as failure:
            common.say(f"交换机自己说的话只有提示音：{failure}")
        try:
            yield say
        finally:
            runner.run(voice.close())


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (FetchFailed, ProgramFault, StartFailed, VoiceFailed, WriteFault) as fault:
        common.say(str(fault))
        raise typer.Exit(1) from fault
    except OSError as error:
        common.say(f"{error.filename or ''} 用不了：{error.strerror}")
        raise typer.Exit(1) from error
