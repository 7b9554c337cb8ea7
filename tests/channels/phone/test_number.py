"""What the network shows of a caller becomes a contact, or nobody's; never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.message import Contact
from channels.phone import number

CALL = "0190a1b2-0000-7000-8000-000000000001"


def contact(shown: str) -> Contact:
    return number.contact(shown, call_id=CALL, area_code="0319")


@pytest.mark.parametrize(
    ("shown", "expected", "dialled"),
    [
        ("13900000000", "tel:+8613900000000", "13900000000"),
        ("+8613900000000", "tel:+8613900000000", "13900000000"),
        ("4569899", "tel:+863194569899", "03194569899"),
        ("0319-4569899", "tel:+863194569899", "03194569899"),
        ("01012345678", "tel:+861012345678", "01012345678"),
        ("1001", "tel:1001", "1001"),
        ("anonymous", f"call:{CALL}", ""),
        ("", f"call:{CALL}", ""),
        ("13900000000\r\nAction: Logoff", f"call:{CALL}", ""),
    ],
)
def test_shown_numbers(shown: str, expected: str, dialled: str) -> None:
    found = contact(shown)
    assert str(found) == expected
    assert number.to_dial(found) == dialled


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_nobody(shown: str) -> None:
    found = contact(shown)
    assert found.scheme in (number.SCHEME, number.UNKNOWN_SCHEME)
    assert number.to_dial(found) == "" or number.to_dial(found).isdecimal()
    if found.scheme == number.SCHEME:
        assert number.contact(found.path, call_id=CALL, area_code="0319") == found
