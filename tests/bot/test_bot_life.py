"""Lives of a bot: killed and started again, stopped under load, refused, limited; processes of their own."""

import asyncio
import math
import socket

import pytest

from tests.bot.bot_process import BotProcess
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario

PEOPLE, EACH = 5, 4


def everybody_says(server, each=EACH):
    """Messages of several people, by update id."""
    said = [
        server.user(1 + number % PEOPLE).says(f"Good morning, I am number {number}") for number in range(PEOPLE * each)
    ]
    return {message.update_id: message for message in said}


async def all_finished(bot, said):
    """The states in which the messages have ended."""
    return {(await bot.finished(update_id))[0] for update_id in said}


def answered_once_and_in_order(server, said):
    """Whether each message was answered by one reply that quotes it, in the order of its chat."""
    for person in range(1, PEOPLE + 1):
        asked = [message.id for message in said.values() if message.chat_id == person]
        assert [answer.reply_to for answer in server.messages(person)] == asked


@scenario
async def test_what_was_stored_is_answered_after_a_kill(tmp_path, bot_models):
    async with FakeBotApi() as server, BotProcess(server, tmp_path, **bot_models, quote="always") as bot:
        await server.called("getUpdates", timeout=60)
        outage = server.faults.fail("sendMessage", 502, times=math.inf)
        said = everybody_says(server)
        # Acknowledged: Telegram would not bring them again.
        await server.until(lambda: not server.world.updates.pending, timeout=60)
        await server.until(lambda: outage.met >= PEOPLE, timeout=60)
        await bot.kill()
        outage.times = 0
        await bot.start()
        assert await all_finished(bot, said) == {"answered"}
        answered_once_and_in_order(server, said)
        assert len(bot.rows("SELECT 1 FROM exchanges")) == len(said)


@scenario
async def test_a_stop_answers_what_is_at_work_and_leaves_the_rest_for_the_next_start(tmp_path, bot_models):
    async with FakeBotApi() as server, BotProcess(server, tmp_path, **bot_models, quote="always") as bot:
        await server.called("getUpdates", timeout=60)
        server.faults.slow(0.05)
        said = everybody_says(server)
        await server.replies(1, 1, timeout=60)
        assert await bot.stop() == 0
        states = bot.states()
        assert states.keys() <= {"answered", "waiting"} and states["answered"] >= 1
        sent = sum(len(server.messages(person)) for person in range(1, PEOPLE + 1))
        assert states["answered"] == sent  # nothing that was sent will be sent again
        polls = len(server.calls("getUpdates"))
        await bot.start()
        assert await all_finished(bot, said) == {"answered"}
        answered_once_and_in_order(server, said)
        await server.called("getUpdates", polls + 1, timeout=60)


@scenario
async def test_only_those_on_the_list_are_answered_and_admins_see_how_it_fares(tmp_path, bot_models):
    async with FakeBotApi() as server, BotProcess(server, tmp_path, **bot_models, allowed=[2], admins=[3]) as bot:
        await server.called("getUpdates", timeout=60)
        stranger = server.user(1).says("hello you")
        assert await bot.finished(stranger.update_id) == ("refused", "not on the allow-list")
        server.user(1).says("/start")
        (refusal,) = await server.replies(1)
        assert "not on its list" in refusal.text
        server.user(2).says("/start")
        assert (await server.replies(2))[0].text.startswith("Hi, I am Kuaizui")
        server.user(3).says("/stats")
        (stats,) = await server.replies(3)
        assert "refused: " in stats.text and "waiting: 1" in stats.text


@scenario
async def test_updates_come_by_webhook_too(tmp_path, bot_models, unused_port):
    hook = {"webhook_url": f"http://127.0.0.1:{unused_port}/hook", "webhook_port": unused_port}
    async with FakeBotApi() as server, BotProcess(server, tmp_path, **bot_models, **hook) as bot:
        await server.called("setWebhook", timeout=60)
        said = server.user(1).says("Good morning, how are you?")
        await server.replies(1)
        assert (await bot.finished(said.update_id))[0] == "answered"
        assert not server.calls("getUpdates")


@scenario
async def test_a_webhook_whose_port_is_taken_ends_the_bot_with_words(tmp_path, bot_models):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        hook = {"webhook_url": f"http://127.0.0.1:{port}/hook", "webhook_port": port}
        async with FakeBotApi() as server:
            bot = BotProcess(server, tmp_path, **bot_models, **hook)
            await bot.start()
            async with asyncio.timeout(60):
                assert await bot.process.wait() == 2
    said = bot.log.read_text()
    assert f"webhook_port = {port}: the bot cannot listen there" in said and "Traceback" not in said


@pytest.fixture
def unused_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@scenario
async def test_a_refused_token_ends_the_bot_with_words(tmp_path, bot_models):
    async with FakeBotApi() as server:
        bot = BotProcess(server, tmp_path, **bot_models)
        bot.environment["TELEGRAM_BOT_TOKEN"] = "4200000042:another-token-of-no-bot"
        await bot.start()
        async with asyncio.timeout(60):
            assert await bot.process.wait() == 2
        assert "Telegram refuses the token" in bot.log.read_text()
        assert "another-token" not in bot.log.read_text() and "Traceback" not in bot.log.read_text()


@scenario
async def test_a_second_poller_is_said_plainly_and_the_bot_goes_on(tmp_path, bot_models):
    async with FakeBotApi() as server, BotProcess(server, tmp_path, **bot_models) as bot:
        await server.called("getUpdates", timeout=60)
        await asyncio.sleep(0.2)
        server.interrupt_poll()
        server.user(1).says("/start")
        await server.replies(1, timeout=60)
        assert any("Another process" in line for line in bot.log.read_text().splitlines())
