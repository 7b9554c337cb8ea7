"""The optional libraries of speech training, and what to say when one is missing."""

import importlib
import sys
from types import ModuleType


class ExtraMissing(Exception):
    """A library of the `speech` extra is not installed; the message says what to do, in Chinese."""


def need(module: str, what_for: str) -> ModuleType:
    """The module, or ExtraMissing; `what_for` is Chinese and completes the sentence."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ExtraMissing(
            f"{what_for}要用到 {module.split('.')[0]}，还没有装。"
            f"请先运行：{sys.executable} -m pip install 'nanhe-hotline[speech]'（{error}）"
        ) from error
