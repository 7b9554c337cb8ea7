"""What we write into files of our own is there, whole and under its name, when we say so."""

import os
import stat
from pathlib import Path

import pytest

from intake import durable


def test_file_and_every_new_folder_above_it_are_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, sync = list[str](), os.fsync

    def noting(descriptor: int) -> None:
        kept.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    path = tmp_path / "media" / "ab" / "photo.jpg"
    durable.write(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert kept[0].endswith(".partial"), "the words before the name"
    assert kept[1:] == [str(tmp_path / "media" / "ab"), str(tmp_path / "media"), str(tmp_path)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept.clear()
    durable.write(path, b"again")
    assert kept[1:] == [str(tmp_path / "media" / "ab")]
    assert os.listdir(path.parent) == ["photo.jpg"]
