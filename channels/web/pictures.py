"""Photos from residents: really pictures, of bearable size, and without what a camera tells of
its owner.
"""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from channels.channel import MediaRefused

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2400
KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def cleaned(content: bytes) -> tuple[bytes, str]:
    """The picture drawn anew, without EXIF, and its media type; MediaRefused says why not.

    Takes up to a second of one core: call it in a thread.
    """
    try:
        with Image.open(io.BytesIO(content), formats=list(KINDS)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise MediaRefused("照片太大了，请选小一点的")
            kind = picture.format or "JPEG"
            turned = ImageOps.exif_transpose(picture)
            turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            out = io.BytesIO()
            turned.convert("RGB" if kind == "JPEG" else turned.mode).save(out, format=kind)
            return out.getvalue(), KINDS[kind]
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise MediaRefused("这个文件不是照片，请选 JPG、PNG 或 WEBP 照片") from None
