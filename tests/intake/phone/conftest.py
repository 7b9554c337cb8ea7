"""A migrated database and what recordings are made of."""

import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from routing.database import Database

RATE_HZ = 8000


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, empty."""
    opened = Database(database_url)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """Writes a WAV file as Asterisk does: `record("name.wav", 3.0)`."""

    def made(name: str, seconds: float = 3.0, folder: Path | None = None) -> Path:
        path = (folder or tmp_path) / name
        samples = 8000 * np.sin(np.arange(int(seconds * RATE_HZ)) * 0.3)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples.astype("<i2").tobytes())
        return path

    return made
