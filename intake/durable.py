"""Files of our own that are there whole or not at all, whatever dies while they are written."""

import os
import secrets
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """On disk under its name when it returns, readable by us alone; folders are made as they are
    needed.

    Two who write the same file at a time do not meet: the last one's is whole.
    """
    made = [each for each in (path.parent, *path.parent.parents) if not each.exists()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(f".{secrets.token_hex(4)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    for folder in (path.parent, *(each.parent for each in made)):
        _keep_names(folder)


def _keep_names(folder: Path) -> None:
    """A new name is on disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
