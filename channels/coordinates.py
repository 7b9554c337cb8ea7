"""From the shifted degrees of Chinese maps (GCJ-02) to WGS-84.

WeChat and Weibo give pins in GCJ-02, some 300 to 700 metres off what GPS says: enough to put a
street lamp into the next village. The shift is defined forwards only; it is taken back by steps.
"""

import math

SEMI_MAJOR_AXIS_M = 6378245.0  # of the Krasovsky ellipsoid
ECCENTRICITY_SQUARED = 0.00669342162296594323
STEPS = 4  # each makes the rest some thousand times smaller


def to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """The WGS-84 degrees of a GCJ-02 pin; outside of China both are the same."""
    if not _shifted(latitude, longitude):
        return latitude, longitude
    true_latitude, true_longitude = latitude, longitude
    for _ in range(STEPS):
        north, east = to_gcj02(true_latitude, true_longitude)
        true_latitude += latitude - north
        true_longitude += longitude - east
    return true_latitude, true_longitude


def to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """The GCJ-02 degrees of a WGS-84 place; outside of China both are the same."""
    if not _shifted(latitude, longitude):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    radians = math.radians(latitude)
    curve = 1 - ECCENTRICITY_SQUARED * math.sin(radians) ** 2
    meridian = SEMI_MAJOR_AXIS_M * (1 - ECCENTRICITY_SQUARED) / (curve * math.sqrt(curve))
    parallel = SEMI_MAJOR_AXIS_M / math.sqrt(curve) * math.cos(radians)
    return (
        latitude + math.degrees(_north_m(x, y) / meridian),
        longitude + math.degrees(_east_m(x, y) / parallel),
    )


def _shifted(latitude: float, longitude: float) -> bool:
    return 0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347


def _north_m(x: float, y: float) -> float:
    shift = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return shift + _waves(x) + _ripples(y, 160.0, 320.0)


def _east_m(x: float, y: float) -> float:
    shift = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return shift + _waves(x) + _ripples(x, 150.0, 300.0)


def _waves(x: float) -> float:
    return (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0


def _ripples(z: float, long_m: float, longest_m: float) -> float:
    slow = 20.0 * math.sin(z * math.pi) + 40.0 * math.sin(z / 3.0 * math.pi)
    slower = long_m * math.sin(z / 12.0 * math.pi) + longest_m * math.sin(z / 30.0 * math.pi)
    return (slow + slower) * 2.0 / 3.0
