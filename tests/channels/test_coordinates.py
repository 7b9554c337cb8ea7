"""The shift of Chinese maps is taken back to within a step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import coordinates

METRE = 1 / 111_000


def test_the_square_of_heavenly_peace_is_where_maps_show_it() -> None:
    latitude, longitude = coordinates.to_gcj02(39.90734, 116.39089)
    assert latitude == pytest.approx(39.90874, abs=METRE)
    assert longitude == pytest.approx(116.39713, abs=METRE)


def test_a_pin_in_nanhe_would_lie_in_another_field() -> None:
    latitude, longitude = coordinates.to_gcj02(37.005, 114.691)
    assert abs(latitude - 37.005) + abs(longitude - 114.691) > 300 * METRE


@given(st.floats(18, 53), st.floats(74, 134))
def test_the_shift_is_taken_back(latitude: float, longitude: float) -> None:
    back = coordinates.to_wgs84(*coordinates.to_gcj02(latitude, longitude))
    assert back == pytest.approx((latitude, longitude), abs=METRE)


@pytest.mark.parametrize("place", [(48.85, 2.35), (-33.9, 151.2), (90.0, 180.0), (0.0, 0.0)])
def test_other_countries_are_not_shifted(place: tuple[float, float]) -> None:
    assert coordinates.to_gcj02(*place) == coordinates.to_wgs84(*place) == place
