"""What a resident's browser sends, read with bounds: the form of the page, the ids, the pin."""

import asyncio
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from aiohttp import BodyPartReader, MultipartReader, web

from channels import http, text
from channels.message import Point

LONGEST_TEXT = 2000
LONGEST_UPLOAD_BYTES = 10 * 2**20 + 64 * 1024
UPLOAD_WITHIN_S = 120.0  # ten megabytes over a village's telephone network
MOST_PARTS = 12
ID_LENGTH = 32
REFUSED = "表单不对，请刷新页面再发"
_LONGEST_FIELD_BYTES = 4 * LONGEST_TEXT + 1024
LONGEST_NUMBER = 20
_TICKET = re.compile(r"(?<!\d)(20\d{6})\D?(\d{4,6})(?!\d)")
_FIELDS = ("text", "key", "latitude", "longitude", "number", "last_four")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a resident sent: words, a place pin, a photo; or a ticket's number to ask about.

    Then `event` says so, with the last four digits of his telephone where he gave them.
    """

    text: str = ""
    event: str = ""
    key: str = ""  # of the page's form: sent twice, it is one message
    point: Point | None = None
    photo: bytes = b""


async def read(request: web.Request) -> Form:
    """The posted form, plain or multipart; 400 for what no browser sends, 413 where it is large."""
    if not request.content_type.startswith("multipart/"):
        return _form(_fields(await http.read_body(request)), b"")
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            return await _parts(await request.multipart())
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="照片传得太慢，请再试一次，或先只发文字") from None
    except (ValueError, AssertionError, LookupError, web.RequestPayloadError, ConnectionError):
        raise http.refused("表单没有传完，请再发一次") from None


def is_id(given: str) -> bool:
    """Does this look like an id that we made?"""
    return len(given) == ID_LENGTH and all(c in "0123456789abcdef" for c in given)


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=MOST_PARTS, errors="strict")
    except ValueError:
        raise http.refused(REFUSED) from None
    return {name: values[0] for name, values in found.items()}


async def _parts(reader: MultipartReader) -> Form:
    fields: dict[str, str] = {}
    photo = b""
    for _ in range(MOST_PARTS):
        part = await reader.next()
        if part is None:
            return _form(fields, photo)
        if not isinstance(part, BodyPartReader):
            raise http.refused(REFUSED)
        if part.name == "photo":
            photo = await _bounded(part, LONGEST_UPLOAD_BYTES)
        elif part.name in _FIELDS:
            fields[part.name] = (await _bounded(part, _LONGEST_FIELD_BYTES)).decode("utf-8")
    raise http.refused(REFUSED)


async def _bounded(part: BodyPartReader, limit_bytes: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > limit_bytes:
            limit = limit_bytes // 2**20 or 1
            raise web.HTTPRequestEntityTooLarge(
                max_size=limit_bytes,
                actual_size=len(content),
                text=f"照片或文字太大，最多 {limit} 兆，请选小一点的",
            )
    return bytes(content)


def _form(fields: Mapping[str, str], photo: bytes) -> Form:
    said, key, latitude, longitude, number, last_four = (
        text.cleaned(fields.get(name, "")).strip() for name in _FIELDS
    )
    if number:
        return _asked(key, number, last_four)
    return Form(text=said, key=key, point=_point(latitude, longitude), photo=photo)


def _asked(key: str, number: str, last_four: str) -> Form:
    """How does this ticket stand? Nothing of it is taken for a sentence; the digits are shown to
    nobody.
    """
    number, last_four = (unicodedata.normalize("NFKC", each) for each in (number, last_four))
    found = _TICKET.search(number)
    number = "-".join(found.groups()) if found else number.replace(":", "")[:LONGEST_NUMBER]
    event = ":".join(part for part in ("progress", number, last_four[:4]) if part)
    return Form(text=f"查询 {number}", event=event, key=key)


def _point(latitude: str, longitude: str) -> Point | None:
    """The pin of the browser; None where there is none."""
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return None
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        return None
    return Point(latitude=north, longitude=east)
