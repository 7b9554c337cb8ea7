"""How the command is typed here: after `make run` it lies in .venv, where no shell looks for it."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

NAME = "hotline"
_NAMED = re.compile(r"(?<![\w./-])(?<![A-Za-z] )hotline (?=[a-z-])", re.ASCII)  # not in a sentence


def command() -> str:
    """Its name where the shell finds this very command by it, else its path as seen from here."""
    own = Path(sys.executable).parent / NAME
    found = shutil.which(NAME)
    if not own.exists() or (found and own.samefile(found)):
        return NAME
    try:
        return shlex.quote(str(own.relative_to(Path.cwd())))
    except ValueError:
        return shlex.quote(os.path.abspath(own))


def told(text: str) -> str:
    """A text in which each `hotline ...` can be typed as it stands."""
    return _NAMED.sub(lambda _: f"{command()} ", text)
