"""A long notice sent in pieces: a retry goes on where the last try stopped, and repeats nothing."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

MOST_REMEMBERED = 1000


# Sends one text with buttons below it, if the platform has any; its id. Raises SendError.
Send = Callable[[str, str, Sequence[str]], Awaitable[str]]


class Pieces:
    """Remembers how far the notices came that were broken off; by process, and not for ever."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._sent: OrderedDict[tuple[str, tuple[str, ...]], int] = OrderedDict()

    async def send(self, to: str, pieces: Sequence[str], choices: Sequence[str] = ()) -> str:
        """Send what is still missing, with `choices` below the last piece, whose id this returns.

        Raises SendError.
        """
        key = (to, tuple(pieces))
        last = ""
        for count in range(self._sent.pop(key, 0), len(pieces)):
            try:
                below = choices if count == len(pieces) - 1 else ()
                last = await self._send(to, pieces[count], below)
            except BaseException:
                self._remember(key, count)
                raise
        return last

    def _remember(self, key: tuple[str, tuple[str, ...]], count: int) -> None:
        if count:
            self._sent[key] = count
        while len(self._sent) > MOST_REMEMBERED:
            self._sent.popitem(last=False)
