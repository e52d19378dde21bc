"""What tests of a bot in trouble use: one that dies on order, and what must hold of its answers whatever happened."""

import asyncio
import contextlib
import itertools
import signal
import sys

from tests.bot.bot_process import PATIENCE_SECONDS, BotProcess
from tests.conftest import ROOT


class DoomedBot(BotProcess):
    """A bot that can be started to kill itself at a named point (see `doomed_bot`), or killed from outside."""

    async def start(self, point=None, number=1):
        """Start it, to die when it passes the point for the n-th time."""
        program = ["tests.bot.doomed_bot", point, str(number)] if point else ["bot"]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *[sys.executable, "-m", *program], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    async def dies(self):
        """Wait until it has killed itself."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                code = await self.process.wait()
        except TimeoutError:
            await self.kill()
            code = "it lived on"
        assert code == -signal.SIGKILL, f"{code}\n{self.log.read_text()[-3000:]}"

    async def answered(self, said):
        """Wait until each of these messages has been answered, as the store has it."""
        while left := self.waiting(said):  # as long as there is progress, there is patience
            await sooner_or_later(lambda left=left: self.waiting(said) < left)
        states = dict(self.rows("SELECT update_id, state FROM updates"))
        assert {states[message.update_id] for message in said} == {"answered"}

    def waiting(self, said):
        """How many of these messages have no final state yet, or have not arrived."""
        with contextlib.suppress(Exception):  # as long as there is no store, nothing is finished
            done = {number for (number,) in self.rows("SELECT update_id FROM updates WHERE state != 'waiting'")}
            return sum(message.update_id not in done for message in said)
        return len(said)


async def sooner_or_later(condition):
    """The first true answer of a condition on what nobody tells of, such as a log."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := condition()):
            await asyncio.sleep(0.05)
    return found


def everybody_says(server, people, each):
    """Messages of so many people, each in a chat of their own, who take turns."""
    return [
        server.user(1 + number % people).says(f"Good morning, I am number {number}") for number in range(people * each)
    ]


def repeated(server, said, deaths=0):
    """How many replies were sent again, all in all.

    `said` are all messages that there were. Each must have a reply that quotes it, in the order of its chat; of a chat,
    each death of the process may repeat the one reply that was sent and not marked, and that at once.
    """
    again = 0
    for chat in {message.chat_id for message in said}:
        asked = [message.id for message in said if message.chat_id == chat]
        quoted = [answer.reply_to for answer in server.messages(chat)]
        assert [number for number, _ in itertools.groupby(quoted)] == asked, f"{quoted} in the chat {chat}"
        assert len(quoted) - len(asked) <= deaths, f"{quoted} in the chat {chat}"
        again += len(quoted) - len(asked)
    return again
