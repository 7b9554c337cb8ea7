"""docs/settings.md names every setting, nothing else, and the defaults that they have."""

import re
import typing
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from config.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The sections that a field holds, also below `| None` and `dict[str, ...]`."""
    for each in (annotation, *typing.get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
        elif each is not annotation:
            yield from _models(each)


def _settings(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, object]]:
    """The full name of each setting and its default."""
    for name, field in model.model_fields.items():
        section = next(_models(field.annotation), None)
        if section is None:
            yield before + name, field.default
        else:
            code = "CODE." if typing.get_origin(field.annotation) is dict else ""
            yield from _settings(section, f"{before}{name}.{code}")


def _rows(page: str) -> Iterator[tuple[list[str], str]]:
    """The full names of each row of the table, and its column of defaults: `.y` after `x.a` is
    `x.y`.
    """
    table = page.split("| setting | default | meaning |\n|---|---|---|\n", 1)[1].split("\n\n", 1)[0]
    for line in table.splitlines():
        names, defaults = (cell.strip() for cell in line.split("|")[1:3])
        full: list[str] = []
        for name in re.findall(r"`([^`]+)`", names):
            section = full[0].rpartition(".")[0] if full else ""
            full.append(section + name if name.startswith(".") else name)
        yield full, defaults


def test_every_setting_is_on_the_page_once_and_nothing_else() -> None:
    written = [name for names, _ in _rows(PAGE.read_text(encoding="utf-8")) for name in names]
    assert sorted(written) == sorted(name for name, _ in _settings(Settings))


def test_numbers_and_words_that_the_page_gives_as_defaults_are_those_of_the_program() -> None:
    ours = dict(_settings(Settings))
    compared = 0
    for names, defaults in _rows(PAGE.read_text(encoding="utf-8")):
        told = defaults.split(", ")
        for name, value in zip(names, told if len(told) == len(names) else [], strict=False):
            if re.fullmatch(r"[\d.]+", value):
                assert float(value) == float(typing.cast(float, ours[name])), name
            elif re.fullmatch(r"`[^`]+`", value) and ours[name] is not PydanticUndefined:
                assert value.strip("`") == str(ours[name]), name
            else:
                continue
            compared += 1
    assert compared > 15
