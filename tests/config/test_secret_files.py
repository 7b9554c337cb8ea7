"""Every secret of the settings, found by looking at them, can stand in a file of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr

from config import settings
from config.settings import NESTED, PREFIX, Settings

SHAPED = {"wechat.aes_key": "A" * 43, "departments.water.secret": "whsec_abcd"}
BESIDE = {"wechat.app_id": "a", "phone.recordings_s3.url": "s3://abc"}  # needed, and no secrets


def kinds(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of: of `dict[str, Endpoint] | None` all four."""
    yield annotation
    for part in get_args(annotation):
        yield from kinds(part)


def secrets(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """The dotted names of all secrets; a department stands for all."""
    for name, field in model.model_fields.items():
        key = above + name + (".water" if get_origin(field.annotation) is dict else "")
        for kind in kinds(field.annotation):
            if kind is SecretStr:
                yield key
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from secrets(kind, f"{key}.")


SECRETS = sorted(set(secrets(Settings)))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def variable(key: str) -> str:
    """The variable that sets it."""
    return PREFIX + key.upper().replace(".", NESTED)


def value(key: str) -> str:
    """Something that this secret can be."""
    return SHAPED.get(key, f"secret of {key}")


def found(made: Any, key: str) -> str:
    """What has been set."""
    for part in key.split("."):
        made = made[part] if isinstance(made, dict) else getattr(made, part)
    secret: str = made.get_secret_value()
    return secret


def test_secrets_are_found_however_deep_they_stand() -> None:
    deep = {"metrics_token", "telegram.token", "phone.exchange.secret"}
    deeper = {"phone.recordings_s3.secret_key", "departments.water.api_token"}
    assert deep | deeper <= set(SECRETS)


@pytest.mark.parametrize("key", SECRETS)
def test_every_secret_can_be_named_by_a_variable_that_says_the_file(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, given in {**BESIDE, **{each: value(each) for each in SECRETS}}.items():
        if name != key:
            monkeypatch.setenv(variable(name), given)
    (tmp_path / "secret").write_text(value(key) + "\n", encoding="utf-8")
    monkeypatch.setenv(variable(key) + "_FILE", str(tmp_path / "secret"))
    made = settings.load(None)
    assert {each: found(made, each) for each in SECRETS} == {each: value(each) for each in SECRETS}


@pytest.mark.parametrize("key", SECRETS)
def test_every_secret_can_stand_in_a_file_that_the_settings_file_names(
    key: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(value(key) + "\n", encoding="utf-8")
    given = {**BESIDE, **{each: value(each) for each in SECRETS if each != key}}
    lines = [f'{name} = "{each}"' for name, each in [*given.items(), (f"{key}_file", "secret")]]
    file = tmp_path / "hotline.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    made = settings.load(file)
    assert {each: found(made, each) for each in SECRETS} == {each: value(each) for each in SECRETS}
