"""An Asterisk of our own in one folder, for trial and tests: written, started, asked, stopped."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intake.asterisk import files, sounds
from intake.asterisk.files import Plan, WriteFault
from intake.asterisk.program import Program

MOST_SOCKET_PATH = 100  # the kernel's limit for the control socket's path is 107
START_S = 30.0
STOP_S = 5.0
ASK_S = 20.0
RESIDENT = "1001"  # a telephone to ring from
RTP_PORTS = 1000
BOUND = "media_address = {address}\nbind_rtp_to_media_address = yes"  # else RTP is everywhere
FOLDERS = ("etc", "lib/agi", "lib/keys", "run", "log", "spool", "secrets")
PLAIN = {
    "acl.conf": "",
    "ccss.conf": "[general]\n",
    "cdr.conf": "[general]\nenable = no\n",
    "cel.conf": "[general]\nenable = no\n",
    "cli_permissions.conf": "[general]\ndefault_perm = permit\n",
    "features.conf": "[general]\n",
    "geolocation.conf": "",
    "http.conf": "[general]\nenabled = no\n",
    "pjproject.conf": "[startup]\nlog_level = 1\n",
    "sorcery.conf": "",
    "stasis.conf": "[threadpool]\nminimum_size = 5\ninitial_size = 5\nmax_size = 20\n",
    "udptl.conf": "[general]\n",
}  # files that modules look for; without them each warns


class StartFailed(Exception):
    """Asterisk did not start; the message says what it said, in Chinese around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where it listens: SIP and RTP on `address`, the manager interface on 127.0.0.1 always."""

    sip: int = 5070
    manager: int = 5071
    trunk: int = 5072  # where calls that we make go, in place of a provider's line
    rtp: int = 11000
    address: str = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A folder with everything, and the program that runs it."""

    folder: Path
    program: Program
    plan: Plan
    ports: Ports

    @property
    def environment(self) -> dict[str, str]:
        """Settings of the hotline's program that fit this Asterisk."""
        phone = self.plan.phone
        return {
            "HOTLINE_PHONE__EXCHANGE__PORT": str(self.ports.manager),
            "HOTLINE_PHONE__EXCHANGE__SECRET_FILE": str(self.plan.secrets / "manager"),
            "HOTLINE_PHONE__MEDIA_PORT": str(phone.media_port),
            "HOTLINE_PHONE__MEDIA": phone.media,
            "HOTLINE_PHONE__MEDIA_TOKEN_FILE": str(self.plan.secrets / "media"),
            "HOTLINE_PHONE__MISSED": str(self.plan.missed),
            "HOTLINE_PHONE__RECORDINGS": str(self.plan.recordings),
        }

    def ask(self, command: str) -> str:
        """What the console answers to a command. Raises StartFailed where nobody answers."""
        done = subprocess.run(
            [*self.program.command, "-C", str(self._conf), "-rx", command],
            capture_output=True,
            timeout=ASK_S,
            check=False,
        )
        if done.returncode != 0:
            raise StartFailed("Asterisk 没有回应")
        return done.stdout.decode("utf-8", errors="replace")

    def start(self) -> "Running":
        """Start it and wait until it takes calls. Raises StartFailed."""
        for kind, port in (
            (socket.SOCK_DGRAM, self.ports.sip),
            (socket.SOCK_STREAM, self.ports.manager),
        ):
            _free(kind, self.ports.address if kind is socket.SOCK_DGRAM else "127.0.0.1", port)
        said = (self.folder / "log" / "console").open("wb")
        with said:
            process = subprocess.Popen(
                [*self.program.command, "-C", str(self._conf), "-f", "-n"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                umask=0o077,
                start_new_session=True,
            )
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        with suppress(OSError, ValueError):
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (most, most))
        running = Running(instance=self, process=process)
        running.wait()
        return running

    @property
    def _conf(self) -> Path:
        return self.folder / "etc" / "asterisk.conf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started Asterisk."""

    instance: Instance
    process: subprocess.Popen[bytes]

    def wait(self) -> None:
        """Until it takes calls; stopped and told where it doesn't."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            with suppress(StartFailed, subprocess.TimeoutExpired):
                self.instance.ask("core waitfullybooted")
                return
            time.sleep(0.1)
        self.stop()
        words = (self.instance.folder / "log" / "console").read_text(errors="replace")
        raise StartFailed(f"Asterisk 没有启动。它最后说：\n{words[-1500:]}")

    def stop(self) -> None:
        """End it, calls and all."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_S)

    def warnings(self) -> list[str]:
        """Lines of its log that somebody should look at."""
        log = self.instance.folder / "log" / "messages"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if "WARNING[" in line or "ERROR[" in line]


def write(
    folder: Path,
    program: Program,
    *,
    ports: Ports,
    phone: Mapping[str, Any],
    operators: int = 2,
    say: sounds.Say | None = None,
    words: Mapping[str, str] | None = None,
) -> Instance:
    """Everything that `program` needs to run in `folder`; `phone` are settings of the line, its
    number at least. Raises WriteFault.
    """
    folder = folder.resolve()
    if len(str(folder / "run" / "asterisk.ctl")) > MOST_SOCKET_PATH:
        raise WriteFault(f"路径 {folder} 太长，请换一个短些的文件夹")
    with files.private_files():
        for part in FOLDERS:
            (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = files.drawn(folder, {"port": ports.manager}, **phone)
        resident = files.keep_secret(folder / "secrets" / RESIDENT)
        places = {
            "FOLDER": str(folder),
            "MODULES": str(program.modules),
            "DATA": str(program.data),
            "ADDRESS": ports.address,
            "BOUND": BOUND.format(address=ports.address),
            "SIP_PORT": str(ports.sip),
            "MANAGER_PORT": str(ports.manager),
            "TRUNK_PORT": str(ports.trunk),
            "RTP_FIRST": str(ports.rtp),
            "RTP_LAST": str(ports.rtp + RTP_PORTS - 1),
            "RESIDENT_USER": RESIDENT,
            "RESIDENT_PASSWORD": resident,
        }
        there = frozenset(each.name for each in program.modules.glob("*.so"))
        plan = files.plan(
            folder,
            settings,
            missed=folder / "missed",
            recordings=folder / "recordings",
            operators=operators,
            more=places,
        )
        values = {**places, "NUMBER": settings.number}
        for template in sorted((files.TEMPLATES / "own").glob("*.conf")):
            text = files.fill(template, values)
            if template.name == "modules.conf":
                text = files.only_there(text, there)
            files.save(folder / "etc" / template.name, text)
        for name, text in PLAIN.items():
            files.save(folder / "etc" / name, text)
        files.write(plan, modules=there)
        for each in folder.glob("hotline_*.conf"):
            shutil.move(each, folder / "etc" / each.name)
        sounds.write(folder / "sounds", say, words or sounds.WORDS)
    return Instance(folder=folder, program=program, plan=plan, ports=ports)


def _free(kind: int, address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as trial:
        if kind == socket.SOCK_STREAM:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError as error:
            problem = os.strerror(error.errno or 0)
            raise StartFailed(
                f"{address} 的 {port} 端口用不了（{problem}），可能已有一个 Asterisk 在运行"
            ) from error
