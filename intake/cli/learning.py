"""The command line's part for the classifier: `hotline train | evaluate`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from intake.cli import common
from nlp.examples import DataMissing
from nlp.vectors import VectorsMissing

MISSING = (DataMissing, VectorsMissing)


def train(
    data: Annotated[Path | None, typer.Argument(help="来信数据 train.jsonl；可省略")] = None,
    force: Annotated[bool, typer.Option(help="新模型更差时也替换")] = False,
) -> None:
    """重新训练分类模型（要先装附加包 train 和 vectors，约十分钟）。"""
    from nlp import train as training

    try:
        with _shown("训练") as progress:
            told = training.train(data, force=force, progress=progress)
    except MISSING as missing:
        common.refuse(str(missing), missing)
    common.say(told)


def evaluate(
    data: Annotated[Path | None, typer.Argument(help="来信数据 train.jsonl")] = None,
) -> None:
    """评测分类模型：F1、准确率、把握程度、速度（训练五次，约十分钟）。"""
    from nlp import evaluate as evaluation

    try:
        with _shown("评测") as progress:
            told = evaluation.evaluate(data, progress)
    except MISSING as missing:
        common.refuse(str(missing), missing)
    common.say(told)


@contextmanager
def _shown(what: str) -> Iterator[Callable[[float], None]]:
    """A bar that fills while the share that is done grows."""
    columns = (TextColumn(what), BarColumn(), TimeRemainingColumn(elapsed_when_finished=True))
    with Progress(*columns, console=common.out, transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)
