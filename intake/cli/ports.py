"""Is a port free? Asked before anything starts, and told in one sentence where it is not."""

import errno
import socket
from collections.abc import Iterable

STEP = 10  # the ports beside a port of ours are the telephone's
MOST_TRIED = 20
LAST_PORT = 65535


class PortTaken(Exception):
    """A port that we need can't be opened; the message says why and what to do, in Chinese."""


def need(host: str, port: int, *, remedy: str, shared: bool = False) -> None:
    """Raise PortTaken unless we could listen there now; `shared`: by several processes of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise PortTaken(f"{_why(error, host, port)}。{remedy}") from error


def next_free(host: str, first: int, *, but: Iterable[int] = ()) -> int:
    """`first`, or the next port in steps of ten that is free and not one of `but`; `first` where
    none is, whose opening then says why not.
    """
    others = range(first, min(first + STEP * MOST_TRIED, LAST_PORT + 1), STEP) if first else ()
    for port in others:
        if port not in but and _is_free(host, port):
            return port
    return first


def _is_free(host: str, port: int) -> bool:
    try:
        need(host, port, remedy="")
    except PortTaken:
        return False
    return True


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已经有别的程序在用"
    if error.errno == errno.EACCES:
        return f"没有权限打开端口 {port}，1024 以下的端口只有系统管理员能用"
    return f"打不开 {host} 的端口 {port}（{error.strerror or error}）"
