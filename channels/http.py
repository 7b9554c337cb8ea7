"""What every channel does with a request first: bounded reading, signatures compared, hostile
JSON refused.
"""

import asyncio
import hmac
import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

LONGEST_BODY_BYTES = 64 * 1024
DEEPEST = 20
READ_WITHIN_S = 10.0
PLATFORM_WAITS_S = 4.0  # platforms give up after 5 s


async def read_body(request: web.Request, limit_bytes: int = LONGEST_BODY_BYTES) -> bytes:
    """The whole body; 413 where it is larger than the limit, 408 where it comes too slowly."""
    if (request.content_length or 0) > limit_bytes:
        raise web.HTTPRequestEntityTooLarge(max_size=limit_bytes, actual_size=0)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.content.iter_chunked(16 * 1024):
                body += chunk
                if len(body) > limit_bytes:
                    raise web.HTTPRequestEntityTooLarge(max_size=limit_bytes, actual_size=len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="请求来得太慢") from None
    return bytes(body)


def same(given: str, expected: str) -> bool:
    """Are two secrets the same? Takes as long for a wrong one as for the right one."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def load_json(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; 400 for anything else, for deep nesting and for broken
    characters.
    """
    refuse_depth(body, b"[{", b"]}")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise refused("内容不是正确的 JSON") from None
    if not isinstance(value, dict):
        raise refused("内容应是一个 JSON 对象")
    refuse_surrogates(json.dumps(value, ensure_ascii=False))
    return value


def refuse_depth(body: bytes, opening: bytes, closing: bytes) -> None:
    """400 for nesting deeper than any honest message has; cheap, before parsing."""
    depth = 0
    for byte in body:
        if byte in opening:
            depth += 1
            if depth > DEEPEST:
                raise refused("内容嵌套太深")
        elif byte in closing:
            depth -= 1


def refuse_surrogates(text: str) -> None:
    """400 for lone surrogates: they can be kept nowhere."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise refused("内容含有不成字的编码") from None


def strings(record: dict[str, Any], names: Iterable[str]) -> dict[str, str]:
    """These fields as text, empty where absent; 400 where one is neither text nor a number."""
    found = {}
    for name in names:
        value = record.get(name, "")
        if value is None or isinstance(value, bool | dict | list):
            value = "" if value is None else refuse_type(name)
        found[name] = str(value)
    return found


def refuse_type(name: str) -> str:
    """400: a field is of the wrong type."""
    raise refused(f"字段 {name} 的类型不对")


def refused(text: str) -> web.HTTPBadRequest:
    """A 400 that says why."""
    return web.HTTPBadRequest(text=text)
