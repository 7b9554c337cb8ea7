"""The command line: `hotline run | check | migrate | train | evaluate | say | operator | ...`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from config import check as checking
from config import fit, runtime
from config.county import County
from config.settings import Settings, SettingsFault
from intake import accounts, logs, occupancy, processes, trial
from intake.cli import (
    asterisk,
    cautions,
    common,
    keeping,
    learning,
    model,
    operators,
    ports,
    prompts,
    show,
    speech,
    typed,
)
from intake.cli.common import SettingsPath, Trial
from intake.cli.ports import PortTaken
from intake.receiver import Receiver
from routing.database import Database

application = typer.Typer(
    help="有事儿我要说：热线受理与派单系统", no_args_is_help=True, add_completion=False
)
application.add_typer(asterisk.exchange, name="asterisk")
application.add_typer(model.models, name="model")
application.add_typer(prompts.prompts, name="prompts")
application.add_typer(speech.speech, name="speech")
application.add_typer(operators.operators, name="operator")
application.command()(keeping.backup)
application.command()(keeping.restore)
application.command()(learning.train)
application.command()(learning.evaluate)


@application.command()
def run(
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
) -> None:
    """启动程序。试用时连同示例部门接收端一起启动。"""
    path = common.located(settings_path, trial_run)
    chosen = common.chosen(path)
    logs.configure(chosen.log_format)
    county = _fitting_county(chosen)
    _need_own_port(chosen, path, trial_run)
    sample_port = None
    if trial_run and chosen.processes == 1:
        chosen, sample_port = _with_sample(chosen)
    common.migrated(chosen)
    with occupancy.held(chosen.state, show.address(chosen)) as other:
        first = show.First(
            base=show.address(chosen),
            state=chosen.state,
            password=asyncio.run(_first_operator(chosen)),
            reset=_reset(path, trial_run),
            example=show.example(county) if trial_run else "",
            sample_port=sample_port,
            warnings=cautions.found(chosen, county, other),
        )
        if chosen.processes > 1:
            show.started(common.out, first)
            _serve_in_several(chosen, county)
        else:
            _serve_with_sample(chosen, county, first)
    show.stopped()


@application.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="县区数据文件夹，例如 config/nanhe；不写就查设置里的")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="每个文件的问题全部列出")] = False,
) -> None:
    """检查县区数据：一次报出全部问题，带文件名、行号和改法。"""
    text, sound = checking.report(folder or common.chosen(None).county, whole=whole)
    common.say(text)
    raise typer.Exit(0 if sound else 1)


@application.command(name="migrate")
def migrate_database(settings_path: SettingsPath = None, trial_run: Trial = False) -> None:
    """把数据库升级到当前版本。"""
    chosen = common.chosen(common.located(settings_path, trial_run))
    common.migrated(chosen)
    common.out.print("数据库已是最新版本。")


@application.command()
def say(
    text: Annotated[str, typer.Argument(help="居民说的话")] = "",
    settings_path: SettingsPath = None,
) -> None:
    """看看一句话会被怎样理解、派到哪里、为什么。不开工单。"""
    if not text.strip():
        common.refuse("请写上一句话，例如：hotline say 村口的路灯坏了三天了没人修")
    chosen = common.chosen(settings_path)
    from intake.cli import explain  # with all that a conversation needs

    explain.understood(common.out, chosen, text)


@application.command()
def department(
    listen: Annotated[
        bool, typer.Option("--listen", help="启动示例接收端，打印验签通过的推送")
    ] = False,
    port: Annotated[
        int, typer.Option(help="端口", min=1, max=ports.LAST_PORT)
    ] = trial.RECEIVER_PORT,
    journal: Annotated[Path | None, typer.Option(help="同时写入文件，每行一条 JSON")] = None,
    settings_path: SettingsPath = None,
) -> None:
    """示例部门：接收并验证工单推送，供部门调试自己的接收程序时对照。"""
    if not listen:
        common.refuse("请加上 --listen：hotline department --listen")
    chosen = common.chosen(common.located(settings_path, common.is_tried()))
    other = ports.next_free("127.0.0.1", port + ports.STEP)
    _need_port("127.0.0.1", port, f"试用的热线程序已经带着一个；另起一个请加 --port {other}")
    receiver = Receiver(
        secrets=_secrets(chosen),
        show=show.webhook_printer(common.out),
        refused=show.refusal_printer(common.out),
        journal=journal,
    )
    common.out.print(
        f"示例部门接收端：http://127.0.0.1:{port}/departments/部门代码  按 Ctrl+C 停止"
    )
    from aiohttp import web

    web.run_app(receiver.application(), host="127.0.0.1", port=port, print=None)


@application.command()
def outbox(
    resend: Annotated[str, typer.Option(help="重发这一条，填编号；all 表示全部")] = "",
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
) -> None:
    """查看发不出去的通知（死信），或者重发。"""
    chosen = common.chosen(common.located(settings_path, trial_run))
    common.migrated(chosen)
    try:
        asyncio.run(show.dead_letters(common.out, chosen, resend))
    except show.NoSuchLetter as fault:
        common.refuse(str(fault), fault)


def _serve(chosen: Settings, **how: Any) -> None:
    """See `serving.serve`, which no other command loads."""
    from intake import serving

    asyncio.run(serving.serve(chosen, runtime.system(), **how))


def _serve_with_sample(chosen: Settings, county: County, first: show.First) -> None:
    """In this process; in a trial with the sample department beside it."""
    sample = Receiver(secrets=_secrets(chosen), show=show.webhook_printer(common.out))
    port = first.sample_port
    _serve(
        chosen,
        county=county,
        ready=lambda services: show.started(common.out, first),
        stopping=show.stopping,
        beside=None if port is None else (sample.application(), port),
    )


def _serve_in_several(chosen: Settings, county: County) -> None:
    """What takes long to load is loaded once, before they part."""
    from intake import app

    understander = app.load_understander(chosen, county)

    def serve(number: int) -> None:
        _serve(
            chosen,
            county=county,
            understander=understander,
            ready=lambda services: None,
            polls=number == 0,
        )

    processes.supervise(serve, chosen.processes, stopping=show.stopping)


async def _first_operator(chosen: Settings) -> str | None:
    database = Database(chosen.database)
    await database.start()
    try:
        now = runtime.system().now()
        return await database.write(lambda c: accounts.first(c, now))
    finally:
        await database.close()


def _fitting_county(chosen: Settings) -> County:
    """Every fault of the county's data is said before anything starts."""
    county = common.county(chosen)
    try:
        fit.check(chosen, county)
    except SettingsFault as fault:
        common.refuse(str(fault), fault)
    return county


def _reset(path: Path | None, trial_run: bool) -> str:
    """What gives a new one-time password in this installation."""
    if trial_run:
        return typed.told(f"hotline operator reset {accounts.FIRST_NAME} --trial")
    return typed.told(f"hotline operator reset {accounts.FIRST_NAME}{_named(path)}")


def _named(path: Path | None) -> str:
    return f" --settings {path}" if path else ""


def _with_sample(chosen: Settings) -> tuple[Settings, int]:
    """The sample department's port, of which another trial may have the first, and its settings."""
    port = ports.next_free("127.0.0.1", trial.RECEIVER_PORT, but=(chosen.port,))
    _need_port("127.0.0.1", port, "示例部门要用它，停掉占着它的程序再启动")
    return trial.listening_at(port, chosen), port


def _need_own_port(chosen: Settings, path: Path | None, trial_run: bool) -> None:
    """Where it is taken, another is named only if the program isn't running already."""
    holder = occupancy.holder(chosen.state)
    if holder is not None:
        remedy = cautions.running(holder)
    else:
        other = ports.next_free(chosen.host, chosen.port + ports.STEP)
        again = "make run" if trial_run else typed.told(f"hotline run{_named(path)}")
        remedy = f"停掉它，或者换一个端口：HOTLINE_PORT={other} {again}"
    _need_port(chosen.host, chosen.port, remedy, shared=chosen.processes > 1)


def _need_port(host: str, port: int, remedy: str, *, shared: bool = False) -> None:
    try:
        ports.need(host, port, remedy=remedy, shared=shared)
    except PortTaken as taken:
        common.refuse(str(taken), taken)


def _secrets(chosen: Settings) -> dict[str, str]:
    return {code: each.secret.get_secret_value() for code, each in chosen.departments.items()}
