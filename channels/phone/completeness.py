"""Can the words so far stand by themselves, so that the answer need not wait for more? Pure."""

import re

from nlp.understanding import RequestKind, Understanding, Urgency

SURE = 0.5  # of a matter that is told with its place

_STANDS_ALONE = frozenset(
    {
        RequestKind.YES,
        RequestKind.PERSON,
        RequestKind.PROGRESS,
        RequestKind.REPEAT,
        RequestKind.SLOWER,
        RequestKind.WAIT,
        RequestKind.GOODBYE,
    }
)
# Words after which more comes: 路灯坏了，不是……; 在东韩村，就是……
_GOES_ON = re.compile(
    r"(?:不是|不对|对|是|就|在|从|到|和|跟|与|把|被|让|给|叫|往|离|靠|说|的|个|那|这|呃|"
    r"(?<!没)有|还有|然后|因为|所以|但|要么|或者|[那这]个|[那这旁]边)$"
)
_INSTEAD = re.compile(r"(?:不是|不对|错了|说错了).*是.")  # 不是，是东韩村
_BARE = 4  # characters: 对, 是的, 对对对 alone are an answer


def stands(said: Understanding, *, asked: bool) -> bool:
    """A bare no does not: what it should be instead mostly follows. A yes is one where something
    was `asked`; else it is 嗯, with which a matter begins.
    """
    if said.kind is RequestKind.YES and not asked:
        return False
    goes_on = bool(_GOES_ON.search(said.text))
    if said.urgency is Urgency.DANGER:  # what to do is told at once; where it is can wait
        return not goes_on
    if said.kind in _STANDS_ALONE:
        bare = said.kind is RequestKind.YES and len(said.text) <= _BARE
        return bare or not goes_on
    sure = bool(said.categories) and said.categories[0].confidence >= SURE
    if said.kind is RequestKind.ENQUIRY and sure:
        return not goes_on
    names = sure or bool(said.places)
    if said.kind is RequestKind.NO:
        whole = names
    else:
        whole = bool(said.places) and (sure or bool(_INSTEAD.match(said.text)))
    return whole and not goes_on
