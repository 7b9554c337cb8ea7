"""What a resident's browser sends, read with bounds: the form of the page, the ids, the pin."""

import asyncio
import hashlib
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
MOST_SKIPPED_BYTES = 48 * 2**20  # of a photo that is too large: telephones make some of 20 MB
UPLOAD_WITHIN_S = 120.0  # ten megabytes over a village's telephone network
MOST_PARTS = 12
ID_LENGTH = 32
DIGEST_LENGTH = 16
TOO_LARGE = "照片太大，最多 10 兆，没有收下。您写的都还在：换一张小的，或者不带照片直接发"
TOO_SLOW = "照片传得太慢，没有收下。您写的都还在：请再试一次，或者不带照片直接发"
REFUSED = "表单不对，请刷新页面再发"
_LONGEST_FIELD_BYTES = 4 * LONGEST_TEXT + 1024
LONGEST_NUMBER = 20
LONGEST_PROOF = 11  # the whole telephone instead of its last four digits
_BROKEN = (*http.BROKEN_FORM, web.RequestPayloadError, ConnectionError)
_TICKET = re.compile(r"(?<!\d)(20\d{6})\D?(\d{4,6})(?!\d)")
_FIELDS = ("text", "key", "latitude", "longitude", "number", "last_four")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a resident sent: words, a place pin, a photo; or a ticket's number to ask about.

    Then `event` says so, with the last four digits of his telephone where he gave them. `missing`:
    why his photo did not come along.
    """

    text: str = ""
    event: str = ""
    key: str = ""  # of the page's form: the same sent twice is one message
    point: Point | None = None
    photo: bytes = b""
    missing: str = ""

    @property
    def digest(self) -> str:
        """Of all that it holds: other words under the same key are another message."""
        pin = f"{self.point.latitude},{self.point.longitude}" if self.point else ""
        said = "\0".join((self.text, self.event, pin, hashlib.sha256(self.photo).hexdigest()))
        return hashlib.sha256(said.encode()).hexdigest()[:DIGEST_LENGTH]


async def read(request: web.Request) -> Form:
    """The posted form, plain or multipart; 400 for what no browser sends, 413 where it is large."""
    if not request.content_type.startswith("multipart/"):
        return _form(_fields(await http.read_body(request)))
    fields: dict[str, str] = {}
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            return await _parts(await request.multipart(), fields)
    except TimeoutError:
        return _form(fields, TOO_SLOW)
    except _BROKEN:
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


async def _parts(reader: MultipartReader, fields: dict[str, str]) -> Form:
    """The form; what of its fields has come is in `fields` also where the photo takes too long."""
    photo = b""
    for _ in range(MOST_PARTS):
        part = await reader.next()
        if part is None:
            return _form(fields, photo=photo)
        if not isinstance(part, BodyPartReader):
            raise http.refused(REFUSED)
        if part.name == "photo":
            photo, whole = await _photo(part)
            if not whole:
                return _form(fields, TOO_LARGE)
        elif part.name in _FIELDS:
            fields[part.name] = (await _bounded(part, _LONGEST_FIELD_BYTES)).decode("utf-8")
    raise http.refused(REFUSED)


async def _photo(part: BodyPartReader) -> tuple[bytes, bool]:
    """The photo, and whether it is all there.

    A too large one is read to its end all the same, as far as may be: a browser that is cut off
    shows no page, and what was written beside the photo would be gone.
    """
    content, size_bytes = bytearray(), 0
    while size_bytes <= MOST_SKIPPED_BYTES and (chunk := await part.read_chunk(64 * 1024)):
        size_bytes += len(chunk)
        if size_bytes <= LONGEST_UPLOAD_BYTES:
            content += chunk
    return bytes(content), size_bytes <= LONGEST_UPLOAD_BYTES


async def _bounded(part: BodyPartReader, limit_bytes: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > limit_bytes:
            raise web.HTTPRequestEntityTooLarge(
                max_size=limit_bytes,
                actual_size=len(content),
                text="您写的太长，请写短一些，或者分几次发",
            )
    return bytes(content)


def _form(fields: Mapping[str, str], missing: str = "", photo: bytes = b"") -> Form:
    said, key, latitude, longitude, number, last_four = (
        text.cleaned(fields.get(name, "")).strip() for name in _FIELDS
    )
    if number:
        return _asked(key, number, last_four)
    point = _point(latitude, longitude)
    return Form(text=said, key=key, point=point, photo=photo, missing=missing)


def _asked(key: str, number: str, last_four: str) -> Form:
    """How does this ticket stand? Nothing of it is taken for a sentence; the digits are shown to
    nobody.
    """
    number, last_four = (unicodedata.normalize("NFKC", each) for each in (number, last_four))
    found = _TICKET.search(number)
    number = "-".join(found.groups()) if found else number.replace(":", "")[:LONGEST_NUMBER]
    event = ":".join(part for part in ("progress", number, last_four[:LONGEST_PROOF]) if part)
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
