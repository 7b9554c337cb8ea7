"""jieba's dictionary as a tree of characters, kept in our own folder."""

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from nlp import dictionary
from nlp.dictionary import Dictionary
from nlp.letters import code_points


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the dictionary in it."""
    folder = tmp_path_factory.mktemp("cache") / "below"
    dictionary.load(folder)
    return folder


@pytest.fixture(scope="module")
def known(cache: Path) -> Dictionary:
    return dictionary.load(cache)


def test_it_is_kept_for_us_alone_and_nothing_else_is(cache: Path) -> None:
    assert [path.suffix for path in cache.iterdir()] == [".cache"]
    assert cache.stat().st_mode & 0o077 == 0


def test_every_word_is_said_as_often_as_jieba_counts(known: Dictionary) -> None:
    with dictionary._jieba().get_dict_file() as file:
        lines = [line.decode("utf-8").split() for line in file]
    assert known.total == sum(int(often) for _, often, _ in lines)
    for word, often, _ in lines[::997]:
        assert known.often(word) == int(often)


@pytest.mark.parametrize("word", ["路灯坏了", "中华人", "中灯", "\U00024e2d", "路\U0002706f", ""])
def test_what_is_no_word_is_never_said(known: Dictionary, word: str) -> None:
    assert known.often(word) == 0


def test_words_and_beginnings_are_found_in_all_places_of_a_text(known: Dictionary) -> None:
    characters = code_points("路灯，路灯")
    characters[2] = 0  # whatever holds no word
    found = {
        (int(start), int(end)): int(said)
        for starts, ends, often in known.parts(characters)
        for start, end, said in zip(starts, ends, often, strict=True)
    }
    assert found[0, 2] == found[3, 5] == known.often("路灯") > 0
    assert not any(start < 3 <= end - 1 for start, end in found)
    assert not list(known.parts(np.zeros(4, dtype=np.int64)))
    assert not any(said.any() for *_, said in known.parts(code_points("\U00024e2d")))


def test_a_word_that_it_is_told_counts_in_the_whole(known: Dictionary) -> None:
    more = known.knowing({"西东韩村": 7, "路灯": 9})
    assert (more.often("西东韩村"), more.often("路灯")) == (7, 9)
    assert more.often("西东韩") == 0
    assert more.often("工资") == known.often("工资")
    assert more.total == known.total + 16
    assert known.often("西东韩村") == 0  # it stays with who told it


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04torn"])
def test_a_broken_cache_is_made_again(tmp_path: Path, cache: Path, content: bytes) -> None:
    (kept,) = cache.iterdir()
    (tmp_path / kept.name).write_bytes(content)
    assert dictionary.load(tmp_path).often("路灯") > 0
    assert (tmp_path / kept.name).stat().st_size == kept.stat().st_size


@pytest.mark.parametrize("share", [0.01, 0.6])
def test_damage_inside_is_seen_at_the_start(
    tmp_path: Path, cache: Path, known: Dictionary, share: float
) -> None:
    (kept,) = cache.iterdir()
    content = bytearray(kept.read_bytes())
    content[int(len(content) * share)] ^= 0xFF
    (tmp_path / kept.name).write_bytes(content)
    again = dictionary.load(tmp_path)
    assert np.array_equal(again.steps, known.steps)
    assert np.array_equal(again.said, known.said)


def test_a_disk_that_takes_nothing_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dictionary.tempfile, "mkstemp", full)
    assert dictionary.load(tmp_path).often("路灯") > 0
    assert list(tmp_path.iterdir()) == []


def test_what_an_older_program_left_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "jieba-0.42.1.cache").write_bytes(b"old")
    (tmp_path / ".jieba-torn").write_bytes(b"half")
    dictionary.load(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [
        f"jieba-{metadata.version('jieba')}-tree.cache"
    ]


def test_names_of_persons_are_tagged() -> None:
    assert dictionary.tags()["王小波"] == "nr"
