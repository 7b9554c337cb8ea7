"""`hotline backup | restore`: what the installation holds, put away and brought back."""

from pathlib import Path
from typing import Annotated

import typer

from config import runtime
from intake import backup as backups
from intake import restore as restoring
from intake.backup import BackupFault
from intake.cli import common
from intake.cli.common import SettingsPath, Trial
from intake.migrate import MigrationFault
from routing.connections import DatabaseUnreachable

MEGABYTE = 1_000_000


def backup(
    folder: Annotated[Path, typer.Argument(help="放备份的文件夹，最好在另一块盘上")],
    keep: Annotated[int, typer.Option(min=1, max=3650, help="留最近几份，更早的删去")] = 14,
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
) -> None:
    """备份数据库、照片和通话录音。程序不用停。"""
    chosen = common.chosen(common.located(settings_path, trial_run))
    try:
        made = backups.make(chosen, folder, runtime.system().now(), keep=keep)
    except BackupFault as fault:
        common.say(str(fault))
        raise typer.Exit(1) from fault
    common.say(
        f"备份好了：{made.folder}，{made.files} 个文件，{made.size_bytes / MEGABYTE:.1f} MB，"
        f"比上一份新增 {made.new_bytes / MEGABYTE:.1f} MB。"
    )
    if not made.with_database:
        common.say("数据库在 PostgreSQL 里，不在这份备份里，请用 pg_dump 另外备份。")
    if chosen.phone is not None and chosen.phone.recordings_s3 is not None:
        common.say("通话录音在 S3 里，不在这份备份里。")
    common.say("设置文件、密码文件和县区数据文件夹不在里面，改动以后请另外抄一份。")


def restore(
    folder: Annotated[Path, typer.Argument(help="一份备份，例如 /backup/hotline-20261125-020000")],
    only_check: Annotated[bool, typer.Option("--check", help="只检查这份备份，不恢复")] = False,
    settings_path: SettingsPath = None,
    trial_run: Trial = False,
) -> None:
    """检查一份备份，恢复到一台新机器上。原来有数据的地方不会盖掉。"""
    chosen = common.chosen(common.located(settings_path, trial_run))
    try:
        if only_check:
            common.say(f"这份备份是好的，{restoring.check(folder)} 个文件都在，一个没坏。")
            return
        restoring.put_back(folder, chosen, runtime.system().now())
    except (BackupFault, MigrationFault, DatabaseUnreachable) as fault:
        common.say(str(fault))
        raise typer.Exit(1) from fault
    common.say(
        f"恢复好了，数据在 {chosen.state}。启动以后，备份以后才送出的通知可能会再送一次；"
        f"今天的单号往后跳了 {restoring.NUMBERS_LEFT_FREE} 个，不会和丢掉的单号重复。"
    )
