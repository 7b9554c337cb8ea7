"""Servers without a program behind them: how much of the cost is the line's alone.

`python -m tests.bench.line_stand_in ours|bare`, settings as JSON on the first line of its input.
`ours` is the program's media server with ears that recognise nothing; `bare` is the least that
speaks AudioSocket. Beside both the exchange is told each second that we are there.
"""

import asyncio
import sys

from channels.phone.audio.media import Media
from channels.phone.audio.server import AudioSocketServer
from channels.phone.dictation import Dictation
from channels.phone.ear import Ear
from channels.phone.endpointing import Endpointer
from channels.phone.exchange.exchange import Exchange
from config import runtime
from config.sections import Phone
from nlp.speech.voice import VoiceGate
from tests.bench import call_audio
from tests.bench.line_process import Knows
from tests.bench.media import Bare

SENTENCE = call_audio.sentence("water-f")


async def _never(text: str) -> bool:
    return False


async def _speaks_and_listens(media: Media) -> None:
    """A voice, a gate and an endpointer, as every call has them; nobody who understands."""

    async def speak() -> None:
        while await media.play(SENTENCE + call_audio.silence(1)):
            pass

    ear = Ear(
        media=media,
        dictation=Dictation(recognition=Knows(["嗯"]), complete=_never),
        gate=VoiceGate(media.rate_hz),
        endpointer=Endpointer(),
        waiting=lambda: False,
    )
    speaking = asyncio.create_task(speak())
    async for _ in ear.hear():
        pass
    speaking.cancel()


async def main() -> None:
    phone = Phone.model_validate_json(sys.stdin.readline())
    loop = asyncio.get_running_loop()
    if sys.argv[1] == "bare":
        await loop.create_server(Bare, phone.media_host, phone.media_port, backlog=512)
    else:
        server = AudioSocketServer(
            host=phone.media_host,
            port=phone.media_port,
            on_call=_speaks_and_listens,
            most_calls=phone.most_calls,
            elapsed=loop.time,
        )
        await server.start()
    exchange = Exchange(phone, runtime.system())
    telling = asyncio.create_task(exchange.run())
    while not exchange.up:
        await asyncio.sleep(0.02)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await telling


if __name__ == "__main__":
    asyncio.run(main())
