"""How much comes from the pages of residents: messages a minute, and photos by their size.

Whoever throws his cookie away is another resident to us, so the address and the whole count too.
"""

from limits import RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

_BY_COOKIE = RateLimitItemPerMinute(20)
_BY_ADDRESS = RateLimitItemPerMinute(120)  # a village shares one address
KB_OF_ADDRESS = 100 * 1024  # of photos an hour: some hundred as telephones send them
KB_OF_ALL = 2 * 1024 * 1024  # of photos a day: a disk of 100 GB holds them for weeks
_PHOTOS_OF_ADDRESS = RateLimitItemPerHour(KB_OF_ADDRESS)
_PHOTOS_OF_ALL = RateLimitItemPerDay(KB_OF_ALL)


class Ration:
    """Counts in memory, for each process by itself."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def takes_message(self, resident: str, address: str) -> bool:
        """Is one more message taken from this browser, at this address?"""
        by_cookie = self._limiter.hit(_BY_COOKIE, "resident", resident)
        return self._limiter.hit(_BY_ADDRESS, "address", address) and by_cookie

    def takes_photo(self, address: str, size_bytes: int) -> bool:
        """Is a photo of this size taken from this address? What is refused counts for nothing."""
        cost = -(-size_bytes // 1024)
        whole = self._limiter.test(_PHOTOS_OF_ALL, "photos", cost=cost)
        if not (whole and self._limiter.hit(_PHOTOS_OF_ADDRESS, "photos", address, cost=cost)):
            return False
        return self._limiter.hit(_PHOTOS_OF_ALL, "photos", cost=cost)
