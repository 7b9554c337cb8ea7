"""`hotline` by a clock that a test sets: `python -m tests.phone.clocked_program run ...`.

The file named by CLOCK_SHIFT holds the seconds that the program's clock is ahead of the machine's.
"""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from config import runtime
from config.runtime import Runtime
from intake import __main__ as hotline

_SHIFT = Path(os.environ["CLOCK_SHIFT"])
_system = runtime.system


def _shifted() -> Runtime:
    real = _system()

    def now() -> datetime:
        return real.now() + timedelta(seconds=float(_SHIFT.read_text()))

    return replace(real, now=now)


runtime.system = _shifted
hotline.main()
