"""A resident's browser as our tests play it: the forms of the page, with and without a photo."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from PIL import Image

from channels.channel import Channel, Desk
from channels.message import Contact
from channels.web import visitor
from channels.web.channel import WebChannel
from channels.web.visitor import COOKIE
from config.sections import Web
from tests.channels.contract import Answer, Call

BOUNDARY = "----a-browser-wrote-this"
ABILITIES = frozenset(["retry", "image", "caption", "location", "signed", "hostile"])
_ENCODED = "application/x-www-form-urlencoded"


def resident(number: int) -> str:
    """The cookie of a resident."""
    return f"{number:032x}"


def key(number: int) -> str:
    """The key of a form."""
    return f"{number + 4096:032x}"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A photo whose camera tells where it was taken."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Zhang San, Donghan village"
    Image.new("RGB", size, "#345").save(out, format=kind, exif=exif)
    return out.getvalue()


def multipart(fields: Mapping[str, str], photo: bytes = b"", name: str = "a.jpg") -> bytes:
    """The body of a form with a file button."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "".join([*parts, head]).encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()


class Adapter:
    """A browser with a cookie each for its residents."""

    name = "web"
    abilities = ABILITIES
    secrets: Sequence[str] = (resident(1),)

    async def start(self, desk: Desk, *, patience_s: float | None) -> Channel:
        return WebChannel(Web(), desk)

    async def stop(self) -> None:
        """Nothing was started."""

    def contact(self, sender: int) -> Contact:
        return visitor.contact(resident(sender))

    def text(self, words: str, *, number: int = 1, sender: int = 1) -> Call:
        return self.form({"text": words}, number=number, sender=sender)

    def image(self, *, number: int = 1) -> Call:
        return self.upload(picture(), number=number)

    def captioned(self, words: str, *, number: int = 1) -> Call:
        return self.upload(picture(), words=words, number=number)

    def voice(self, *, number: int = 1) -> Call:
        raise NotImplementedError("the page has no microphone")

    def location(self, latitude: float, longitude: float, *, number: int = 1) -> Call:
        return self.form({"latitude": f"{latitude}", "longitude": f"{longitude}"}, number=number)

    def follow(self, *, number: int = 1) -> Call:
        raise NotImplementedError("nobody follows a page")

    def mention(self, words: str, *, number: int = 1) -> Call:
        raise NotImplementedError("nobody is mentioned on a page")

    def unknown(self, *, number: int = 1) -> Call:
        raise NotImplementedError("our own page sends what it is written to send")

    def form(self, fields: Mapping[str, str], *, number: int = 1, sender: int = 1) -> Call:
        """The page's form, without a photo."""
        call = self.signed(urlencode({"key": key(number), **fields}).encode())
        return replace(call, headers={**call.headers, "Cookie": f"{COOKIE}={resident(sender)}"})

    def upload(
        self,
        photo: bytes,
        *,
        words: str = "",
        number: int = 1,
        name: str = "a.jpg",
        sender: int = 1,
    ) -> Call:
        """The page's form with a photo."""
        fields = {"key": key(number), "text": words, "latitude": "", "longitude": ""}
        return self.parts(multipart(fields, photo, name), sender=sender)

    def parts(self, body: bytes, *, sender: int = 1) -> Call:
        """Any body that says to be a form with a file button."""
        call = self.signed(body, sender=sender)
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return replace(call, headers={**call.headers, "Content-Type": kind})

    def signed(self, body: bytes, *, sender: int = 1) -> Call:
        headers = {
            "Content-Type": _ENCODED,
            "Cookie": f"{COOKIE}={resident(sender)}",
            "Sec-Fetch-Site": "same-origin",
        }
        return Call(path="/", body=body, headers=headers)

    def forged(self, call: Call) -> Call:
        return replace(call, headers={**call.headers, "Sec-Fetch-Site": "cross-site"})

    def unsigned(self, call: Call) -> Call:
        kept = {name: value for name, value in call.headers.items() if name != "Cookie"}
        return replace(call, headers=kept)

    def hostile(self) -> Mapping[str, bytes]:
        return HOSTILE

    def told(self, answer: Answer) -> str:
        raise NotImplementedError("a form is answered by the page")

    def sent(self) -> Sequence[str]:
        raise NotImplementedError("nothing is sent to a page")

    def breaks(self, how: str) -> None:
        raise NotImplementedError("no API stands behind a page")


_KEY = urlencode({"key": key(1)}).encode()
HOSTILE: Mapping[str, bytes] = {
    "no key": b"text=a",
    "another kind of key": b"text=a&key=../../etc/passwd",
    "a key of the right length": b"text=a&key=" + b"Z" * 32,
    "bytes beyond ASCII": _KEY + b"&text=\xff\xfe",
    "broken UTF-8": _KEY + b"&text=%ff%fe",
    "a lone surrogate": _KEY + b"&text=%ed%a0%80",
    "a thousand fields": _KEY + b"&a=1" * 1000,
    "nothing but blanks": _KEY + b"&text=+++",
    "nothing but control characters": _KEY + b"&text=%00%01%02",
    "a pin beyond the world": _KEY + b"&latitude=99&longitude=200",
    "a pin that is no number": _KEY + b"&latitude=nan&longitude=inf",
}
