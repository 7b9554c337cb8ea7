"""The small recogniser that comes with the program, for trial and tests; not for residents."""

import hashlib
import io
import lzma
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

PACKED = Path(__file__).parent / "model" / "model.tar.xz"
MOST_BYTES = 100_000_000
MOST_FILES = 50


class TrialModelBroken(Exception):
    """The packed model is missing or damaged; the message says what to do, in Chinese."""


def unpack(to: Path) -> Path:
    """The model's folder below `to`, in Vosk's form; unpacked the first time it is asked for.

    Several processes may ask at once: each unpacks beside and renames, and the first one wins.
    """
    packed = _read()
    folder = to / f"speech-trial-{hashlib.sha256(packed).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".speech-trial-", dir=to))
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:xz") as archive:
            archive.extractall(beside, members=_checked(archive), filter="data")
        os.rename(beside, folder)
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError) as error:
        if not folder.is_dir():
            raise TrialModelBroken(f"试用语音模型解不开，放不进 {to}：{error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def pack(model: Path, packed: Path = PACKED) -> int:
    """Pack a model's folder, always into the same bytes; gives their number."""
    packed.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(packed, "w:xz", preset=9) as archive:
        for path in sorted(p for p in model.rglob("*") if p.is_file()):
            entry = tarfile.TarInfo(str(path.relative_to(model)))
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return packed.stat().st_size


def _read() -> bytes:
    try:
        return PACKED.read_bytes()
    except OSError as error:
        raise TrialModelBroken(f"找不到试用语音模型 {PACKED}，请重新安装程序。") from error


def _checked(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    size = 0
    for number, entry in enumerate(archive):
        size += entry.size
        if not entry.isfile() or size > MOST_BYTES or number >= MOST_FILES:
            raise TrialModelBroken("试用语音模型的包不对，请重新安装程序。")
        yield entry
