"""jieba's dictionary is kept in our own folder, and opened by the characters that are asked for."""

from importlib import metadata
from pathlib import Path

import pytest

from nlp import dictionary


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the dictionary in it."""
    folder = tmp_path_factory.mktemp("cache") / "below"
    dictionary.load(folder)
    return folder


def test_it_is_kept_for_us_alone_and_nothing_else_is(cache: Path) -> None:
    assert [path.suffix for path in cache.iterdir()] == [".cache"]
    assert cache.stat().st_mode & 0o077 == 0


def test_only_the_characters_asked_for_are_opened(cache: Path) -> None:
    known = dictionary.load(cache)
    assert len(known) == 0
    assert known.often("路灯") > 0
    assert known.often("路灯坏了") == 0
    assert set(known) == {"路"}


def test_a_beginning_is_told_from_a_word_and_from_nothing(cache: Path) -> None:
    known = dictionary.load(cache)
    assert known["中"]["中华人"] == 0  # of 中华人民共和国
    assert "中灯" not in known["中"]
    assert known.often("中灯", 1) == 1
    assert known.often("", 1) == 1


def test_a_word_added_counts_in_the_whole(cache: Path) -> None:
    known = dictionary.load(cache)
    before = known.total
    known.add("西东韩村", 7)
    assert known.often("西东韩村") == 7
    assert known["西"]["西东韩"] == 0
    assert known.total == before + 7
    assert dictionary.load(cache).often("西东韩村") == 0  # and stays with who added it


@pytest.mark.parametrize("content", [b"", b"torn", b"i\x01\x00\x00\x00"])
def test_a_broken_cache_is_made_again(tmp_path: Path, cache: Path, content: bytes) -> None:
    (kept,) = cache.iterdir()
    (tmp_path / kept.name).write_bytes(content)
    assert dictionary.load(tmp_path).often("路灯") > 0
    assert (tmp_path / kept.name).stat().st_size == kept.stat().st_size


def test_damage_inside_is_seen_at_the_start(tmp_path: Path, cache: Path) -> None:
    (kept,) = cache.iterdir()
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / kept.name).write_bytes(content)
    dictionary.load(tmp_path)
    assert (tmp_path / kept.name).read_bytes() == kept.read_bytes()


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
        f"jieba-{metadata.version('jieba')}-by-letter.cache"
    ]


def test_names_of_persons_are_tagged() -> None:
    assert dictionary.tags()["王小波"] == "nr"
