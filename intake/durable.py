"""Files of our own that are there whole or not at all, whatever dies while they are written."""

import os
import secrets
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """On disk when it returns, readable by us alone; folders are made as they are needed.

    Two who write the same file at a time do not meet: the last one's is whole.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(f".{secrets.token_hex(4)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
