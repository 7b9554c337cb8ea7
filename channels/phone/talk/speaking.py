"""What we say in our turn of a call: nobody is talked over, and nothing that counts is lost."""

from channels.message import Receipt, Reply
from channels.phone.mouth import Speaks
from channels.phone.talk.turns import Turns

MOST_RESUMED = 3
MOST_OWED = 8  # replies that wait until he has finished
MURMURS = frozenset({"", "嗯", "嗯嗯", "啊", "哦", "噢", "哎", "唉", "呃", "额"})


class Speaking:
    """Replies in turns; each method says whether it was heard to its end."""

    def __init__(self, *, speaks: Speaks, turns: Turns) -> None:
        self._mouth = speaks
        self._turns = turns
        self._resumed = 0  # times that we went on after a murmur
        self._unsaid: tuple[Reply, ...] = ()  # he spoke before our first sample
        self._owed: tuple[Reply, ...] = ()  # those of them that he must hear all the same

    async def say(self, *replies: Reply) -> bool:
        """What he can do without once he has said more."""
        return await self._tell(replies, owed=self._owed)

    async def answer(self, receipt: Receipt) -> bool:
        """The desk's replies, behind those that he is still to hear."""
        owed = receipt.replies if _must_hear(receipt) else ()
        replies = (*self._owed, *receipt.replies)
        return await self._tell(replies, owed=(*self._owed, *owed))

    async def again(self, *, slower: bool = False) -> bool:
        """The last thing once more."""
        return not self._turns.overtaken and await self._mouth.again(slower=slower)

    def resumes(self, text: str) -> bool:
        """Is it a cough, or 嗯 to what he has not heard to its end? Then `resume` is the answer."""
        self._resumed += text in MURMURS
        return text in MURMURS and self._resumed <= MOST_RESUMED

    async def resume(self) -> bool:
        """Go on where his murmur has stopped us."""
        if self._unsaid:
            return await self._tell(self._unsaid, owed=self._owed)
        return await self.again()

    async def _tell(self, replies: tuple[Reply, ...], *, owed: tuple[Reply, ...]) -> bool:
        """What was not begun waits until he has finished."""
        begun = heard = False
        if not self._turns.overtaken:
            heard = await self._mouth.say(*replies)
            begun = heard or self._mouth.spoke
        self._unsaid = () if begun else replies[-MOST_OWED:]
        self._owed = tuple(each for each in owed if not (begun and each in replies))[-MOST_OWED:]
        return heard


def _must_hear(receipt: Receipt) -> bool:
    """Though he has said more? A question is put anew; a number and advice are not."""
    advises = any(reply.key.startswith("danger") for reply in receipt.replies)
    return bool(receipt.ticket) or advises or not receipt.asks
