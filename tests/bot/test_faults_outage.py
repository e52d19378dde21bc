"""The bot as a process while Telegram is out of reach: at its start, at work, and as it is stopped."""

from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.faulty_lives import DoomedBot, everybody_says, repeated, sooner_or_later


@scenario
async def test_an_outage_is_waited_out_at_the_start_and_ends_no_bot_that_is_told_to_stop(tmp_path, bot_models):
    settings = {**bot_models, "quote": "always", "drain_seconds": 1}
    async with FakeBotApi() as server:
        bot = DoomedBot(server, tmp_path, **settings)
        await server.stop()
        async with bot:
            await sooner_or_later(lambda: "Telegram cannot be reached (" in bot.log.read_text())
            await server.start()
            early = everybody_says(server, 3, 2)
            await bot.answered(early)
            hold = server.faults.hold("sendMessage")
            said = everybody_says(server, 3, 2)
            await server.until(lambda: hold.met == 3 and not server.world.updates.pending, timeout=60)
            await server.stop()
            assert await bot.stop() == 0
            assert "Traceback" not in bot.log.read_text()
            assert bot.waiting(said) >= 3  # all that could not be sent
            await server.start()
            await bot.start()
            await bot.answered(said)
            repeated(server, early + said, deaths=1)
