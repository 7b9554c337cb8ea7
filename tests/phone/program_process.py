"""A program in a process of its own, to be stopped and killed: answers calls and says nothing."""

import asyncio
import sys

from channels.phone.exchange.exchange import Exchange
from config import runtime
from config.sections import Phone
from tests.phone import program


async def main() -> None:
    phone = Phone.model_validate_json(sys.stdin.readline())
    exchange = Exchange(phone, runtime.system())
    async with program.audiosocket(phone.media_port) as talks:
        keeping = await program.beat_until_up(exchange)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not keeping.done():
            talk = await talks.get()
            sys.stdout.write(f"call {talk.media.call_id}\n")
            sys.stdout.flush()


asyncio.run(main())
