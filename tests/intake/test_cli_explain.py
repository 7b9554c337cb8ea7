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
    assert "先属地后属主，由属地东韩村网格站主办，南和区城市管理综合行政执法局协办" in told["依据"]
    assert "派单目录 P0102：《城市市容和环境卫生管理条例》" in told["依据"]
    assert told["期限"].endswith("前")
    assert "去向" not in told


def test_another_matter_is_decided_by_another_line(settings: Path) -> None:
    told = _told("宋台村停水了", settings)
    assert told["主办"] == "南和区水务局"
    assert "派单目录定为部门直办，由南和区水务局主办" in told["依据"]
    assert "派单目录 P1901：" in told["依据"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("我要找人说话", "居民要求人工服务"),
        ("家里煤气味很大", "涉及人身或财产危险，请立即核实"),
        ("东韩村的路灯坏了，别让村里知道是我说的", "居民要求保密（机器的建议：居民要求保密，"),
    ],
)
def test_where_a_person_decides_it_says_why(settings: Path, text: str, why: str) -> None:
    told = _told(text, settings)
    assert re.match(f"转人工研判：{why}", told["去向"])
    assert "依据" not in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello", "您好，我在。"),
        ("路灯坏了三天了没人修", "这事在哪里？"),
        ("俺家没水了", "这事在哪里？"),
        ("北张村停水了", "您说的地方没有对上。"),
        ("查询", "看这位居民有没有单子，再回他的话"),
        ("20261120-0001没解决", "要看这位居民以前说过什么"),
    ],
)
def test_what_the_desk_would_answer_is_told(settings: Path, text: str, told: str) -> None:
    assert _told(text, settings)["热线回话"].startswith(told)


def test_a_guess_below_the_mark_is_a_proposal_with_its_confidence(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_CERTAIN_ABOVE", "1")
    told = _told("东韩村村口的路灯坏了三天了没人修", settings)
    begins = r"转人工研判：类别拿不准（把握 9\d%）（机器的建议：事在和阳镇东韩村，"
    assert re.match(begins, told["去向"])


def test_a_county_that_is_not_there_is_said(settings: Path, tmp_path: Path) -> None:
    with_none = tmp_path / "hotline.toml"
    with_none.write_text(f'state = "state"\ncounty = "{tmp_path / "none"}"\n', encoding="utf-8")
    result = CliRunner().invoke(cli.application, ["say", "路灯", "--settings", str(with_none)])
    assert (result.exit_code, type(result.exception)) == (2, SystemExit)
    assert "没有这个文件夹" in result.output
