"""What a resident wants of us: tables of words; danger and fault speak against a mere enquiry."""

import re
from collections.abc import Sequence

from nlp import kind_words, person, talk_words, wish_words
from nlp.understanding import RequestKind

TALK = 80  # characters: a longer one tells a matter, whatever else it mentions
SHORT = 12  # characters: up to here a message may be talk rather than a matter


_WHOLE_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in talk_words.WHOLE)
_BEFORE = tuple((kind, re.compile(pattern)) for kind, pattern in kind_words.BEFORE.items())
_MATTER = {kind: re.compile(pattern) for kind, pattern in wish_words.MATTER.items()}
_TELLING = {
    kind: re.compile("|".join(f"(?:{words})" for _, words in rows))
    for kind, rows in kind_words.TELLING.items()
}
_EARLIER = re.compile(kind_words.EARLIER)
_PRAISE = re.compile(kind_words.THANKS)
_ASK = re.compile(kind_words.ASKING)
_BROKEN = re.compile(kind_words.FAULT)
_HARM = re.compile(kind_words.BAD)
_BEGGING = re.compile(kind_words.BEG)
_MARKS = re.compile(r"[\s，。！？、,.!?~～…;；:：—-]+")
_TICKET = re.compile(kind_words.TICKET)
_NUMBERS = re.compile(f"{kind_words.TICKET}|{kind_words.LAST_FOUR}")
_DIGITS = re.compile(r"\d{4}")  # stand in each of these
_ANNOUNCES = re.compile(
    r"(?:你好|您好|哎|唉|那个|我|俺|要|想|来|请|有|就是|跟你们?|给你们?|向你们?)*"
    r"(?:[找见](?:你们?的?|咱们?|恁们?的?)?(?:县长|区长|书记|镇长|乡长|市长))?"
    r"(?:投诉|举报|反映|咨询|问|说|求助|告状?|报)*(?:一?下|点|几|[一两]?[个件])*(?:投诉|举报|事情?儿?|问题|情况)?"
    r"(?:想|要|得|跟你们?|给你们?)*(?:投诉|举报|反映|咨询|问问?|说说?|求助)?(?:一下|说)?(?:你们?|恁们?|他们?)?"
    r"(?:了|啊|呀|吧|行不|行吗)*"
)
_WORDS = re.compile(r"[\u4e00-\u9fffA-Za-z]")


def announces(text: str) -> bool:
    """我要投诉, 我有个事: that something will be told, and not what."""
    return bool(_ANNOUNCES.fullmatch(_MARKS.sub("", text)))


def tells_a_fault(text: str) -> bool:
    """到点了不开门: something is amiss, whatever is asked beside it."""
    return bool(_HARM.search(text) or _first(text)[1])


def judge(text: str, *, danger: Sequence[str] = ()) -> tuple[RequestKind, tuple[str, ...]]:
    """The kind of request in normalised text, and the words that decided.

    `danger` are danger words that are meant: then somebody needs help, whatever he says beside it.
    The number of a ticket alone asks how it stands; beside a short order (撤单, 查询) it and the
    last four digits of a telephone say nothing more.
    A complaint is never taken for an enquiry: words of blame go before question words, and a
    question about something broken asks for help.
    """
    bare = _MARKS.sub("", text).lower()
    if not bare:
        return RequestKind.INVALID, ()
    asked = _MARKS.sub("", _NUMBERS.sub("", text)).lower() if _DIGITS.search(text) else bare
    if not asked and _TICKET.search(text):
        return RequestKind.PROGRESS, (text,)
    wish = person.wanted(text if len(text) <= TALK else text[-SHORT:])
    if wish:
        return RequestKind.PERSON, wish
    if 0 < len(asked) <= SHORT:
        for kind, pattern in _WHOLE_PATTERNS:
            if pattern.fullmatch(asked):
                return kind, (asked,)
    if not _WORDS.search(bare):
        return _of_numbers(text)
    if not danger and _is_spam(text):
        return RequestKind.INVALID, ()
    for kind, pattern in _BEFORE:
        found = pattern.search(text, 0 if len(text) <= TALK else len(text) - SHORT)
        if not found or _is_telling(kind, text):
            continue
        if not danger:
            return kind, (found.group(),)
    return _matter(text, danger)


def _is_spam(text: str) -> bool:
    """Somebody sells us something, and tells of nothing; a matter taken for spam is lost."""
    if not kind_words.OFFER.search(text):
        return False
    return not any(
        words.search(text) for words in (kind_words.TOLD_OF, _BROKEN, _HARM, *_MATTER.values())
    )


def _is_telling(kind: RequestKind, text: str) -> bool:
    """Is what looks like an order part of a matter? 物业说不用来修了，我家还漏着水 is none.

    Who names a ticket means it. Who asks how it stands speaks of what he has told before; a matter
    taken for a question is lost, a question taken for a matter is answered by a person.
    """
    if _TICKET.search(text):
        return False
    if kind is RequestKind.PROGRESS:
        return not _EARLIER.search(text)
    telling = _TELLING.get(kind)
    return bool(telling and telling.search(text))


def _of_numbers(text: str) -> tuple[RequestKind, tuple[str, ...]]:
    """A telephone number alone answers or adds something."""
    if re.fullmatch(r"\D*(?:1[3-9]\d{9}|0?\d{3}-?\d{7,8})\D*", text):
        return RequestKind.SUPPLEMENT, (text,)
    return RequestKind.INVALID, ()


def _matter(text: str, danger: Sequence[str]) -> tuple[RequestKind, tuple[str, ...]]:
    kind, found = _first(text)
    if kind not in _BLAMING and not danger and _is_praise(text):
        return RequestKind.THANKS, _words(_PRAISE.search(text))
    if found:
        return kind, _words(found)
    if danger:
        return RequestKind.HELP, tuple(danger)
    asked, broken = _ASK.search(text), _BROKEN.search(text)
    if asked and not (broken and _asks_for_help(text)):
        return RequestKind.ENQUIRY, _words(asked)
    needed = broken or _BEGGING.search(text)
    return (RequestKind.HELP if needed else RequestKind.UNKNOWN), _words(needed)


def _first(text: str) -> tuple[RequestKind, re.Match[str] | None]:
    for kind in _order(text):
        found = _MATTER[kind].search(text)
        if found:
            return kind, found
    return RequestKind.UNKNOWN, None


def _is_praise(text: str) -> bool:
    if not _PRAISE.search(text) or _HARM.search(text):
        return False
    return not _BROKEN.search(text) or bool(kind_words.DEED.search(text))


def _words(found: re.Match[str] | None) -> tuple[str, ...]:
    return (found.group(),) if found else ()


def _asks_for_help(text: str) -> bool:
    """请问井盖丢了找谁 tells of a fault; 身份证丢了怎么补办 asks how something is done."""
    return not kind_words.HOW_TO.search(text) or bool(_HARM.search(text))


def _order(text: str) -> tuple[RequestKind, ...]:
    """Which of several kinds goes first; a word said outright beats what is implied."""
    if "建议" in text and "投诉" not in text:
        return (RequestKind.SUGGESTION, *_ORDER)
    if "投诉" in text and "举报" not in text:
        return (RequestKind.COMPLAINT, *_ORDER)
    return _ORDER


_BLAMING = frozenset({RequestKind.REPORT, RequestKind.DISPUTE, RequestKind.COMPLAINT})
_ORDER = (
    RequestKind.REPORT,
    RequestKind.DISPUTE,
    RequestKind.COMPLAINT,
    RequestKind.ERRAND,
    RequestKind.SUGGESTION,
)
