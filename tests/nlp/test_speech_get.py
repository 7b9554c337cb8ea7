"""An official model comes whole or not at all: broken connections, wrong files, full disks."""

import errno
import hashlib
import io
import shutil
import socket
import ssl
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from nlp.speech import model_get, model_store
from nlp.speech.model_get import FetchFailed, Order
from nlp.speech.model_store import Published
from tests.nlp.recognisers import FST

Make = Callable[[zipfile.ZipFile], object]
FILES = {
    "am/final.mdl": bytes(range(256)) * 2000,
    "conf/mfcc.conf": b"--allow-upsample=true\n",
    "graph/HCLr.fst": FST,
    "graph/Gr.fst": FST,
}


def packed(also: Make = lambda archive: None, top: str = "vosk-model-small-cn-0.22") -> bytes:
    """A model as it is published: one folder in a zip."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in FILES.items():
            archive.writestr(f"{top}/{name}", content)
        also(archive)
    return written.getvalue()


def published(content: bytes, most: int = 10_000_000) -> Published:
    return Published(
        key="cn",
        name="vosk-model-small-cn-0.22",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        most_unpacked_bytes=most,
    )


class Site:
    """A server of files on loopback that can be broken in several ways."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.breaks_at: list[int] = []  # bytes after which a connection is cut, one each
        self.fails: list[int] = []  # statuses, one each
        self.ignores_range = False
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/model.zip"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range", "")
                site.asked.append(asked)
                if site.fails:
                    self.send_error(site.fails.pop(0))
                    return
                begin = 0 if site.ignores_range else int(asked[6:-1] or 0) if asked else 0
                body = site.content[begin:]
                if begin and not body:
                    self.send_error(416)
                    return
                self.send_response(206 if begin else 200)
                self.send_header("Content-Length", str(len(body)))
                if begin:
                    end = len(site.content)
                    self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{end}")
                self.end_headers()
                most = site.breaks_at.pop(0) if site.breaks_at else len(body)
                self.wfile.write(body[:most])

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(packed())
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def fetch(state: Path, model: Published, source: str) -> Path:
    order = Order(model=model, state=state, source=source, wait_s=0)
    return model_get.get(order, lambda done, total: None)


def left_in(state: Path) -> list[str]:
    return sorted(path.name for path in (state / "models").iterdir())


def test_a_model_is_fetched_checked_and_put_in_place(tmp_path: Path, site: Site) -> None:
    seen: list[tuple[int, int]] = []
    order = Order(model=published(site.content), state=tmp_path, source=site.url, wait_s=0)
    folder = model_get.get(order, lambda done, total: seen.append((done, total)))
    assert folder == tmp_path / "models" / "cn"
    assert model_store.inspect(folder).takes_hints
    assert (folder / "am/final.mdl").read_bytes() == FILES["am/final.mdl"]
    assert seen[-1] == (len(site.content), len(site.content))
    assert left_in(tmp_path) == ["cn"]


def test_a_broken_connection_goes_on_where_it_broke(tmp_path: Path, site: Site) -> None:
    site.breaks_at = [100_000, 250_000]
    fetch(tmp_path, published(site.content), site.url)
    assert site.asked == ["", "bytes=100000-", "bytes=350000-"]


def test_a_later_run_goes_on_where_the_last_one_stopped(tmp_path: Path, site: Site) -> None:
    site.breaks_at = [100_000, 0, 0, 0, 0, 0]
    with pytest.raises(FetchFailed, match="再运行一次会接着下载"):
        fetch(tmp_path, published(site.content), site.url)
    site.breaks_at = []
    fetch(tmp_path, published(site.content), site.url)
    assert site.asked[-1] == "bytes=100000-"


def test_a_server_that_cannot_go_on_begins_anew(tmp_path: Path, site: Site) -> None:
    site.breaks_at, site.ignores_range = [100_000], True
    fetch(tmp_path, published(site.content), site.url)
    assert left_in(tmp_path) == ["cn"]


def test_a_busy_server_is_asked_again(tmp_path: Path, site: Site) -> None:
    site.fails = [503, 429, 500]
    fetch(tmp_path, published(site.content), site.url)
    assert len(site.asked) == 4


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_that_is_not_there_says_how_to_bring_it(
    tmp_path: Path, site: Site, status: int
) -> None:
    site.fails = [status]
    with pytest.raises(FetchFailed, match=f"{status}.*--from"):
        fetch(tmp_path, published(site.content), site.url)
    assert len(site.asked) == 1


def test_a_closed_network_says_how_to_bring_the_file(tmp_path: Path, site: Site) -> None:
    nobody = "http://127.0.0.1:1/model.zip"
    with pytest.raises(FetchFailed) as failure:
        fetch(tmp_path, published(site.content), nobody)
    assert "hotline model get cn --from" in str(failure.value)
    assert "https://alphacephei.com/vosk/models/vosk-model-small-cn-0.22.zip" in str(failure.value)


def test_a_file_of_another_size_is_not_even_fetched(tmp_path: Path, site: Site) -> None:
    model = published(site.content)
    site.content += b"more"
    with pytest.raises(FetchFailed, match="这不是要的那个模型"):
        fetch(tmp_path, model, site.url)
    assert left_in(tmp_path) == []


def test_a_file_with_another_hash_is_refused_and_fetched_anew(tmp_path: Path, site: Site) -> None:
    right = site.content
    site.content = right[:-1] + b"\1"
    with pytest.raises(FetchFailed, match=r"SHA-256.*没有使用"):
        fetch(tmp_path, published(right), site.url)
    assert left_in(tmp_path) == []
    site.content = right
    fetch(tmp_path, published(right), site.url)
    assert site.asked == ["", ""]


def test_a_file_brought_by_hand_is_checked_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "brought.zip"
    file.write_bytes(packed())
    folder = fetch(tmp_path, published(packed()), str(file))
    assert model_store.inspect(folder)
    assert file.exists()
    file.write_bytes(packed()[:1000])
    with pytest.raises(FetchFailed, match="是 1000 字节"):
        fetch(tmp_path, published(packed()), str(file))
    with pytest.raises(FetchFailed, match="--from"):
        fetch(tmp_path, published(packed()), str(tmp_path / "nowhere.zip"))
    assert model_store.inspect(folder)  # the one in place stays


def test_a_newer_model_takes_the_place_of_the_older(tmp_path: Path) -> None:
    file = tmp_path / "brought.zip"
    file.write_bytes(packed())
    folder = fetch(tmp_path, published(packed()), str(file))
    (folder / "older").write_text("")
    fetch(tmp_path, published(packed()), str(file))
    assert not (folder / "older").exists()
    assert left_in(tmp_path) == ["cn"]


def link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("vosk/ivector")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def crowd(archive: zipfile.ZipFile) -> None:
    for number in range(1001):
        archive.writestr(f"vosk/{number}", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed(lambda a: a.writestr("../../evil", b"x")), "不该有的路径"),
        (packed(lambda a: a.writestr("vosk/../../evil", b"x")), "不该有的路径"),
        (packed(lambda a: a.writestr("/tmp/evil", b"x")), "不该有的路径"),
        (packed(lambda a: a.writestr("C:\\evil", b"x")), "不该有的路径"),
        (packed(lambda a: a.writestr("vosk\\..\\..\\evil", b"x")), "不该有的路径"),
        (packed(link), "不该有的路径"),
        (packed(crowd), "太多"),
        (
            packed(lambda a: a.writestr("vosk/zeros", bytes(20_000_000), zipfile.ZIP_DEFLATED)),
            "太大",
        ),
        (packed()[:300_000], "已损坏"),
        (packed().replace(bytes(range(200)), bytes(200), 1), "已损坏"),
        (b"<html>404</html>", "已损坏"),
        (b"", "已损坏"),
    ],
)
def test_a_damaged_or_hostile_zip_is_refused_and_leaves_nothing(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "brought.zip"
    file.write_bytes(content)
    with pytest.raises(FetchFailed, match=said):
        fetch(tmp_path / "state", published(content), str(file))
    assert left_in(tmp_path / "state") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brought.zip", "state"]


def test_a_zip_without_a_whole_model_is_refused(tmp_path: Path) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("vosk/am/final.mdl", b"mdl")
    file = tmp_path / "brought.zip"
    file.write_bytes(written.getvalue())
    with pytest.raises(FetchFailed, match="不是完整的语音模型"):
        fetch(tmp_path, published(written.getvalue()), str(file))


def test_a_disk_too_small_is_told_before_anything_is_fetched(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(FetchFailed, match=r"磁盘空间不够.*还剩 0 MB"):
        fetch(tmp_path, published(site.content), site.url)
    assert site.asked == []


def test_a_disk_that_fills_up_is_told_and_what_came_is_kept(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = model_get._pour

    def full(source: Any, file: Any, most: int, came: Any) -> None:
        whole(source, file, 100_000, came)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model_get, "_pour", full)
    with pytest.raises(FetchFailed, match=r"磁盘写满了.*接着下载"):
        fetch(tmp_path, published(site.content), site.url)
    monkeypatch.setattr(model_get, "_pour", whole)
    fetch(tmp_path, published(site.content), site.url)
    assert site.asked == ["", "bytes=100000-"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file stands in the way")
    with pytest.raises(FetchFailed, match="请检查权限和磁盘"):
        fetch(tmp_path, published(packed()), "whatever.zip")


def test_the_published_models_have_address_size_and_hash() -> None:
    for key, model in model_store.PUBLISHED.items():
        assert key == model.key
        assert model.url.startswith("https://alphacephei.com/vosk/models/vosk-model-")
        assert len(bytes.fromhex(model.sha256)) == 32
        assert model.size_bytes < model.most_unpacked_bytes


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (URLError(socket.gaierror(-2, "Name or service not known")), "没有连上网"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "没有接受连接"),
        (TimeoutError("timed out"), "对方没有回答"),
        (URLError(ssl.SSLCertVerificationError("self-signed")), "证书不对"),
        (ConnectionResetError("reset by peer"), "reset by peer"),
    ],
)
def test_what_keeps_a_download_back_is_told_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: OSError, told: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(model_get.urllib.request, "urlopen", fails)
    order = Order(model=published(b"x"), state=tmp_path, wait_s=0.0)
    with pytest.raises(FetchFailed, match=told):
        model_get.get(order, lambda done, total: None)
