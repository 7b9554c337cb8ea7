"""Who really asks, where a proxy stands before us: believed only of proxies that the settings name.

Behind a proxy every request comes from one address. Rate limits and the guard of the login need the
one before it, and cookies must know whether the browser came by https.
"""

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

from intake.services import SERVICES

MOST_HOPS = 20

_Address = IPv4Address | IPv6Address
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def middleware(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """The request as it was before it met our proxies; untouched where it met none."""
    trusted = request.app[SERVICES].settings.trusted_proxies
    if not trusted or not is_trusted(request.remote or "", trusted):
        return await handler(request)
    hops = _listed(request, "X-Forwarded-For")
    schemes = [word.lower() for word in _listed(request, "X-Forwarded-Proto")]
    scheme = schemes[-1] if schemes and schemes[-1] in ("http", "https") else request.scheme
    remote = client(request.remote or "", hops, trusted)
    return await handler(request.clone(remote=remote, scheme=scheme))


def client(peer: str, hops: Sequence[str], trusted: Sequence[str]) -> str:
    """The last address of the way that is none of ours: what is left of it, anybody can write.

    `hops` are the entries of X-Forwarded-For, the nearest proxy's own word last.
    """
    found = peer
    for hop in reversed(hops[-MOST_HOPS:]):
        address = _parsed(hop)
        if address is None:
            return found
        found = str(address)
        if not is_trusted(found, trusted):
            return found
    return found


def is_trusted(peer: str, trusted: Sequence[str]) -> bool:
    """Is this one of the proxies (addresses or networks) that the settings name?"""
    address = _parsed(peer)
    return address is not None and any(address in ip_network(each) for each in trusted)


def _listed(request: web.Request, header: str) -> list[str]:
    """The entries of a header that may come several times, each with several."""
    words = ",".join(request.headers.getall(header, [])).split(",")
    return [word.strip() for word in words if word.strip()]


def _parsed(text: str) -> _Address | None:
    """An address as proxies write it: with brackets, with a port, or an IPv4 one as IPv6."""
    bare = text.strip().removeprefix("[").partition("]")[0]
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
