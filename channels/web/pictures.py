"""Photos from residents: really pictures, of bearable size, and without what a camera tells of
its owner.
"""

import asyncio
import io

from PIL import Image, ImageOps, UnidentifiedImageError

from channels.channel import MediaRefused

MOST_PIXELS = 50_000_000  # of a plain JPEG, which is made smaller while it is read
MOST_PIXELS_WHOLE = 16_000_000  # of whatever must be read whole: up to four bytes a pixel
LONGEST_SIDE = 2400
SMALL_SIDE = 320  # of the one that its sender sees in the talk
KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
TOO_LARGE = "照片太大了，请选小一点的"


class Darkroom:
    """Draws one picture at a time, so that many at once cost no more memory than one."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(1)

    async def cleaned(self, content: bytes) -> tuple[bytes, str]:
        """The picture drawn anew, without EXIF, and its media type; MediaRefused says why not."""
        async with self._free:
            return await asyncio.to_thread(drawn, content, LONGEST_SIDE)

    async def small(self, content: bytes) -> tuple[bytes, str]:
        """A picture of ours as small as the talk shows it; MediaRefused."""
        async with self._free:
            return await asyncio.to_thread(drawn, content, SMALL_SIDE)


def drawn(content: bytes, longest_side: int) -> tuple[bytes, str]:
    """The picture anew, no longer than that, upright and without EXIF; MediaRefused.

    Takes up to a second of one core and 200 MB: call it in a thread.
    """
    try:
        with Image.open(io.BytesIO(content), formats=list(KINDS)) as picture:
            if picture.width * picture.height > _most_pixels(picture):
                raise MediaRefused(TOO_LARGE)
            kind = picture.format or "JPEG"
            picture.draft(None, (longest_side, longest_side))  # a JPEG is read in small
            picture.thumbnail((longest_side, longest_side), reducing_gap=None)
            turned = ImageOps.exif_transpose(picture)
            out = io.BytesIO()
            turned.convert("RGB" if kind == "JPEG" else turned.mode).save(out, format=kind)
            return out.getvalue(), KINDS[kind]
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise MediaRefused("这个文件不是照片，请选 JPG、PNG 或 WEBP 照片") from None


def _most_pixels(picture: Image.Image) -> int:
    """A progressive JPEG holds all of its pixels until the last one has come."""
    in_small = picture.format == "JPEG" and not picture.info.get("progressive")
    return MOST_PIXELS if in_small else MOST_PIXELS_WHOLE
