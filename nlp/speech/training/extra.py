"""The optional libraries of speech training, and what to say when one is missing."""

import importlib
import sys
from importlib.util import find_spec
from types import ModuleType


class ExtraMissing(Exception):
    """A library of the `speech` extra is not installed; the message says what to do, in Chinese."""


def need(module: str, what_for: str, *, alone: bool = False) -> ModuleType:
    """The module, or ExtraMissing; `what_for` is Chinese and completes the sentence.

    `alone`: nothing else of the extra, which is large, is needed for it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.split(".")[0]
        wanted = library if alone else "'nanhe-hotline[speech]'"
        raise ExtraMissing(
            f"{what_for}要用到 {library}，还没有装。"
            f"请先运行：{sys.executable} -m pip install {wanted}（{error}）"
        ) from error


def look_for(module: str, what_for: str) -> None:
    """As `need`, for a module that another process loads."""
    if find_spec(module) is None:
        need(module, what_for)
