"""The `hotline` command: it starts once the packages that Python imports are known to be ours.

Five of our names exist as other projects, and one that is installed beside us would be imported in
our place. So the command begins in a module whose name nobody else has; only the standard library.
"""

import gc
import io
import sys
from importlib.util import find_spec
from pathlib import Path

OURS = ("config", "nlp", "channels", "routing", "intake")


def main() -> None:
    """Check that no foreign package shadows ours, then run the command line."""
    speak_chinese()
    found = problems(Path(__file__).resolve().parent)
    if found:
        sys.exit("\n".join(found))
    gc.disable()  # what is imported stays, and to look for garbage in it takes a tenth of the time
    from intake.cli import chinese
    from intake.cli import main as cli

    gc.freeze()
    gc.enable()
    sys.exit(chinese.run(cli.application))


def speak_chinese() -> None:
    """Where the terminal's encoding has no Chinese send UTF-8; and never fail at a character."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        try:
            "中".encode(stream.encoding)
            stream.reconfigure(errors="backslashreplace")
        except UnicodeEncodeError:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def problems(home: Path) -> list[str]:
    """Which of our packages are not those of `home`, in Chinese with what to do."""
    found = []
    for name in OURS:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin != home / name / "__init__.py":
            found.append(
                f"导入的“{name}”不是本系统的程序包（在 {origin}）。请给本系统单独建一个环境，"
                f"或在当前环境里执行：{sys.executable} -m pip uninstall {name}"
            )
    return found
