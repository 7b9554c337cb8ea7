"""`hotline say` tells what the front desk would do with the same words."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from intake.cli import common
from intake.cli.main import application


@pytest.fixture
def explained(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """What is shown of a sentence, without the lines of the table."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "cache").symlink_to(cache)
    settings = tmp_path / "settings.toml"
    settings.write_text('state = "state"\n', encoding="utf-8")
    monkeypatch.setattr(common, "out", Console(highlight=False, width=400))

    def said(text: str) -> str:
        result = CliRunner().invoke(application, ["say", text, "--settings", str(settings)])
        assert result.exit_code == 0
        return re.sub(r"[ │]+", " ", result.output)

    return said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hello", "热线回话 您好，我在"),
        ("我要找人说话", "去向 转人工研判：居民要求人工服务"),
        ("俺家没水了", "热线回话 这事在哪里？"),
        ("家里煤气味很大", "去向 转人工研判：涉及人身或财产危险"),
        ("家里煤气味很大", "热线回话 不要开灯，不要打火"),
        ("东韩村的路灯坏了三天了没人修", "主办 东韩村网格站"),
        ("东韩村的路灯坏了三天了没人修", "依据 dispatch:P0102@"),
        ("查询", "热线回话 看这位居民有没有单子"),
        ("20261120-0001没解决", "热线回话 要看这位居民以前说过什么"),
    ],
)
def test_a_sentence_is_explained_as_the_front_desk_takes_it(
    explained: Callable[[str], str], text: str, told: str
) -> None:
    assert told in explained(text)
