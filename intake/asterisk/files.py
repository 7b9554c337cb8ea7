"""Fills the templates of `config/asterisk`: the hotline's files for an exchange that is there."""

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import config
from config.sections import Phone

TEMPLATES = Path(config.__file__).parent / "asterisk"
FIRST_OPERATOR = 8001
MOST_OPERATORS = 99
STALE_S = 3  # the program's heartbeat comes each second
CONNECT_S = 3  # for the media WebSocket to be answered
GRACE_S = 120  # beyond the longest call, for what the program says last
RECORD_S, RECORD_SILENCE_S = 120, 8
RELAY_RING_S, RELAY_S = 45, 1800  # a resident rings so long, and both talk so long
RECORDED_S = 3 * 3600  # no call, and so no recording, is longer
WEBSOCKET_MODULES = ("chan_websocket.so", "res_http_websocket.so", "res_websocket_client.so")
_PLACE = re.compile(r"@([A-Z_]+)@")
_SAFE_PATH = re.compile(r"/[\w./+-]*")
_ADDRESS = re.compile(r"[0-9A-Za-z.:-]+")


class WriteFault(Exception):
    """The files can't be written so; the message says what to change, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the files say. They are written to `folder`; Asterisk sees them at `seen_at`."""

    folder: Path
    phone: Phone
    seen_at: Path
    missed: Path
    recordings: Path
    operators: tuple[str, ...] = ("8001", "8002")
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    media_address: str = "127.0.0.1:4571"
    more: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> Path:
        """The folder of passwords, one a file."""
        return self.folder / "secrets"


def plan(
    folder: Path,
    phone: Phone,
    *,
    seen_at: Path | None = None,
    missed: Path | None = None,
    recordings: Path | None = None,
    operators: int = 2,
    more: Mapping[str, str] | None = None,
) -> Plan:
    """A plan with random secrets; those drawn before are found again. Raises WriteFault."""
    folder = folder.resolve()
    with private_files():
        (folder / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
        if not phone.number:
            raise WriteFault("没有热线号码，请在 county.toml 里写 hotline")
        if not 1 <= operators <= MOST_OPERATORS:
            raise WriteFault(f"话务员电话要有 1 到 {MOST_OPERATORS} 部")
        users = tuple(str(FIRST_OPERATOR + number) for number in range(operators))
        passwords = {user: keep_secret(folder / "secrets" / user) for user in users}
    made = Plan(
        folder=folder,
        phone=phone,
        seen_at=seen_at or folder,
        missed=missed or phone.missed or (seen_at or folder) / "missed",
        recordings=recordings or phone.recordings or (seen_at or folder) / "recordings",
        operators=users,
        passwords=passwords,
        media_address=f"{phone.media_host}:{phone.media_port}",
        more=more or {},
    )
    for path in (made.seen_at, made.missed, made.recordings):
        if not _SAFE_PATH.fullmatch(str(path)):
            raise WriteFault(f"路径 {path} 里有空格或符号，Asterisk 读不了，请换一个文件夹")
    if not _ADDRESS.fullmatch(made.media_address):
        raise WriteFault(f"media_host 写得不对：{made.media_address}")
    return made


def drawn(folder: Path, exchange: Mapping[str, Any] | None = None, **given: Any) -> Phone:
    """Settings of the line with secrets of their own, which later calls find again."""
    with private_files():
        (folder / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = keep_secret(folder / "secrets" / "manager")
        token = keep_secret(folder / "secrets" / "media")
    whole = {"exchange": {**(exchange or {}), "secret": secret}, "media_token": token, **given}
    return Phone.model_validate(whole)


def write(made: Plan, *, modules: frozenset[str] | None = None) -> None:
    """The hotline's own files; `modules` are those there are, where that is known."""
    values = _values(made)
    with private_files():
        made.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in (made.missed, made.recordings):
            if each.is_relative_to(made.folder):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
        for template in sorted(TEMPLATES.glob("hotline_*.conf")):
            if template.name == "hotline_pjsip_operator.conf":
                continue
            text = fill(template, values)
            if template.name == "hotline_modules.conf" and modules is not None:
                text = only_there(text, modules)
            save(made.folder / template.name, text)


def write_guide(made: Plan) -> None:
    """For whoever installs them on an exchange: what to do, and our program's settings."""
    phone = made.phone
    settings = [
        "[phone]",
        f'media = "{phone.media}"',
        f'media_host = "{phone.media_host}"',
        f"media_port = {phone.media_port}",
        *(['media_token_file = "secrets/media"'] if phone.media == "websocket" else []),
        f'missed = "{made.missed}"',
        f'recordings = "{made.recordings}"',
        "",
        "[phone.exchange]",
        f'host = "{phone.exchange.host}"',
        f"port = {phone.exchange.port}",
        f'user = "{phone.exchange.user}"',
        'secret_file = "secrets/manager"',
        "",
    ]
    with private_files():
        save(made.folder / "hotline-phone.toml", "\n".join(settings))
        guide = fill(TEMPLATES / "README.zh-CN.md", _values(made))
        save(made.folder / "安装说明.md", guide)


def fill(template: Path, values: Mapping[str, str]) -> str:
    """A template with its places filled; KeyError names one that nobody fills."""
    text = template.read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: values[found[1]], text)


def save(path: Path, text: str) -> None:
    """Whole or not at all, for the owner only."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(path)


def only_there(text: str, modules: frozenset[str]) -> str:
    """`load` lines of modules that this Asterisk has; an older one lacks some."""
    lines = text.splitlines(keepends=True)
    return "".join(
        line
        for line in lines
        if not line.startswith("load = ") or line.removeprefix("load = ").strip() in modules
    )


def keep_secret(path: Path) -> str:
    """A secret drawn once and kept in a file for its owner only."""
    try:
        found = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        found = ""
    if not found:
        found = secrets.token_hex(16)
        save(path, f"{found}\n")
    return found


@contextmanager
def private_files() -> Iterator[None]:
    """What is made inside is the owner's alone, whatever the user's umask."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _values(made: Plan) -> dict[str, str]:
    phone = made.phone
    token = phone.media_token.get_secret_value()
    websocket = phone.media == "websocket"
    loads = [f"load = {name}" for name in WEBSOCKET_MODULES] if websocket else []
    return {
        "NUMBER": phone.number,
        "MISSED": str(made.missed),
        "RECORDINGS": str(made.recordings),
        "RECORDINGS_DAYS": str(phone.recordings_days),
        "RECORDED_S": str(RECORDED_S),
        "SEEN_AT": str(made.seen_at),
        "SOUNDS": str(made.seen_at / "sounds"),
        "SECRETS": str(made.secrets),
        "STALE_S": str(STALE_S),
        "LONGEST_S": str(int(phone.call_minutes * 60) + GRACE_S),
        "RELAY_DIAL": phone.dial.format(number="${HOTLINE_RELAY}"),
        "RELAY_RING_S": str(RELAY_RING_S),
        "RELAY_S": str(RELAY_S),
        "RELAYED_S": str(RELAY_RING_S + RELAY_S + GRACE_S),
        "RECORD_S": str(RECORD_S),
        "RECORD_SILENCE_S": str(RECORD_SILENCE_S),
        "CALLBACK_CONTEXT": phone.callback_context,
        "OPERATORS_CONTEXT": phone.operators_context,
        "QUEUE": phone.queue,
        "QUEUE_S": str(phone.queue_s),
        "MEDIA": _media(phone.media, made.media_address),
        "MEDIA_ADDRESS": made.media_address,
        "MEDIA_TOKEN": token,
        "WEBSOCKET_MODULES": "\n".join(loads),
        "MANAGER_USER": phone.exchange.user,
        "MANAGER_SECRET": phone.exchange.secret.get_secret_value(),
        "MANAGER_PERMIT": "127.0.0.1/255.255.255.255",
        "MEMBERS": "\n".join(
            f"member => PJSIP/{user},0,{operator_name(user)},PJSIP/{user}"
            for user in made.operators
        ),
        "OPERATORS": "".join(_operator(made, user) for user in made.operators),
        **made.more,
    }


def operator_name(user: str) -> str:
    """As the operator is shown in the queue and on telephones."""
    return f"话务员{user}"


def _operator(made: Plan, user: str) -> str:
    values = {
        "USER": user,
        "NAME": operator_name(user),
        "PASSWORD": made.passwords[user],
        "BOUND": made.more.get("BOUND", ""),
    }
    return fill(TEMPLATES / "hotline_pjsip_operator.conf", values)


def _media(kind: str, address: str) -> str:
    """The dialplan's line that gives the call to the program."""
    if kind == "websocket":
        # By a channel of its own: a handshake that nobody answers blocks whoever dials.
        return f" same => n,Dial(Local/${{HOTLINE_ID}}@hotline-media,{CONNECT_S},g)"
    # TryExec: by itself AudioSocket hangs the caller up where the program is down or breaks off.
    return f" same => n,TryExec(AudioSocket(${{HOTLINE_ID}},{address}))"
