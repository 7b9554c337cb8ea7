"""Sets the project up on a fresh machine and runs it: `python3 bootstrap.py run | phone | test`.

Only the standard library, and nothing newer than Python 3.6 in its own words, so that an old
Python can at least say what is missing.
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


def main():
    """Do what the command line asks for."""
    if sys.version_info < (3, 11):
        fail("Python 3.11 or newer is needed; this is %s." % sys.version.split()[0])
    wanted = sys.argv[1] if len(sys.argv) > 1 else "run"
    tasks = {"run": run, "phone": phone, "test": test, "setup": set_up, "lint": lint}
    if wanted not in tasks:
        fail("usage: python3 bootstrap.py run | phone | test | setup | lint")
    os.chdir(ROOT)
    tasks[wanted]()


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
    step("tests", [PYTHON, "-m", "pytest", "-n", "3", "--dist", "loadfile"] + sys.argv[2:])
    say("everything passed")


def lint():
    """Style, types and the direction of imports."""
    set_up()
    tool = os.path.join(VENV, "bin", "")
    step("style", [tool + "ruff", "check", "."])
    step("format", [tool + "ruff", "format", "--check", "."])
    step("types", [PYTHON, "-m", "mypy", *TYPED])
    step("imports", [tool + "lint-imports"])


def set_up():
    """An environment of our own with the locked packages; done once for each lock file."""
    mark = fingerprint()
    if is_done(mark):
        return
    if not is_usable():
        say("making the environment .venv")
        make_environment()
    install(
        "installing the locked packages (a minute or two the first time)",
        ["--require-hashes", "-r", "requirements.lock"],
    )
    install("installing the program", ["--no-deps", "--no-build-isolation", "-e", "."])
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
    say("the environment .venv is not whole; it is made again")
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
        say("this Python has no venv: " + line)
        subprocess.call(["apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        if subprocess.call(line.split()) == 0:
            if subprocess.call([sys.executable, "-m", "venv", VENV]) == 0:
                return
    fail("this Python can't make an environment. Please type:  sudo " + line)


def install(name, arguments):
    """By uv where it is there, else by pip."""
    uv = find_uv()
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", PYTHON] + arguments
    else:
        command = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        command += arguments
    step_with_clock(name, command)


def need_chromium():
    """The browser tests drive a real browser; without one they would have to be skipped, so we
    stop.
    """
    if any(shutil.which(name) for name in CHROMIUM):
        return
    line = "apt-get install -y chromium fonts-noto-cjk"
    if may_install():
        say("the tests need a browser: " + line)
        subprocess.call(["apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        if subprocess.call(line.split(), stdout=subprocess.DEVNULL) == 0:
            return
    fail("the tests need a browser. Please type:  sudo " + line)


def need_asterisk():
    """The telephone tests ring a real Asterisk; it is fetched once, beside the host's packages."""
    if not os.path.exists("/usr/share/keyrings/debian-archive-keyring.gpg") and may_install():
        subprocess.call(["apt-get", "update", "-q"], stdout=subprocess.DEVNULL)
        line = "apt-get install -y debian-archive-keyring"
        subprocess.call(line.split(), stdout=subprocess.DEVNULL)
    step("asterisk", [os.path.join(VENV, "bin", "hotline"), "asterisk", "get"])


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
        fail("'%s' failed: %s" % (name, " ".join(command)))


def step_with_clock(name, command):
    """The same for a command that says nothing itself: the seconds show that it is at work."""
    say(name)
    begun = time.monotonic()
    process = subprocess.Popen(command)
    while True:
        try:
            code = process.wait(timeout=TICK_S)
            break
        except subprocess.TimeoutExpired:
            say("  at work, %d s" % (time.monotonic() - begun))
    if code != 0:
        fail("'%s' failed: %s" % (name, " ".join(command)))


def say(text):
    """Show where we are."""
    print("==> " + text, flush=True)


def fail(text):
    """Stop, saying what to do."""
    sys.exit("!!! " + text)


if __name__ == "__main__":
    main()
