"""`hotline say`: how a sentence is understood, where it would go, and why."""

import re
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from intake.cli import common
from intake.cli import main as cli


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those of Nanhe as it comes along."""
    path = tmp_path_factory.mktemp("say") / "hotline.toml"
    path.write_text('state = "state"\n', encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen on which no line is broken."""
    monkeypatch.setattr(common, "out", Console(highlight=False, width=400))


def _told(text: str, settings: Path) -> dict[str, str]:
    """What is told of a sentence, by the heading of each line."""
    result = CliRunner().invoke(cli.application, ["say", text, "--settings", str(settings)])
    assert result.exit_code == 0, result.output
    return dict(re.findall(r"│ (\S+) +│ (.+?) *│", result.output))


def test_the_line_of_the_catalogue_that_decided_is_named_with_its_reason(settings: Path) -> None:
    told = _told("东韩村村口的路灯坏了三天了没人修", settings)
    assert re.search(r"路灯照明（路灯坏）  把握 9\d%$", told["类别"])
    assert told["地点"].startswith("和阳镇东韩村（东韩村）")
    assert (told["主办"], told["协办"]) == ("东韩村网格站", "南和区城市管理综合行政执法局")
    assert re.match(r"dispatch:P0102@[0-9a-f]{12}：", told["依据"])
    assert "事在和阳镇东韩村，先属地后属主" in told["依据"]
    assert "派单目录 P0102：《城市市容和环境卫生管理条例》" in told["依据"]
    assert told["期限"].endswith("前")
    assert "去向" not in told


def test_another_matter_is_decided_by_another_line(settings: Path) -> None:
    told = _told("北张村停水了", settings)
    assert told["主办"] == "南和区水务局"
    assert "派单目录定为直接由部门主办" in told["依据"]
    assert "派单目录 P1901：" in told["依据"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("路灯坏了三天了没人修", "不知道在哪里"),
        ("你好", "听不出是哪类事"),
        ("东韩村的路灯坏了，别让村里知道是我说的", "居民要求保密（机器的建议：居民要求保密，"),
    ],
)
def test_where_a_person_decides_it_says_why(settings: Path, text: str, why: str) -> None:
    told = _told(text, settings)
    assert re.match(f"转人工研判：{why}", told["去向"])
    assert "依据" not in told


def test_a_guess_below_the_mark_is_a_proposal_with_its_confidence(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_CERTAIN_ABOVE", "1")
    told = _told("东韩村村口的路灯坏了三天了没人修", settings)
    begins = r"转人工研判：类别拿不准（把握 9\d%）（机器的建议：事在和阳镇东韩村，"
    assert re.match(begins, told["去向"])
