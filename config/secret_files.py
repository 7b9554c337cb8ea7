"""Secrets that stand in files of their own: `token_file` names the file that holds `token`."""

from pathlib import Path
from typing import Any

SUFFIX = "_file"
MOST_BYTES = 64 * 1024


class SecretFileUnreadable(ValueError):
    """A file named by a `..._file` setting can't be used; says which and why, in Chinese."""


def with_secret_files(values: Any, known: frozenset[str]) -> Any:
    """The same values, each `KEY_file` replaced by KEY with the text of that file."""
    if not isinstance(values, dict):
        return values
    filled: dict[Any, Any] = {}
    for key, value in values.items():
        stem = key.removesuffix(SUFFIX) if isinstance(key, str) else key
        if stem == key or stem not in known:
            filled[key] = value
        elif stem in values:
            raise SecretFileUnreadable(f"{stem} 和 {key} 只能写一个")
        else:
            filled[stem] = _read(key, Path(str(value)))
    return filled


def _read(key: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        raise SecretFileUnreadable(f"{key} 指的文件 {path} 读不了") from None
    if len(data) > MOST_BYTES or not text:
        raise SecretFileUnreadable(f"{key} 指的文件 {path} 是空的或太大")
    return text
