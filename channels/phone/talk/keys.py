"""Keys that mean something together: *, and then the six digits of a contact code. Pure."""

START = "*"
DIGITS = "123456789"  # without 0: that key is a person, at any moment
LENGTH = 6


class Keys:
    """What has been keyed in of a code; another * begins it anew."""

    def __init__(self) -> None:
        self._typed: str | None = None

    @property
    def under_way(self) -> bool:
        """Has he begun to key in a code?"""
        return self._typed is not None

    def press(self, digit: str) -> str:
        """The code that this key completes; empty for none. Any other key breaks a code off."""
        if digit == START:
            self._typed = ""
            return ""
        if self._typed is None or digit not in DIGITS:
            self._typed = None
            return ""
        typed = self._typed + digit
        complete = len(typed) == LENGTH
        self._typed = None if complete else typed
        return typed if complete else ""
