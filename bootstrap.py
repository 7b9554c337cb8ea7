"""Sets the project up on a fresh machine and runs it: `python3 bootstrap.py run | phone | test`.

Only the standard library, and nothing newer than Python 3.6 in its own words, so that an old
Python can at least say what is missing. What it shows is Chinese, as all that the program shows.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".set-up")
TICK_S = 10
TYPED = ("config", "nlp", "channels", "routing", "intake", "nanhe_hotline.py", "tests/bench")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NETWORK = "如果上面说的是连不上网，接通以后再运行一次，会接着装。"


def main():
    """Do what the command line asks for."""
    speak_chinese()
    if sys.version_info < (3, 11):
        fail(
            "需要 Python 3.11 或更新的版本，这里是 %s。"
            "装好新的以后用它来运行，例如：python3.12 bootstrap.py run" % sys.version.split()[0]
        )
    wanted = sys.argv[1] if len(sys.argv) > 1 else "run"
    tasks = {"run": run, "phone": phone, "test": test, "setup": set_up, "lint": lint}
    if wanted not in tasks:
        fail("用法：python3 bootstrap.py run | phone | test | setup | lint")
    os.chdir(ROOT)
    try:
        tasks[wanted]()
    except KeyboardInterrupt:
        fail("停下了。再运行一次，会接着做。")


def speak_chinese():
    """Where the terminal's encoding has no Chinese, as LANG=C, send UTF-8; and never fail at a
    character.
    """
    for stream in (sys.stdout, sys.stderr):
        if not hasattr(stream, "reconfigure"):  # older than Python 3.7
            continue
        try:
            "中".encode(stream.encoding)
            stream.reconfigure(errors="backslashreplace")
        except UnicodeEncodeError:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def run():
    """Set up, then start the program with trial settings."""
    set_up()
    hotline = os.path.join(VENV, "bin", "hotline")
    os.execv(hotline, [hotline, "run", "--trial"] + sys.argv[2:])


def phone():
    """Set up, then start the program and a telephone exchange beside it."""
    set_up()
    hotline = os.path.join(VENV, "bin", "hotline")
    os.execv(hotline, [hotline, "asterisk", "run", "--trial"] + sys.argv[2:])


def test():
    """Set up, then check style, types, imports and behaviour."""
    set_up()
    need_chromium()
    need_asterisk()
    lint()
    step("测试", [PYTHON, "-m", "pytest", "-n", "3", "--dist", "loadfile"] + sys.argv[2:])
    say("全部通过")


def lint():
    """Style, types and the direction of imports."""
    set_up()
    tool = os.path.join(VENV, "bin", "")
    step("检查写法", [tool + "ruff", "check", "."])
    step("检查排版", [tool + "ruff", "format", "--check", "."])
    step("检查类型", [PYTHON, "-m", "mypy", *TYPED])
    step("检查导入的方向", [tool + "lint-imports"])


def set_up():
    """An environment of our own with the locked packages; done once for each lock file."""
    mark = fingerprint()
    if is_done(mark):
        return
    if not is_usable():
        say("建一个单独的运行环境 .venv")
        make_environment()
    install(
        "安装要用的软件包（第一次要几分钟）",
        ["--require-hashes", "-r", "requirements.lock"],
    )
    install("安装热线程序", ["--no-deps", "--no-build-isolation", "-e", "."])
    with open(STAMP, "w") as file:
        file.write(mark)


def is_done(mark):
    """Is the environment that of this lock file?"""
    if not os.path.exists(STAMP):
        return False
    with open(STAMP) as file:
        return file.read() == mark


def is_usable():
    """Is there an environment that packages can be installed into? A set-up may have broken off."""
    if not os.path.exists(PYTHON):
        return False
    if find_uv():
        return True
    ask = [PYTHON, "-m", "pip", "--version"]
    if subprocess.call(ask, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return True
    say("运行环境 .venv 不完整，重新建")
    shutil.rmtree(VENV)
    return False


def find_uv():
    """Where uv is, if it is anywhere."""
    own = os.path.join(VENV, "bin", "uv")
    return shutil.which("uv") or (own if os.path.exists(own) else None)


def make_environment():
    """By venv; where Debian ships Python without it, install it or say the line that does."""
    if subprocess.call([sys.executable, "-m", "venv", VENV], stderr=subprocess.DEVNULL) == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.call([sys.executable, "-m", "virtualenv", VENV], stderr=subprocess.DEVNULL) == 0:
        return
    line = "apt-get install -y python3-venv"
    if may_install():
        say("这个 Python 没有 venv，现在安装：" + line)
        subprocess.call(["apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        if subprocess.call(line.split()) == 0:
            if subprocess.call([sys.executable, "-m", "venv", VENV]) == 0:
                return
    fail("这个 Python 建不了运行环境。请先运行下面这一行，再来一次：\n    sudo " + line)


def install(name, arguments):
    """By uv where it is there, else by pip."""
    uv = find_uv()
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", PYTHON] + arguments
    else:
        command = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        command += arguments
    step_with_clock(name, command, NETWORK)


def need_chromium():
    """The browser tests drive a real browser; without one they would have to be skipped, so we
    stop.
    """
    if any(shutil.which(name) for name in CHROMIUM):
        return
    line = "apt-get install -y chromium fonts-noto-cjk"
    if may_install():
        say("测试要用浏览器，现在安装：" + line)
        subprocess.call(["apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        if subprocess.call(line.split(), stdout=subprocess.DEVNULL) == 0:
            return
    fail("测试要用浏览器。请先运行下面这一行，再来一次：\n    sudo " + line)


def need_asterisk():
    """The telephone tests ring a real Asterisk; it is fetched once, beside the host's packages."""
    if not os.path.exists("/usr/share/keyrings/debian-archive-keyring.gpg") and may_install():
        subprocess.call(["apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        line = "apt-get install -y debian-archive-keyring"
        subprocess.call(line.split(), stdout=subprocess.DEVNULL)
    step(
        "取一个测试用的电话交换机 Asterisk",
        [os.path.join(VENV, "bin", "hotline"), "asterisk", "get"],
    )


def may_install():
    """Are we root on a machine with apt?"""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def fingerprint():
    """Changes when what must be installed changes."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "requirements.lock"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def step(name, command):
    """Run a command; stop with its name where it fails."""
    say(name)
    if subprocess.call(command) != 0:
        fail_at(name, command)


def step_with_clock(name, command, remedy):
    """The same for a command that says nothing itself: the seconds show that it is at work."""
    say(name)
    begun = time.monotonic()
    process = subprocess.Popen(command)
    while True:
        try:
            code = process.wait(timeout=TICK_S)
            break
        except subprocess.TimeoutExpired:
            say("  还在装，已经 %d 秒" % (time.monotonic() - begun))
    if code != 0:
        fail_at(name, command, remedy)


def say(text):
    """Show where we are."""
    print("==> " + text, flush=True)


def fail_at(name, command, remedy=""):
    """Stop, saying at what and which command it was."""
    fail("“%s”没有成功。%s\n    运行的是：%s" % (name, remedy, " ".join(command)))


def fail(text):
    """Stop, saying what to do."""
    sys.exit("!!! " + text)


if __name__ == "__main__":
    main()
