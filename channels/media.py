"""Files that residents sent: whose, how much of them is read, what their first bytes say."""

from aiohttp import ClientResponse

from channels.message import Attachment, SendError

LONGEST_BYTES = 12 * 2**20  # platforms take photos of 10 MB
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)
_UNKNOWN = "application/octet-stream"


def id_of(attachment: Attachment, prefix: str) -> str:
    """The platform's id behind `prefix`; SendError for what is not this platform's."""
    if not attachment.reference.startswith(prefix):
        raise SendError("这个文件不是从这个渠道来的，取不到", permanent=True)
    return attachment.reference.removeprefix(prefix)


async def read(answer: ClientResponse, limit_bytes: int = LONGEST_BYTES) -> bytes:
    """The whole answer of a platform; SendError where it is larger, whatever its headers say."""
    content = bytearray()
    async for chunk in answer.content.iter_any():
        content += chunk
        if len(content) > limit_bytes:
            raise SendError("平台给的内容太大，没有取", permanent=True)
    return bytes(content)


def type_of(content: bytes) -> str:
    """The media type of a file whose platform says none."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return next((kind for begins, kind in _BEGINNINGS if content.startswith(begins)), _UNKNOWN)
