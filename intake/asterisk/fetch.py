"""Fetches an Asterisk beside the host's packages: by apt's own signatures, into a cache folder.

apt resolves the packages against an empty list of installed ones and only downloads; nothing of
the host changes and root is not needed. The mirror and the keys are those of this machine.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from intake.asterisk import program
from intake.asterisk.program import Program, ProgramFault

SUITES = ("forky", "sid")  # of Debian: the first that has an Asterisk
PACKAGES = ("asterisk", "asterisk-modules")
WANTED = ("asterisk", "lib", "zlib1g")  # beginnings of the packages that are unpacked
LEFT = ("libperl", "libpam", "asterisk-core-sounds")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
APT_S = 900.0
UNPACK_S = 120.0

Progress = Callable[[str, float], None]  # what is being done, and how much of it from 0 to 1


class FetchFailed(Exception):
    """No Asterisk could be had; the message says why and what to type, in Chinese."""


def get(folder: Path, progress: Progress) -> Program:
    """The Asterisk in `folder`, fetched if need be. Raises FetchFailed.

    Two that fetch at once wait for each other; a fetch that was broken off leaves nothing that a
    later one would believe.
    """
    found = program.fetched(folder)
    if found is not None:
        return found
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        found = program.fetched(folder)
        if found is not None:
            return found
        for tool in ("apt-get", "dpkg-deb", "dpkg", "tar"):
            if shutil.which(tool) is None:
                raise FetchFailed(_BY_HAND.format(reason=f"这台机器没有 {tool}"))
        problems = []
        for suite in SUITES:
            try:
                return _fetch(folder, suite, progress)
            except (FetchFailed, ProgramFault) as failure:
                problems.append(f"{suite}：{failure}")
        raise FetchFailed(_BY_HAND.format(reason="；".join(problems)))


def get_or_installed(folder: Path, progress: Progress) -> Program:
    """As `get`; where nothing can be fetched, the system's own does. Raises FetchFailed."""
    try:
        return get(folder, progress)
    except FetchFailed:
        found = program.installed()
        if found is None:
            raise
        return found


def _fetch(folder: Path, suite: str, progress: Progress) -> Program:
    apt = Path(tempfile.mkdtemp(prefix="apt-", dir=folder))
    root = Path(tempfile.mkdtemp(prefix="root-", dir=folder))
    try:
        options = _apt_options(apt, folder / "debs", suite)
        progress("读软件目录", 0.0)
        _run_apt([*options, "update"], "读软件目录", progress)
        _run_apt([*options, "--yes", "--download-only", "install", *PACKAGES], "下载", progress)
        debs = sorted((folder / "debs" / "archives").glob("*.deb"))
        wanted = [each for each in debs if _is_wanted(each.name)]
        _lay_folders(root)
        for number, deb in enumerate(wanted):
            progress("解开", number / len(wanted))
            _unpack(deb, root)
        _prepared(root)
        shutil.rmtree(folder / "root", ignore_errors=True)
        root.rename(folder / "root")
        moved = _prepared(folder / "root")
        program.keep(moved, folder)
        progress("解开", 1.0)
        return moved
    finally:
        shutil.rmtree(apt, ignore_errors=True)
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(folder / "debs", ignore_errors=True)


def _apt_options(apt: Path, cache: Path, suite: str) -> list[str]:
    for part in ("lists/partial", "etc/apt.conf.d", "etc/preferences.d", "etc/trusted.gpg.d"):
        (apt / part).mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    architecture = program.output(["dpkg", "--print-architecture"])
    source = f"deb [signed-by={KEYRING} arch={architecture}] {_mirror()} {suite} main\n"
    (apt / "etc" / "sources.list").write_text(source, encoding="utf-8")
    for name in ("status", "extended_states"):
        (apt / name).touch()
    settings = {
        "Dir::Etc": apt / "etc",
        "Dir::Etc::SourceList": apt / "etc" / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": apt,
        "Dir::State::Lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::State::extended_states": apt / "extended_states",
        "Dir::Cache": cache,
        "Dir::Cache::archives": cache / "archives",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        # A mirror's snapshot may be past its date; the signatures are checked all the same.
        "Acquire::Check-Valid-Until": "false",
        "Debug::NoLocking": "true",
    }
    return ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in settings.items())]


def _mirror() -> str:
    """Debian's mirror of this machine, from its own apt configuration."""
    if not KEYRING.exists():
        raise FetchFailed(f"没有 {KEYRING}（软件包 debian-archive-keyring）")
    wanted = "$(REPO_URI) $(ORIGIN) $(LABEL)"
    listed = program.output(["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"])
    for line in listed.splitlines():
        address, _, whose = line.partition(" ")
        unsaid = "$(" in whose or not whose.strip()  # before the first apt-get update
        if whose == "Debian Debian" or (unsaid and address.endswith("/debian/")):
            return address
    raise FetchFailed("这台机器的软件源不是 Debian 的，或还没有运行过 apt-get update")


def _run_apt(command: Sequence[str], step: str, progress: Progress) -> None:
    """Run apt; how far it has come is read from its status lines."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as said, os.fdopen(reading, encoding="utf-8") as status:
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        child = subprocess.Popen(
            [*command, f"-oAPT::Status-Fd={writing}"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=(writing,),
            env=environment,
        )
        os.close(writing)
        try:
            for line in status:
                parts = line.split(":")
                if parts[0] == "dlstatus" and len(parts) > 2:
                    progress(step, _share(parts[2]))
            code = child.wait(APT_S)
        except BaseException:
            child.kill()
            child.wait()
            raise
        said.seek(0)
        words = said.read(64 * 1024).decode("utf-8", errors="replace").strip()
    if code != 0:
        last = words.splitlines()[-1] if words else f"代码 {code}"
        raise FetchFailed(f"apt 没有成功（{last}）")


def _share(percent: str) -> float:
    try:
        return min(1.0, max(0.0, float(percent) / 100))
    except ValueError:
        return 0.0


def _is_wanted(name: str) -> bool:
    return name.startswith(WANTED) and not name.startswith(LEFT)


def _lay_folders(root: Path) -> None:
    """/bin and /lib are links into /usr, as on a system, so that no package makes a second one."""
    for part in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / part).mkdir(parents=True)
        (root / part).symlink_to(Path("usr") / part)


def _unpack(deb: Path, root: Path) -> None:
    left = [f"--exclude=./usr/share/{each}" for each in ("doc", "man", "locale", "info")]
    options = ["--keep-directory-symlink", "--no-same-owner", "--no-same-permissions"]
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE
    ) as reading:
        unpacking = subprocess.run(
            ["tar", "-x", "-C", str(root), *options, *left],
            stdin=reading.stdout,
            stderr=subprocess.PIPE,
            timeout=UNPACK_S,
            check=False,
        )
    if unpacking.returncode != 0 or reading.returncode != 0:
        raise FetchFailed(f"解不开 {deb.name}，磁盘满了吗？")


def _prepared(root: Path) -> Program:
    """Run by its own loader, never by LD_LIBRARY_PATH: children would get that too."""
    library = next((root / "usr" / "lib").glob("*/libc.so.6"), None)
    if library is None:
        raise FetchFailed("解开的文件里没有 C 库")
    library = library.parent
    loader = next(iter([*library.glob("ld-linux*.so.*"), *library.glob("ld-2*.so")]), None)
    modules = library / "asterisk" / "modules"
    if loader is None or not modules.is_dir():
        raise FetchFailed("解开的文件不全")
    command = (
        str(loader),
        "--library-path",
        f"{library}:{root / 'usr' / 'lib'}",
        str(root / "usr" / "sbin" / "asterisk"),
    )
    found = program.at(command, modules, root / "usr" / "share" / "asterisk")
    if found is None:
        raise FetchFailed("解开的 Asterisk 在这台机器上运行不了")
    return found


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_BY_HAND = """取不到 Asterisk：{reason}。
可以自己安装系统的 Asterisk（版本 20 或 22），再运行同一条命令，例如：
    sudo apt-get update && sudo apt-get install -y asterisk"""
