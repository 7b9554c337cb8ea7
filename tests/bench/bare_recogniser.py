"""What the recogniser alone costs for a call, in a process of its own with nothing beside it."""

import asyncio
import json
import math
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import vosk

from nlp.speech import model_store, vosk_engine
from nlp.speech import trial as speech_trial
from tests.bench import call_audio
from tests.bench.call_audio import RATE_HZ

CHUNK_BYTES = RATE_HZ * 2 // 10  # 100 ms, after which the text so far is asked for
TIMES = 3  # of which the best counts
SLOWEST = 4.0  # CPU seconds for a second of audio, after which it is given up
AROUND_S = 0.4  # what the program feeds of the silence around a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """CPU seconds of a call: with all its audio, and with only what is spoken.

    `whole_s` is infinite where the engine is far from keeping up with one call: in long digital
    silence a graph that was built from few sentences may cost seconds for a tenth of a second.
    """

    whole_s: float
    spoken_s: float
    speech_s: float  # how long is spoken
    texts: list[str]


async def cost(model: Path | None, state: Path, call: bytes, sentences: list[bytes]) -> Bare:
    """Of one call. ModelMissing or TrialModelBroken where there is no model."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as pool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, _cost, model, state, call, sentences)


def _cost(model: Path | None, state: Path, call: bytes, sentences: list[bytes]) -> Bare:
    facts = model_store.inspect(model_store.choose(state, model, speech_trial.unpack))
    loaded = vosk_engine.load(facts)
    around = call_audio.silence(AROUND_S)
    spoken = [around + each + around for each in sentences]
    ways = [_decode(loaded, spoken) for _ in range(TIMES)]
    whole_s, _ = _decode(loaded, [call])
    return Bare(
        whole_s=whole_s,
        spoken_s=min(way[0] for way in ways),
        speech_s=sum(map(len, spoken)) / (2 * RATE_HZ),
        texts=ways[0][1],
    )


def _decode(model: vosk_engine.Model, said: list[bytes]) -> tuple[float, list[str]]:
    begun_s = time.process_time()
    recognizer = vosk.KaldiRecognizer(model.handle, RATE_HZ)
    recognizer.SetWords(True)
    texts: list[str] = []
    allowed_s = 0.0
    for pcm in said:
        allowed_s += SLOWEST * len(pcm) / (2 * RATE_HZ)
        for at in range(0, len(pcm), CHUNK_BYTES):
            if time.process_time() - begun_s > allowed_s:
                return math.inf, texts
            if recognizer.AcceptWaveform(pcm[at : at + CHUNK_BYTES]):
                texts.append(json.loads(recognizer.Result())["text"])
            json.loads(recognizer.PartialResult())
        texts.append(json.loads(recognizer.FinalResult())["text"])
    return time.process_time() - begun_s, [text for text in texts if text]
