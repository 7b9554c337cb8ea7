"""Which messages are in another language."""

import pytest

from nlp import foreign


@pytest.mark.parametrize(
    "text",
    [
        "help me please",
        "My house is on fire",
        "WHAT IS THIS",
        "Помогите мне",
        "안녕하세요 도와주세요",
    ],
)
def test_other_languages(text: str) -> None:
    assert foreign.is_foreign(text)


@pytest.mark.parametrize(
    "text", ["hello", "ok", "Wi-Fi坏了", "http://t.cn/abc yes", "me@example.com hi", "4569899", ""]
)
def test_ours_and_what_is_none(text: str) -> None:
    assert not foreign.is_foreign(text)
