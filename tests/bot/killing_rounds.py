"""Rounds of a bot that is killed from outside at random under load, and started again until all is answered."""

import asyncio
import random

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.faulty_lives import DoomedBot, everybody_says, repeated

LATENCY_SECONDS = 0.05
MOST_KILLS = 3
"""In one round: the bot gives up what was at work when it died more than five times in a row."""


async def kill_again_and_again(rounds, people, each, seed, folder, settings):
    """So many rounds on one store; answers how many messages, kills and replies sent twice there were.

    In each round everybody writes so many messages, at random times; the bot is killed one to three times, and must
    then have answered everything once and in order, but for the replies that were sent and not marked at a kill.
    """
    draw = random.Random(seed)
    said, kills = [], 0
    async with (
        FakeBotApi() as server,
        DoomedBot(server, folder, **settings, quote="always", open_per_person=1000) as bot,
    ):
        server.faults.slow(LATENCY_SECONDS)
        for number in range(rounds):
            new = []
            writing = asyncio.create_task(everybody_writes(server, people, each, draw, new))
            kills += await kill_at_random(server, bot, people * each, draw)
            await writing
            said += new
            await bot.answered(said)
            again = repeated(server, said, deaths=kills)
            print(f"round {number + 1}: {len(said)} messages, {kills} kills, {again} replies sent twice")
        assert bot.rows("SELECT COUNT(*) FROM exchanges") == [(len(said),)]
    return len(said), kills, again


async def everybody_writes(server, people, each, draw, said):
    """Put what people write now into `said`, in bursts."""
    for _ in range(each):
        said += everybody_says(server, people, 1)
        await asyncio.sleep(draw.choice([0, 0.2]) * draw.random())


async def kill_at_random(server, bot, messages, draw):
    """Kill the bot and start it again, up to so many times, and say how many those were.

    A kill comes a moment after so many replies of this round, or so long after a start: any number, at random.
    """
    kills = draw.randint(1, MOST_KILLS)
    all_sent = len(server.calls("sendMessage")) + messages
    for _ in range(kills):
        if draw.random() < 0.7:
            wanted = min(all_sent, len(server.calls("sendMessage")) + draw.randrange(messages // kills))
            await server.called("sendMessage", wanted, timeout=60)
            await asyncio.sleep(draw.uniform(0, 2 * LATENCY_SECONDS))
        else:
            await asyncio.sleep(draw.uniform(0, 2.5))
        await bot.kill()
        await bot.start()
    return kills
