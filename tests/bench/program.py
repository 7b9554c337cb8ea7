"""A whole program in a process of its own, for benches and for stories that kill it."""

import asyncio
import atexit
import functools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

HOTLINE = Path(sys.executable).with_name("hotline")
START_WITHIN_S = 60.0
STOP_WITHIN_S = 120.0
TOKEN = "bench-token-0001"
APP_ID = "wx49f0ab532d5d035a"
AES_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"


@dataclass(kw_only=True)
class Program:
    """A `hotline run` on a free port below `folder`; start, kill and start again as often as
    needed.
    """

    folder: Path
    database_url: str = ""
    processes: int = 1
    extra: str = ""  # further lines of TOML, before any table
    tables: str = ""  # further tables of TOML
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str = "intake"  # run as `python -m`
    cache: Path | None = None  # of another program, which has made it before
    installed: bool = False  # run as the `hotline` of this environment
    port: int = field(default_factory=lambda: free_port())
    child: subprocess.Popen[bytes] | None = None
    begun_s: float = 0.0  # when it was started last, by `time.perf_counter`
    started_in_s: float = 0.0  # until its port answered

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """The database it writes to."""
        return self.database_url or f"sqlite:///{self.folder / 'hotline.db'}"

    async def start(self) -> None:
        """Start it and wait until it answers; RuntimeError with its log if it does not."""
        settings = self._write_settings()
        log = (self.folder / "log.txt").open("ab")
        command = [str(HOTLINE)] if self.installed else [sys.executable, "-m", self.module]
        self.begun_s = time.perf_counter()
        self.child = subprocess.Popen(
            [*command, "run", "--settings", str(settings)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**_ordinary(), **self.environment},
            cwd=Path(__file__).parents[2],
        )
        log.close()
        await self._answered()
        self.started_in_s = time.perf_counter() - self.begun_s

    def kill(self) -> None:
        """kill -9, the whole family."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._signal(signal.SIGTERM)

    def memory_mib(self) -> list[float]:
        """Resident memory of each process, MiB."""
        return [p.memory_info().rss / 2**20 for p in self._family()]

    def cpu_s(self) -> float:
        """CPU time used so far, all processes."""
        return sum(sum(p.cpu_times()[:2]) for p in self._family())

    def log(self) -> str:
        """What it said."""
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def _family(self) -> list[psutil.Process]:
        if self.child is None:
            return []
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.child.pid)
            return [parent, *parent.children(recursive=True)]
        return []

    def _signal(self, number: signal.Signals) -> None:
        if self.child is None:
            return
        family = self._family() if number is signal.SIGKILL else self._family()[:1]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        self.child.wait(timeout=STOP_WITHIN_S)
        self.child = None

    async def _answered(self) -> None:
        async with aiohttp.ClientSession() as http:
            while time.perf_counter() - self.begun_s < START_WITHIN_S:
                if self.child is not None and self.child.poll() is not None:
                    break
                try:
                    async with http.get(self.url + "/healthz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.02)
        raise RuntimeError("the program did not start:\n" + self.log()[-4000:])

    def _write_settings(self) -> Path:
        path = self.folder / "hotline.toml"
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.cache is not None and not (self.folder / "cache").exists():
            (self.folder / "cache").symlink_to(self.cache)
        lines = [
            f'state = "{self.folder}"',
            f"port = {self.port}",
            f"processes = {self.processes}",
            "allow_private_networks = true",
        ]
        if self.database_url:
            lines.append(f'database_url = "{self.database_url}"')
        wechat = ["[wechat]", f'token = "{TOKEN}"', f'aes_key = "{AES_KEY}"']
        wechat += [f'app_id = "{APP_ID}"', f'app_secret = "{secrets.token_hex(16)}"']
        wechat += ['api_url = "http://127.0.0.1:9"']
        path.write_text("\n".join([*lines, self.extra, *wechat, self.tables]), encoding="utf-8")
        path.chmod(0o600)
        return path


def _ordinary() -> dict[str, str]:
    """Our environment; in a county's, Python keeps what it has compiled."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def department_tables(codes: Mapping[str, str], url: str) -> str:
    """TOML for departments that receive at `url/departments/CODE`; `codes` gives each its
    secret.
    """
    return "\n".join(
        f'[departments.{code}]\nurl = "{url}/departments/{code}"\n'
        f'secret = "{secret}"\napi_token = "{secrets.token_urlsafe(24)}"'
        for code, secret in codes.items()
    )


@functools.cache
def kept() -> Path:
    """A cache for all programs of a run: the first one makes it, which takes three seconds."""
    folder = Path(tempfile.mkdtemp(prefix="hotline-cache-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def webhook_secret() -> str:
    """A random secret as Standard Webhooks writes them."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
