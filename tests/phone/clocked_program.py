"""`hotline` by a clock that a test sets: `python -m tests.phone.clocked_program run ...`.

The file named by CLOCK_SHIFT holds the seconds that the program's clock is ahead of the machine's.
What is owed and what was recorded is looked for more often than by day, and a telephone rings for
seconds instead of three quarters of a minute, so that a test need not wait.
"""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from channels.phone import channel, outgoing
from config import runtime
from config.runtime import Runtime
from intake import __main__ as hotline
from intake.phone import shelf, unserved

_SHIFT = Path(os.environ["CLOCK_SHIFT"])
_system = runtime.system


def _shifted() -> Runtime:
    real = _system()

    def now() -> datetime:
        return real.now() + timedelta(seconds=float(_SHIFT.read_text()))

    return replace(real, now=now)


runtime.system = _shifted
channel.ERRAND_IDLE_S = channel.ALARM_IDLE_S = 0.5
channel.HOUSEKEEPING_IDLE_S = 1.0
outgoing.RING_S = 6.0
shelf.SETTLES = timedelta(seconds=3)
unserved.WORDS_WITHIN = timedelta(seconds=1)
hotline.main()
