"""Signed POSTs to departments by the Standard Webhooks scheme, to addresses that are safe to call.

https://github.com/standard-webhooks/standard-webhooks. The id of a webhook is its envelope's: a
repetition carries the same one.
"""

import errno
import ipaddress
import json
import socket
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from standardwebhooks import Webhook

from config import runtime as clocks
from config.runtime import Runtime
from config.sections import Endpoint
from routing.envelope import DeliveryError, Envelope

LARGEST_ANSWER_BYTES = 64 * 1024
QUOTED_CHARACTERS = 80  # of an answer that refuses us
LONGEST_WAIT_S = 6 * 3600.0  # whatever a Retry-After says
REFUSED_RETRY_S = 600.0  # our request was refused: first somebody must change something
REFUSED_ATTEMPTS = 7
CONNECTIONS = 50
USER_AGENT = "nanhe-hotline-webhook/1"
_GONE = 410
_PASSING = frozenset({408, 425, 429})
_INSIDE = "地址在内部网络里，为安全起见不推送（allow_private_networks 可放开）"


class AddressRefused(OSError):
    """The name leads to an address inside our own network."""


class WebhookSender:
    """Delivers envelopes `webhook:DEPARTMENT`. Has its own HTTP session; `close` it in the end."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        timeout_s: float,
        allow_private_networks: bool,
        runtime: Runtime | None = None,  # the real clock: receivers compare with theirs
    ) -> None:
        self._endpoints = endpoints
        self._timeout_s = timeout_s
        self._allow_private_networks = allow_private_networks
        self._runtime = runtime or clocks.system()
        self._http: aiohttp.ClientSession | None = None

    async def __call__(self, envelope: Envelope) -> str:
        """`HTTP 200` or the like once it was taken; DeliveryError otherwise."""
        endpoint = self._endpoints.get(envelope.address)
        if endpoint is None or not endpoint.url or not endpoint.secret.get_secret_value():
            raise DeliveryError(f"部门 {envelope.address} 没有配置推送地址或密钥", permanent=True)
        body, headers = self._signed(envelope, endpoint)
        try:
            async with self._session().post(
                endpoint.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                quoted = await _quoted(response)
                return self._judged(response, quoted)
        except TimeoutError as error:
            raise DeliveryError(f"{self._timeout_s:.0f} 秒内没有答复") from error
        except aiohttp.InvalidURL as error:
            raise DeliveryError("推送地址写得不对", permanent=True) from error
        except (aiohttp.ClientError, OSError) as error:
            if _INSIDE in str(getattr(error, "os_error", error)):
                raise DeliveryError(_INSIDE, permanent=True) from error
            raise DeliveryError(f"连不上：{type(error).__name__}") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            factory = _any_socket if self._allow_private_networks else _outside_socket
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, socket_factory=factory),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._http

    def _signed(self, envelope: Envelope, endpoint: Endpoint) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(dict(envelope.body), ensure_ascii=False, separators=(",", ":"))
        at = self._runtime.now().astimezone(UTC)
        signature = Webhook(endpoint.secret.get_secret_value()).sign(envelope.id, at, body)
        return body.encode(), {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "webhook-id": envelope.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }

    def _judged(self, response: aiohttp.ClientResponse, quoted: str) -> str:
        """What a status means: taken, later, or never."""
        status = response.status
        reason = f"HTTP {status}" + (f"：{quoted}" if quoted else "")
        if 200 <= status < 300:
            return f"HTTP {status}"
        if status == _GONE:
            raise DeliveryError(reason, permanent=True)
        wait_s = self._asked_wait_s(response.headers.get("Retry-After", ""))
        if status in _PASSING or status >= 500:
            raise DeliveryError(reason, retry_after_s=wait_s)
        if 300 <= status < 400:
            reason = f"HTTP {status}：要我们转到别处，不跟随；请直接配置新地址"
        wait_s = max(wait_s or 0.0, REFUSED_RETRY_S)
        raise DeliveryError(reason, retry_after_s=wait_s, most_attempts=REFUSED_ATTEMPTS)

    def _asked_wait_s(self, header: str) -> float | None:
        """Seconds until the time that a Retry-After names, in one of its two forms."""
        if header.isascii() and header.isdecimal():
            return min(float(header[:9]), LONGEST_WAIT_S)
        try:
            then = parsedate_to_datetime(header)
        except ValueError:
            return None
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return min(max((then - self._runtime.now()).total_seconds(), 0.0), LONGEST_WAIT_S)


def is_outside(address: str) -> bool:
    """Is it a public IP address: not private, loopback, link-local, metadata or multicast?"""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        for inner in (ip.ipv4_mapped, ip.sixtofour, _nat64(ip)):
            if inner is not None:
                return is_outside(str(inner))
        if ip.teredo is not None or any(ip in each for each in _NOT_OUTSIDE):
            return False
    elif ip in _RELAYS:
        return False
    return ip.is_global and not ip.is_multicast


_RELAYS = ipaddress.IPv4Network("192.88.99.0/24")  # of 6to4, which nobody runs any more (RFC 7526)
_NOT_OUTSIDE = (
    ipaddress.IPv6Network("::/96"),  # IPv4 in an old disguise, ::7f00:1 among them (RFC 4291)
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # translation inside one network (RFC 8215)
    ipaddress.IPv6Network("fec0::/10"),  # the former site-local addresses (RFC 3879)
)


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside 64:ff9b::/96 (RFC 6052)."""
    if ip in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


_AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


def _any_socket(info: _AddressInfo) -> socket.socket:
    family, kind, protocol, _, _ = info
    return socket.socket(family=family, type=kind, proto=protocol)


def _outside_socket(info: _AddressInfo) -> socket.socket:
    """A socket for the very address that is about to be called, so that no name can rebind it."""
    if not is_outside(str(info[4][0])):
        raise AddressRefused(errno.EACCES, _INSIDE)
    return _any_socket(info)


async def _quoted(response: aiohttp.ClientResponse) -> str:
    """The beginning of a refusal. If it was taken, the answer does not matter, nor its end."""
    refused = response.status >= 400
    beginning, left = b"", LARGEST_ANSWER_BYTES
    try:
        while left > 0 and (chunk := await response.content.read(left)):
            beginning, left = beginning or chunk[:400], left - len(chunk)
    except (aiohttp.ClientError, TimeoutError):
        response.close()
    if left <= 0:
        response.close()
    text = beginning.decode("utf-8", errors="replace") if refused else ""
    return "".join(c if c.isprintable() else " " for c in text)[:QUOTED_CHARACTERS].strip()
