"""What the page makes of what was said."""

import pytest

from channels.channel import Line
from channels.web import showing
from tests.channels.desk import START


def line(text: str, *, us: bool = True, choices: tuple[str, ...] = ()) -> Line:
    return Line(at=START, from_us=us, text=text, choices=choices)


ASKED = line("解决了请回“解决了”", choices=("解决了", "没解决"))


@pytest.mark.parametrize(
    ("lines", "offered"),
    [
        ([], ()),
        ([ASKED], ("解决了", "没解决")),
        ([ASKED, line("您的来电记下了")], ("解决了", "没解决")),
        ([ASKED, line("没解决", us=False)], ()),
        ([ASKED, line("没解决", us=False), line("好的")], ()),
        ([line("路灯坏了", us=False), line("在哪里？")], ()),
    ],
)
def test_choices_stand_until_the_resident_has_said_something(
    lines: list[Line], offered: tuple[str, ...]
) -> None:
    assert showing.choices(lines) == offered


@pytest.mark.parametrize(
    ("text", "rung"),
    [
        ("如有生命危险请先拨打 110、119 或 120。", ["110", "119", "120"]),
        ("电话 0319-4562210，或 13800000000", ["0319-4562210", "13800000000"]),
        ("每户补 120 元，第110号", []),
        ("1200 米，编号 20261124-0119", []),
        ("罚款120元", []),
    ],
)
def test_numbers_to_ring_ring_and_amounts_do_not(text: str, rung: list[str]) -> None:
    shown = str(showing.spoken(text, rings=True))
    assert [part.split('"')[0] for part in shown.split('href="tel:')[1:]] == rung
    assert "tel:" not in str(showing.spoken(text))


def test_what_a_resident_writes_stays_words() -> None:
    assert "<script>" not in str(showing.spoken("<script>119</script>", rings=True))


@pytest.mark.parametrize(
    ("us", "first"),
    [([], -1), ([False], 0), ([False, True], 1), ([False, True, True], 1), ([True, True], 0)],
)
def test_reading_begins_with_the_first_of_the_new_answers(us: list[bool], first: int) -> None:
    assert showing.begins([line("x", us=each) for each in us]) == first
