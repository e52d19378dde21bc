"""A message that kills the bot each time ends as a dead letter; what waits beside it is answered, and so is what comes
meanwhile. The bot as a process, killed in the thread of the models."""

from bot.store.updates import MOST_ATTEMPTS
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.faulty_lives import DoomedBot, everybody_says, repeated

PEOPLE, EACH, POISONER = 4, 4, 2
BOUND = {"quote": "always", "open_per_person": 3}
"""Fewer than each has waiting: what was stored is answered all the same."""


async def stored_and_dead(bot):
    """A first life, which ends as all is stored and nothing begun."""
    await bot.start("after add", 1)
    await bot.dies()
    assert bot.states().keys() == {"waiting"}


def attempts(bot):
    return dict(bot.rows("SELECT update_id, attempts FROM updates"))


@scenario
async def test_only_the_message_that_kills_the_bot_each_time_is_given_up(tmp_path, bot_models):
    async with FakeBotApi() as server:
        bot = DoomedBot(server, tmp_path, **bot_models, **BOUND)
        said = everybody_says(server, PEOPLE, EACH)
        poison = server.user(POISONER).says("Good morning, I am poison")
        said += everybody_says(server, PEOPLE, 1)
        await stored_and_dead(bot)
        for death in range(MOST_ATTEMPTS):
            said.append(server.user(10 + death).says("Good morning, I am new here"))
            await bot.start("replying to poison", 1)
            await bot.dies()
        behind = [message for message in said if message.chat_id == POISONER][EACH:]
        others = [message for message in said if message not in behind]
        assert attempts(bot)[poison.update_id] == MOST_ATTEMPTS
        assert bot.waiting(others[:-1]) == 0, "they were not held up until the bitter end"
        async with bot:
            await bot.answered(said)
            assert (await bot.finished(poison.update_id))[0] == "dead"
        assert max(attempts(bot)[message.update_id] for message in said) <= 2
        again = repeated(server, said, deaths=1 + MOST_ATTEMPTS)
        print(f"{len(said)} messages beside the poison, {1 + MOST_ATTEMPTS} deaths: {again} replies sent twice")


@scenario
async def test_deaths_while_the_models_load_are_nobodys_fault_and_new_messages_arrive_meanwhile(tmp_path, bot_models):
    async with FakeBotApi() as server:
        bot = DoomedBot(server, tmp_path, **bot_models, **BOUND)
        said = everybody_says(server, PEOPLE, EACH)
        await stored_and_dead(bot)
        for _ in range(2):
            await bot.start("loading the models", 1)
            await bot.dies()
            assert set(attempts(bot).values()) == {0}
        async with bot:
            said.append(server.user(PEOPLE + 1).says("Good morning, I am new here"))
            await bot.answered(said)
        repeated(server, said)


@scenario
async def test_a_stop_at_work_is_no_attempt(tmp_path, bot_models):
    async with FakeBotApi() as server:
        bot = DoomedBot(server, tmp_path, **bot_models, **BOUND, drain_seconds=0.5)
        said = everybody_says(server, PEOPLE, EACH)
        await stored_and_dead(bot)
        hold = server.faults.hold("sendMessage")
        await bot.start()
        await server.until(lambda: hold.met == PEOPLE, timeout=60)
        assert sorted(attempts(bot).values())[-PEOPLE:] == [1] * PEOPLE
        assert await bot.stop() == 0
        assert set(attempts(bot).values()) == {0}
        hold.release()
        async with bot:
            await bot.answered(said)
        repeated(server, said, deaths=1)
