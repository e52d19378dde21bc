"""An echo bot in a process of its own that kills itself at a named point of its way, the n-th time it passes there.

Run it as `python killable_bot.py FOLDER POINT NUMBER`. Its Telegram keeps in the folder what a server would keep:
what was acknowledged (`offset`) and what was sent (`sent`).
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from bot.arrivals import Arrivals
from bot.store import Store
from bot.store.background import BackgroundStore
from tests.bot.loopback_telegram import LoopbackTelegram, echo_bot, serve_until
from tests.bot.store_samples import message

UPDATES = 30


class Countdown:
    """Kills the process the n-th time it passes the point."""

    def __init__(self, point, number):
        self.point, self.left = point, number

    def passes(self, point):
        self.left -= point == self.point
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


class LastingTelegram(LoopbackTelegram):
    """Remembers across processes what the bot acknowledged and sent."""

    batch = 8

    def __init__(self, folder, countdown):
        people = ((number, number % 3 + 1) for number in range(1, UPDATES + 1))
        super().__init__([message(number, chat=person, user=person) for number, person in people])
        self.offset_file, self.sent_file, self.countdown = folder / "offset", folder / "sent", countdown
        if self.offset_file.exists():
            super().acknowledge(int(self.offset_file.read_text()))

    def acknowledge(self, offset):
        super().acknowledge(offset)
        if offset:
            self.offset_file.write_text(str(offset))

    async def deliver(self, offset):
        answer = await super().deliver(offset)
        self.countdown.passes("polled")
        return answer

    def note_sent(self, parameters):
        super().note_sent(parameters)
        with self.sent_file.open("a") as file:
            file.write(f"{self.sent[-1]}\n")
        self.countdown.passes("sent")


class WatchedStore(BackgroundStore):
    """Passes a point after each call of the store."""

    def __init__(self, store, countdown):
        super().__init__(store)
        self.countdown = countdown

    async def run(self, method, *arguments):
        result = await super().run(method, *arguments)
        self.countdown.passes(method.__name__)
        return result


async def main(folder, countdown):
    background = WatchedStore(Store(folder / "bot.db"), countdown)
    arrivals, telegram = Arrivals(background), LastingTelegram(folder, countdown)

    def all_done():
        return not telegram.updates and not arrivals.unfinished

    await serve_until(echo_bot(arrivals, telegram), arrivals, all_done)
    await background.close()


if __name__ == "__main__":
    logging.basicConfig()
    asyncio.run(main(Path(sys.argv[1]), Countdown(sys.argv[2], int(sys.argv[3]))))
