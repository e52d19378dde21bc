"""A thousand messages from a hundred chats at once, each call of Telegram taking 50 ms, and somebody who asks for help.

How fast that goes is printed and not asserted: it says as much about the machine as about the bot.
"""

import asyncio
import statistics
import time

import pytest

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.faulty_lives import DoomedBot, everybody_says, repeated

PEOPLE, EACH, LATENCY_SECONDS, HELP_EVERY_SECONDS = 100, 10, 0.05, 0.25
HELPED = PEOPLE + 1
"""Who asks for help."""


@pytest.mark.slow
def test_a_thousand_messages_are_answered_in_order_and_once_and_help_meanwhile(tmp_path, bot_models):
    asyncio.run(load(tmp_path, {**bot_models, "quote": "always", "open_per_person": 1000}))


async def load(folder, settings):
    async with FakeBotApi() as server, DoomedBot(server, folder, **settings) as bot:
        await server.called("setMyCommands", 3, timeout=60)
        await server.called("getUpdates", timeout=60)
        server.faults.slow(LATENCY_SECONDS)
        waits: list[float] = []
        asking = asyncio.create_task(ask_for_help(server, waits))
        began = time.monotonic()
        said = everybody_says(server, PEOPLE, EACH)
        await bot.answered(said)
        seconds = time.monotonic() - began
        asking.cancel()
        assert repeated(server, said) == 0
        assert bot.rows("SELECT COUNT(*) FROM exchanges") == [(PEOPLE * EACH,)]
        assert waits, "somebody who asks for help meanwhile has to get it"
        p95 = statistics.quantiles(waits, n=20, method="inclusive")[-1] if len(waits) > 1 else waits[0]
        print(f"{len(said)} messages in {seconds:.1f} s, {len(said) / seconds:.0f} a second")
        print(f"/help {len(waits)} times: median {1000 * statistics.median(waits):.0f} ms, p95 {1000 * p95:.0f} ms")


async def ask_for_help(server, waits):
    """Ask, get the answer, note how long that took, wait a little, ask again."""
    while True:
        began = time.monotonic()
        server.user(HELPED).says("/help")
        (*_, answer) = await server.replies(HELPED, len(waits) + 1, timeout=600)
        assert "/headline" in answer.text
        waits.append(time.monotonic() - began)
        await asyncio.sleep(HELP_EVERY_SECONDS)
