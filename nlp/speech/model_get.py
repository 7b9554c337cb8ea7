"""Fetches an official model: goes on where it broke off, checks, unpacks, puts it in place."""

import errno
import hashlib
import os
import shutil
import socket
import ssl
import stat
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from nlp.speech import model_store
from nlp.speech.model_store import ModelMissing, Published

MOST_TRIES = 4  # in a row that bring nothing new
CONNECT_WITHIN_S = 30.0
CHUNK_BYTES = 256 * 1024
MOST_FILES = 1000
UNPACKED_SHARE = 2.0  # how much larger than its packed file a model is

Progress = Callable[[int, int], None]  # bytes so far, bytes in all


class FetchFailed(Exception):
    """The model could not be fetched or is not what it should be; Chinese, says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which model, from where, to where."""

    model: Published
    state: Path
    source: str = ""  # a file or an address; the official address where empty
    wait_s: float = 1.0  # before the second try, then longer


def get(order: Order, progress: Progress) -> Path:
    """The folder with the model, fetched, checked and unpacked. Raises FetchFailed."""
    folder = order.state / model_store.MODELS
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _room(folder, round(order.model.size_bytes * (1 + UNPACKED_SHARE)))
        packed, ours = _packed(order, folder, progress)
        try:
            _check(packed, order.model)
            new = _unpack(packed, order.model, folder)
        except FetchFailed:
            if ours:
                packed.unlink(missing_ok=True)  # what is damaged is not gone on with
            raise
        _put(new, model_store.target(order.state, order.model.key))
        if ours:
            packed.unlink(missing_ok=True)
    except OSError as error:
        raise _disk(error, folder) from error
    return model_store.target(order.state, order.model.key)


def _packed(order: Order, folder: Path, progress: Progress) -> tuple[Path, bool]:
    """The packed file, and whether it is ours to delete."""
    source = order.source or order.model.url
    if source.startswith(("https://", "http://")):
        part = folder / f"{order.model.name}.zip.part"
        _download(source, part, order, progress)
        return part, True
    path = Path(source).expanduser()
    if not path.is_file():
        raise FetchFailed(f"找不到文件 {path}。请检查 --from 后面写的路径。")
    return path, False


def _download(url: str, part: Path, order: Order, progress: Progress) -> None:
    """Bring `part` to its full size; as often as needed while something new comes each time."""
    tries = 0
    size = part.stat().st_size if part.exists() else 0
    while size < order.model.size_bytes:
        problem = ""
        try:
            _go_on(url, part, order.model, progress)
        except urllib.error.HTTPError as error:
            problem = f"对方回答 {error.code}"
            if error.code < 500 and error.code not in (408, 416, 429):
                raise _unreachable(url, order, problem) from error
            if error.code == 416:  # what we have is longer than what they have
                part.unlink(missing_ok=True)
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
            problem = _why(error)
        now = part.stat().st_size if part.exists() else 0
        tries = 0 if now > size else tries + 1
        size = now
        if tries >= MOST_TRIES:
            raise _unreachable(url, order, problem or "连接断开，没有收到数据")
        if size < order.model.size_bytes:
            time.sleep(min(30.0, order.wait_s * 2**tries))


def _go_on(url: str, part: Path, model: Published, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "nanhe-hotline"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=CONNECT_WITHIN_S) as answer:
        begins = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        goes_on = answer.status == 206 and begins
        have = have if goes_on else 0
        length = answer.headers.get("Content-Length", "")
        if length.isdecimal() and have + int(length) != model.size_bytes:
            raise FetchFailed(
                f"{url} 上的文件是 {have + int(length)} 字节，官方的 {model.name} 应是 "
                f"{model.size_bytes} 字节。这不是要的那个模型，没有下载。"
            )
        with part.open("ab" if goes_on else "wb") as file:
            _pour(
                answer,
                file,
                model.size_bytes - have,
                lambda n: progress(have + n, model.size_bytes),
            )


def _pour(source: BinaryIO, file: BinaryIO, most: int, came: Callable[[int], None]) -> None:
    done = 0
    while chunk := source.read(min(CHUNK_BYTES, most - done)):
        file.write(chunk)
        done += len(chunk)
        came(done)


def _check(packed: Path, model: Published) -> None:
    size = packed.stat().st_size
    if size != model.size_bytes:
        raise FetchFailed(
            f"{packed.name} 是 {size} 字节，{model.name} 应是 {model.size_bytes} 字节。"
            f"文件不完整，或不是这个模型；请重新下载 {model.url}。"
        )
    with packed.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model.sha256:
        raise FetchFailed(
            f"{packed.name} 的 SHA-256 是 {found}，应是 {model.sha256}。"
            f"文件被改动或损坏，没有使用；请重新下载 {model.url}。"
        )


def _unpack(packed: Path, model: Published, folder: Path) -> Path:
    """A new folder beside the models' own places, with a model that is whole."""
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        with zipfile.ZipFile(packed) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES:
                raise FetchFailed(f"压缩包里有 {len(entries)} 个文件，太多，没有解开。")
            left = model.most_unpacked_bytes
            for entry in entries:
                left = _unpack_one(archive, entry, new, left)
        model_store.inspect(new)
    except BaseException as error:
        shutil.rmtree(new, ignore_errors=True)
        if isinstance(error, zipfile.BadZipFile | EOFError | NotImplementedError | RuntimeError):
            raise FetchFailed(
                f"压缩包已损坏，解不开（{error}）。请重新下载 {model.url}。"
            ) from error
        if isinstance(error, ModelMissing):
            raise FetchFailed(f"压缩包里不是完整的语音模型：{error}") from error
        raise
    return new


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, new: Path, left: int) -> int:
    """Unpack one file below its top folder; gives how many bytes are allowed after it."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    odd = any(part in ("..", "/") or ":" in part for part in parts)
    if odd or stat.S_ISLNK(entry.external_attr >> 16):
        raise FetchFailed(f"压缩包里有不该有的路径 {entry.filename!r}，没有解开。")
    path = new.joinpath(*parts[1:]) if len(parts) > 1 else new / parts[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, path.open("xb") as file:
        while chunk := source.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise FetchFailed("压缩包解开后太大，不是官方模型，没有使用。")
            file.write(chunk)
    return left


def _put(new: Path, target: Path) -> None:
    """In one step; what was there before is removed after."""
    old = target.with_name(f".old-{target.name}")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        os.rename(target, old)
    os.rename(new, target)
    shutil.rmtree(old, ignore_errors=True)


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise FetchFailed(
            f"磁盘空间不够：{folder} 所在的磁盘还剩 {free // 2**20} MB，需要 {needed // 2**20} MB。"
            "请腾出空间，或把 state 设到别的磁盘。"
        )


def _disk(error: OSError, folder: Path) -> FetchFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FetchFailed(f"磁盘写满了，停在半路。请给 {folder} 腾出空间再运行一次，会接着下载。")
    return FetchFailed(f"读写 {folder} 时出错：{error}。请检查权限和磁盘。")


def _why(error: Exception) -> str:
    """In plain words, where it is one of what usually goes wrong."""
    cause = getattr(error, "reason", error)
    match cause:
        case socket.gaierror():
            return "这台机器没有连上网，或者找不到这个网站"
        case ConnectionRefusedError():
            return "对方没有接受连接"
        case TimeoutError():
            return "等了很久，对方没有回答"
        case ssl.SSLError():
            return "对方的证书不对，或者中间有代理换了证书"
    return str(cause) or type(cause).__name__


def _unreachable(url: str, order: Order, problem: str) -> FetchFailed:
    return FetchFailed(
        f"下载不了 {url}（{problem}）。再运行一次会接着下载。这台机器不能上网时："
        f"在能上网的机器上下载 {order.model.url}，拷过来，运行 "
        f"hotline model get {order.model.key} --from 文件路径。也可以用 --from 写内网的下载地址。"
    )
