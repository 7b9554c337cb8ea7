"""What a channel does with a request first: it bounds, counts by address, compares secrets,
refuses hostile JSON.
"""

import asyncio
import hmac
import json
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Network
from typing import Any

from aiohttp import ClientPayloadError, web
from aiohttp.http import HttpProcessingError

LONGEST_BODY_BYTES = 64 * 1024
BODY_LIMIT: web.AppKey[int] = web.AppKey("body_limit_bytes", int)  # the installation's own
READ_WITHIN_S = 10.0
DEEPEST = 20  # no platform nests its messages deeper than five
LARGEST_NUMBER = 2**63
PLATFORM_WAITS_S = 4.0  # platforms give up after 5 s
# What aiohttp raises over a form that no browser sends.
BROKEN_FORM = (ValueError, LookupError, AssertionError, HttpProcessingError)


class Forged(Exception):
    """The proof of origin is wrong, or too old."""


class Malformed(Exception):
    """The request is not what the platform sends."""


async def read_body(request: web.Request, limit_bytes: int | None = None) -> bytes:
    """The whole body; 413 where it is larger than the limit, 408 where it comes too slowly.

    Counted while it is read (and after decompression): what the headers promise is not trusted.
    The limit is what the application sets under `BODY_LIMIT`, where none is given.
    """
    if limit_bytes is None:
        limit_bytes = request.config_dict.get(BODY_LIMIT, LONGEST_BODY_BYTES)
    if (request.content_length or 0) > limit_bytes:
        raise _too_large(limit_bytes, request.content_length or 0)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit_bytes:
                    raise _too_large(limit_bytes, len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="请求来得太慢，请重发") from None
    except (web.RequestPayloadError, ClientPayloadError, ConnectionError):
        raise refused("请求没有传完，请重发") from None
    return bytes(body)


def asker(request: web.Request) -> str:
    """Whom limits by address count: whoever has one address of IPv6 has 2**64 of them."""
    address = request.remote or ""
    if ":" not in address:
        return address
    try:
        return str(IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def same(given: str, expected: str) -> bool:
    """Are two secrets the same? Takes as long for a wrong one as for the right one."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def load_json(body: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    400 for anything else: other encodings than UTF-8, keys given twice, NaN, numbers that no
    database holds, nesting deeper than `DEEPEST`, lone surrogates anywhere.
    """
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise refused("内容不是正确的 JSON，请按接口文档改好再发") from None
    if not isinstance(value, dict):
        raise refused("内容应是一个 JSON 对象，请按接口文档改好再发")
    _refuse_extremes(value)
    refuse_surrogates(json.dumps(value, ensure_ascii=False))
    return value


def refuse_surrogates(text: str) -> None:
    """400 for lone surrogates: no database and no platform keeps them."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise refused("内容含有不成字的编码，请改好再发") from None


def strings(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """These fields as text, empty where absent; 400 where one is neither text nor a number."""
    found = {}
    for name in names:
        value = record.get(name)
        if isinstance(value, bool | dict | list):
            raise refused(f"字段 {name} 的类型不对，请按接口文档改好再发")
        found[name] = "" if value is None else str(value)
    return found


def refused(text: str) -> web.HTTPBadRequest:
    """A 400 that says why."""
    return web.HTTPBadRequest(text=text)


def _too_large(limit_bytes: int, size_bytes: int) -> web.HTTPRequestEntityTooLarge:
    text = f"内容太大，最多 {limit_bytes // 1024} KB"
    return web.HTTPRequestEntityTooLarge(max_size=limit_bytes, actual_size=size_bytes, text=text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of one message must not see two messages, so a key counts once."""
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a key is given twice")
    return record


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _refuse_extremes(value: Any) -> None:
    """The values level by level, so that depth costs no recursion."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
            elif isinstance(each, int | float) and not abs(each) < LARGEST_NUMBER:
                raise refused("内容里有太大的数，请改好再发")
        if not below:
            return
        level = below
    raise refused("内容嵌套太深，请按接口文档改好再发")
