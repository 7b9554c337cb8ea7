"""The command line: `hotline run | check | migrate | train | evaluate | say | operator | ...`."""

import asyncio
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from config import check as checking
from config import fit, load, runtime, settings
from config.faults import CountyFaults
from config.settings import Settings, SettingsFault
from intake import (
    accounts,
    app,
    cli_asterisk,
    cli_model,
    cli_prompts,
    cli_speech,
    logs,
    migrate,
    ports,
    processes,
    show,
    staffing,
    trial,
)
from intake.ports import PortTaken
from intake.receiver import Receiver
from routing.database import Database

TRIAL_STATE = Path("var")

application = typer.Typer(
    help="有事儿我要说：热线受理与派单系统", no_args_is_help=True, add_completion=False
)
application.add_typer(cli_asterisk.exchange, name="asterisk")
application.add_typer(cli_model.models, name="model")
application.add_typer(cli_prompts.prompts, name="prompts")
application.add_typer(cli_speech.speech, name="speech")
_out = Console(highlight=False)

SettingsPath = Annotated[
    Path | None, typer.Option("--settings", help="设置文件（TOML）", envvar="HOTLINE_SETTINGS")
]
Trial = Annotated[bool, typer.Option("--trial", help="试用：第一次自动生成设置，数据放在 ./var")]


@application.command()
def run(
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
    child: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """启动程序。试用时连同示例部门接收端一起启动。"""
    chosen, path = _settings(settings_path, trial_run)
    _fits_its_county(chosen)
    if not child:
        other = f"停掉它，或者换一个端口，例如 HOTLINE_PORT={chosen.port + 10} make run"
        _need_port(chosen.host, chosen.port, other, shared=chosen.processes > 1)
    if trial_run:
        _need_port("127.0.0.1", trial.RECEIVER_PORT, "示例部门要用它，停掉占着它的程序再启动")
    logs.configure(chosen.log_format)
    chosen.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = runtime.system()
    if child:
        asyncio.run(app.serve(chosen, clock, ready=lambda services: None))
        return
    migrate.upgrade(chosen.database)
    password = asyncio.run(_first_operator(chosen))
    if chosen.processes > 1:
        show.started(_out, chosen, password, sample=False)
        arguments = ["run", "--child", *(["--settings", str(path)] if path else [])]
        asyncio.run(processes.supervise(arguments, chosen.processes))
        return
    sample = Receiver(secrets=_secrets(chosen), show=show.webhook_printer(_out))
    asyncio.run(
        app.serve(
            chosen,
            clock,
            ready=lambda services: show.started(_out, chosen, password, sample=trial_run),
            beside=sample.application() if trial_run else None,
        )
    )


@application.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="县区数据文件夹，例如 config/nanhe；不写就查设置里的")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="每个文件的问题全部列出")] = False,
) -> None:
    """检查县区数据：一次报出全部问题，带文件名、行号和改法。"""
    text, sound = checking.report(folder or _settings(None, False)[0].county, whole=whole)
    _out.print(text, markup=False, soft_wrap=True)
    raise typer.Exit(0 if sound else 1)


@application.command(name="migrate")
def migrate_database(settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """把数据库升级到当前版本。"""
    chosen, _ = _settings(settings_path, trial_run)
    chosen.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate.upgrade(chosen.database)
    _out.print("数据库已是最新版本。")


@application.command()
def say(
    text: Annotated[str, typer.Argument(help="居民说的话")] = "",
    settings_path: SettingsPath = None,
) -> None:
    """看看一句话会被怎样理解、派到哪里、为什么。不开工单。"""
    if not text.strip():
        _refuse("请写上一句话，例如：hotline say 东韩村村口的路灯坏了")
    chosen, _ = _settings(settings_path, False)
    show.understood(_out, chosen, text)


@application.command()
def train(
    data: Annotated[Path | None, typer.Argument(help="来信数据 train.jsonl；可省略")] = None,
    force: Annotated[bool, typer.Option(help="新模型更差时也替换")] = False,
) -> None:
    """重新训练分类模型（需要安装 nanhe-hotline[train]）。"""
    from nlp import train as training

    _out.print(training.train(data, force=force), markup=False)


@application.command()
def evaluate(
    data: Annotated[Path | None, typer.Argument(help="来信数据 train.jsonl")] = None,
) -> None:
    """评测分类模型：F1、准确率、把握程度、速度。"""
    from nlp import evaluate as evaluation

    _out.print(evaluation.evaluate(data), markup=False)


@application.command()
def department(
    listen: Annotated[
        bool, typer.Option("--listen", help="启动示例接收端，打印验签通过的推送")
    ] = False,
    port: Annotated[int, typer.Option(help="端口")] = trial.RECEIVER_PORT,
    journal: Annotated[Path | None, typer.Option(help="同时写入文件，每行一条 JSON")] = None,
    settings_path: SettingsPath = None,
) -> None:
    """示例部门：接收并验证工单推送，供部门调试自己的接收程序时对照。"""
    if not listen:
        _refuse("请加上 --listen：hotline department --listen")
    chosen, _ = _settings(settings_path, settings_path is None and TRIAL_STATE.exists())
    _need_port("127.0.0.1", port, "试用的热线程序已经带着一个；另起一个请加 --port 4571")
    receiver = Receiver(secrets=_secrets(chosen), show=show.webhook_printer(_out), journal=journal)
    _out.print(f"示例部门接收端：http://127.0.0.1:{port}/departments/部门代码  按 Ctrl+C 停止")
    from aiohttp import web

    web.run_app(receiver.application(), host="127.0.0.1", port=port, print=None)


@application.command()
def outbox(
    resend: Annotated[str, typer.Option(help="重发这一条，填编号；all 表示全部")] = "",
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
) -> None:
    """查看发不出去的通知（死信），或者重发。"""
    chosen, _ = _settings(settings_path, trial_run)
    asyncio.run(show.dead_letters(_out, chosen, resend))


operators = typer.Typer(
    help="管理账号。新密码只显示一次，第一次登录时必须更换。", no_args_is_help=True
)
application.add_typer(operators, name="operator")
Name = Annotated[str, typer.Argument(help="登录名")]


@operators.command()
def add(
    name: Name,
    role: Annotated[accounts.Role, typer.Option(help="角色")] = accounts.Role.OPERATOR,
    display_name: Annotated[str, typer.Option("--display-name", help="显示的姓名")] = "",
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
) -> None:
    """新增一个账号。"""
    order = staffing.Order(
        task=staffing.Task.ADD, name=name, role=role, display_name=display_name or name
    )
    _operate(order, settings_path, trial_run)


@operators.command()
def reset(name: Name, settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """给一个新的一次性密码。"""
    _operate(staffing.Order(task=staffing.Task.RESET, name=name), settings_path, trial_run)


@operators.command()
def disable(name: Name, settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """停用账号，登录全部失效。"""
    _operate(staffing.Order(task=staffing.Task.DISABLE, name=name), settings_path, trial_run)


@operators.command()
def enable(name: Name, settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """恢复停用的账号，给一个新的一次性密码。"""
    _operate(staffing.Order(task=staffing.Task.ENABLE, name=name), settings_path, trial_run)


@operators.command(name="list")
def listing(settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """列出账号。"""
    _operate(staffing.Order(task=staffing.Task.LIST), settings_path, trial_run)


def _operate(order: staffing.Order, settings_path: Path | None, trial_run: bool) -> None:
    chosen, _ = _settings(settings_path, trial_run)
    _out.print(asyncio.run(_manage(chosen, order)), markup=False)


async def _manage(chosen: Settings, order: staffing.Order) -> str:
    database = Database(chosen.database)
    await database.start()
    try:
        now = runtime.system().now()
        return await database.write(lambda c: staffing.manage(c, order, now))
    except accounts.AccountFault as fault:
        return str(fault)
    finally:
        await database.close()


async def _first_operator(chosen: Settings) -> str | None:
    database = Database(chosen.database)
    await database.start()
    try:
        now = runtime.system().now()
        return await database.write(lambda c: accounts.first(c, now))
    finally:
        await database.close()


def _settings(path: Path | None, trial_run: bool) -> tuple[Settings, Path | None]:
    """The settings and the file they came from; every fault is said before anything starts."""
    if path is None and trial_run:
        path = trial.prepare(TRIAL_STATE)
    try:
        return settings.load(path), path
    except SettingsFault as fault:
        _refuse(str(fault), fault)


def _fits_its_county(chosen: Settings) -> None:
    """Every fault of the county's data is said before anything starts."""
    try:
        county = load.load_county(chosen.county)
        fit.check(chosen, county)
    except (CountyFaults, SettingsFault) as fault:
        _refuse(str(fault), fault)
    unreached = fit.command_out_of_reach(chosen, county)
    if unreached:
        _out.print(f"注意：{unreached}", markup=False, soft_wrap=True)


def _need_port(host: str, port: int, remedy: str, *, shared: bool = False) -> None:
    try:
        ports.need(host, port, remedy=remedy, shared=shared)
    except PortTaken as taken:
        _refuse(str(taken), taken)


def _refuse(text: str, cause: Exception | None = None) -> NoReturn:
    _out.print(text, markup=False, soft_wrap=True)
    raise typer.Exit(2) from cause


def _secrets(chosen: Settings) -> dict[str, str]:
    return {code: each.secret.get_secret_value() for code, each in chosen.departments.items()}
