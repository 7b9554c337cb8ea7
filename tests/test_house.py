"""The house keeps its own rules: sizes, first sentences, homes of libraries, the map in the README."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "nlp", "channels", "routing", "intake")
TOP = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "README.zh-CN.md",
    "bootstrap.py", "docs", "nanhe_hotline.py", "pyproject.toml", "requirements.lock", "tests", *PACKAGES,
}  # fmt: skip
HOMES = {
    "sqlalchemy": ("routing", "intake"),
    "alembic": ("intake",),
    "asterisk": ("channels.phone.exchange.packets",),
    "typer": ("intake.cli",),
    "argon2": ("intake.passwords",),
    "jieba": ("nlp.dictionary",),
    "numpy": ("nlp", "channels.phone.voice.levels"),
    "sklearn": ("nlp.train", "nlp.danger.training"),
    "scipy": ("nlp.train", "nlp.network_places"),
    "telegram": ("channels.telegram",),
    "wechatpy": ("channels.wechat",),
    "PIL": ("channels.web.pictures",),
    "limits": ("channels.web", "intake.web"),
    "ahocorasick": ("nlp",),
    "pypinyin": ("nlp",),
    "rapidfuzz": ("nlp",),
    "phonenumbers": ("channels.phone.number",),
    "holidays": ("routing.worktime",),
    "chinese_calendar": ("routing.worktime",),
    "standardwebhooks": ("routing.webhook", "intake.receiver"),
    "jinja2": ("channels.web", "intake.web"),
    "vosk": ("nlp.speech.vosk_engine",),
    "webrtcvad": ("nlp.speech.voice",),
    "faster_whisper": ("nlp.speech.whisper",),
}


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def _modules() -> list[Path]:
    found = [
        p for p in _tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in PACKAGES
    ]
    return [p for p in found if "versions" not in p.parts]


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def _map() -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return readme.split("## A map of the house", 1)[1].split("```")[1]


def test_modules_and_functions_stay_small() -> None:
    large = []
    for path in _modules():
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > 400:
            large.append(_dotted(path))
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if (node.end_lineno or 0) - node.lineno + 1 > 70:
                large.append(f"{_dotted(path)}.{node.name}")
    assert large == []


def test_functions_take_few_arguments_by_position() -> None:
    crowded = []
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
            is_command = (
                bool(node.decorator_list) and "cli" in path.parts
            )  # typer reads its options
            if len([name for name in names if name not in ("self", "cls")]) > 5 and not is_command:
                crowded.append(f"{_dotted(path)}.{node.name}")
    assert crowded == []


def test_every_module_says_what_lives_there_and_packages_say_nothing_else() -> None:
    wrong = []
    for path in _modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree) or (path.name == "__init__.py" and len(tree.body) != 1):
            wrong.append(_dotted(path))
    assert wrong == []


def test_no_module_prints() -> None:
    printing = []
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "print":
                printing.append(f"{_dotted(path)}:{node.lineno}")
    assert printing == []


def test_the_top_level_holds_only_what_belongs_there() -> None:
    assert {p.relative_to(ROOT).parts[0] for p in _tracked()} - TOP == set()


def test_every_module_is_on_the_map() -> None:
    words = set(re.findall(r"[a-z_]+", _map()))
    missing = []
    for path in _modules():
        parts = _dotted(path).split(".")
        on_map = parts[1] in words if len(parts) > 1 else parts[0] in words
        if not on_map and parts[-1] != "__main__":
            missing.append(_dotted(path))
    assert missing == []


def test_locked_packages_have_hashes_and_no_addresses() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text)
    assert [e.split()[0] for e in entries if "==" in e and "--hash=sha256:" not in e] == []
    assert "://" not in text


def test_no_file_names_a_path_of_one_machine() -> None:
    pattern = re.compile(rb"(?<![\w.])/(?:work|root)/")
    texts = {p: p.read_bytes() for p in _tracked() if p.is_file() and p != Path(__file__)}
    found = [
        str(p.relative_to(ROOT)) for p, b in texts.items() if b"\0" not in b and pattern.search(b)
    ]
    assert found == []


@pytest.mark.parametrize("library", HOMES)
def test_vendor_library_stays_home(library: str) -> None:
    astray = []
    for path in _modules():
        name = _dotted(path)
        if any(name == home or name.startswith(home + ".") for home in HOMES[library]):
            continue
        used = {
            each.split(".")[0] for each in _imports(ast.parse(path.read_text(encoding="utf-8")))
        }
        if library in used:
            astray.append(name)
    assert astray == []


def test_no_test_is_skipped() -> None:
    pattern = re.compile(r"pytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b")
    tests = [p for p in _tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] == "tests"]
    here = Path(__file__).resolve()
    found = [p.name for p in tests if p != here and pattern.search(p.read_text(encoding="utf-8"))]
    assert found == []
