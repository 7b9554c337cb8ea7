"""Voice notes become text also where there is no phone line: with a recogniser of their own."""

import asyncio
from functools import partial

from intake import loops
from intake.phone import housekeeping, line
from intake.phone.transcribing import Transcribing
from intake.services import Services
from nlp.speech.contract import Transcriber

IDLE_S = 10.0


async def run(office: Services) -> None:
    """One note after the other until cancelled; returns at once where it is not for us to do."""
    speech = office.settings.speech
    if speech is None:
        return
    work = housekeeping.transcribing(office, line.recordings(office, None), speech.whisper)
    engine: Transcriber | None = None
    if await work.hearing.of(None) is None:
        engine = await line.loaded(
            office.settings, speech.model, trial_model=speech.trial_model, threads=1
        )
    try:
        await loops.drive(partial(_step, work, office, engine), idle_s=IDLE_S, wake=asyncio.Event())
    finally:
        if engine is not None:
            await engine.close()


async def _step(work: Transcribing, office: Services, engine: Transcriber | None) -> bool:
    busy = await work.step(engine)
    if busy:
        office.wake.set()  # somebody may have to be told
    return busy
