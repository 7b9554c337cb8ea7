"""A folder of recordings, looked through for whoever made them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from channels.phone.voice import clips, inspection
from tests.channels.phone import sounds

GOOD = sounds.voice(3, 16_000)
FAULTS = {
    "太轻": (GOOD * 0.01, 16_000),
    "太响": (np.clip(GOOD * 4, -0.95, 0.95), 16_000),
    "破音": (np.clip(GOOD * 9, -1, 1), 16_000),
    "空白太长": (sounds.voice(3, 16_000, edge_ms=1200), 16_000),
    "没有声音": (np.zeros(16_000, np.float32), 16_000),
    "采样率": (sounds.voice(3, 6000), 6000),
    "字数对不上": (sounds.voice(30, 16_000), 16_000),
    "太长": (sounds.voice(300, 16_000), 16_000),
}


@pytest.mark.parametrize("what", FAULTS)
def test_bad_recording_is_named_with_what_is_wrong(what: str, tmp_path: Path) -> None:
    sound, rate_hz = FAULTS[what]
    sounds.folder(tmp_path, {"东韩村": sound}, rate_hz=rate_hz)
    found = inspection.inspect(tmp_path, ["东韩村"])
    assert any(what in fault for fault in found.faults)
    assert found.missing == ("东韩村",)
    assert what in found.report


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_good_recording_in_any_format_is_usable(ending: str, tmp_path: Path) -> None:
    sounds.folder(tmp_path, {"东韩村。": GOOD}, rate_hz=16_000, ending=ending)
    found = inspection.inspect(tmp_path, ["东韩村", "再见"])
    assert found.usable == 1
    assert found.missing == ("再见",)
    assert found.faults == ()


def test_opus_in_ogg_is_read_too(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.ogg", GOOD, 16_000, format="OGG", subtype="OPUS")
    (tmp_path / clips.LIST).write_text("东韩村\ta.ogg\n", encoding="utf-8")
    assert inspection.inspect(tmp_path, ["东韩村"]).usable == 1


def test_lines_that_give_no_recording_are_named_by_number(tmp_path: Path) -> None:
    (tmp_path / "sound.wav").write_bytes(b"no sound")
    (tmp_path / "other.wav").write_bytes(b"no sound")
    (tmp_path / clips.LIST).write_text(
        "没有制表符\n东韩村\tnowhere.wav\n您好\t../outside.wav\n。\tother.wav\n再见\tsound.wav\n\n",
        encoding="utf-8",
    )
    faults = inspection.inspect(tmp_path, []).faults
    assert [any(f"第 {n} 行" in fault for fault in faults) for n in range(1, 5)] == [True] * 4
    assert any("读不出来" in fault for fault in faults)


def test_folder_without_a_list_says_how_to_write_one(tmp_path: Path) -> None:
    assert "clips.tsv" in inspection.inspect(tmp_path, []).report


def test_report_is_bounded(tmp_path: Path) -> None:
    report = inspection.inspect(tmp_path, [f"第{n}句" for n in range(5000)]).report
    assert len(report.splitlines()) < inspection.MOST_SHOWN + 10


def test_file_outside_the_folder_is_no_recording(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "outside.wav", GOOD, 16_000)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / clips.LIST).write_text("东韩村\t../outside.wav\n", encoding="utf-8")
    assert not list(clips.listed(inner))
