"""What the program says it needs, it uses, and where docs/why.md says: no library comes for nothing."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "nlp", "channels", "routing", "intake")
NOT_IMPORTED = {  # used all the same, and how that shows
    "jieba": ("nlp/dictionary.py", '"jieba"'),
    "psycopg": ("routing/connections.py", "psycopg"),
}


def _named(requirement: str) -> str:
    """The distribution of a requirement, as the package index spells it."""
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")


def _needed() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {_named(each) for each in project["dependencies"]}


def _homes() -> dict[str, list[str]]:
    """Of each library that the program runs with: the paths that may import it."""
    page = (ROOT / "docs" / "why.md").read_text(encoding="utf-8")
    table = page.split("## Libraries that the program runs with", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    return {row[1].strip(): re.findall(r"`([^`]+)`", row[2]) for row in rows}


def _imports() -> Iterator[tuple[str, str]]:
    """A file of ours and a distribution that it imports."""
    of_module = packages_distributions()
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split("\0"):
        if not name.endswith(".py") or not (ROOT / name).exists():
            continue
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            found = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found = [node.module]
            for module in found:
                for distribution in of_module.get(module.split(".")[0], []):
                    yield name, _named(distribution)


def test_every_library_that_the_program_needs_is_used_and_explained() -> None:
    used = {library for _, library in _imports()}
    used |= {
        library
        for library, (path, word) in NOT_IMPORTED.items()
        if word in (ROOT / path).read_text(encoding="utf-8")
    }
    assert _needed() - used == set()
    assert set(_homes()) == _needed()


def test_libraries_live_where_the_page_says_and_nowhere_else() -> None:
    homes, imports = _homes(), list(_imports())
    astray = {
        (library, name)
        for name, library in imports
        if library in homes and not name.startswith(tuple(homes[library]))
    }
    empty = {
        (library, home)
        for library, paths in homes.items()
        for home in paths
        if library not in NOT_IMPORTED
        and not any(name.startswith(home) for name, used in imports if used == library)
    }
    assert (astray, empty) == (set(), set())
