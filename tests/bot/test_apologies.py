"""Too much at once: whoever is refused gets to know it, and which of their messages it is."""

import asyncio
from types import SimpleNamespace

import pytest

from bot.apologies import GATHERED_SECONDS, MOST_SECONDS, Apologies
from bot.settings import Settings
from tests.bot.bot_process import BotProcess
from tests.bot.bot_scenes import NEWS, asked
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.fake_telegram.fake_bot_api_scenarios import scenario
from tests.bot.some_updates import message
from tests.bot.virtual_time import run_virtual

FILE = {"file_id": "a", "file_unique_id": "b", "file_name": "news.csv"}
PICTURE = [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]


class Bot:
    """Notes what it sends, and when; or never comes to an end with it."""

    id, username = 999, "kuaizui_bot"

    def __init__(self, hangs=False):
        self.hangs, self.sent = hangs, []

    async def send_message(self, chat_id, text, reply_parameters, **more):
        if self.hangs:
            await asyncio.Event().wait()
        self.sent.append((chat_id, reply_parameters.message_id, text))
        return SimpleNamespace(message_id=1)


def refused(*updates, bot):
    """How long it takes until all are told, if they come at once."""

    async def main():
        async def recall(method, *arguments):
            return {}

        apologies = Apologies(SimpleNamespace(settings=Settings(), bot=bot, recall=recall))
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(apologies.say_busy(update) for update in updates))
        return asyncio.get_running_loop().time() - start

    return run_virtual(main())


def test_messages_refused_together_are_named_in_one_that_quotes_the_first_of_them():
    bot, long = Bot(), "A storm pulled down hundreds of trees along the coast on Sunday night, and many villages"
    updates = [message(long, number=1), message("short\n one", number=2), message("", number=3, document=FILE)]
    refused(*updates, message("", number=4, photo=PICTURE), message("你好吗", chat=2, person=2, number=5), bot=bot)
    (chat, quoted, text), (other, fifth, alone) = bot.sent
    beginning, *names = text.split("\n\n")[1].splitlines()
    assert (chat, quoted, other, fifth) == (1, 1, 2, 5)
    assert beginning[1:-2] in long and names == ["“short one”", "news.csv", "one without text"]
    assert "这一条请过一会儿再发" in alone


def test_words_that_cannot_be_sent_hold_nothing_up_for_ever():
    seconds = refused(message(), message(number=2), bot=Bot(hangs=True))
    assert seconds == pytest.approx(GATHERED_SECONDS + MOST_SECONDS)


@scenario
async def test_each_message_and_each_press_too_many_is_answered(tmp_path, bot_models):
    async with FakeBotApi() as server, BotProcess(server, tmp_path, **bot_models, open_per_person=2) as bot:
        ada = server.user(1)
        headlines = await asked(bot, ada, f"/headline {NEWS}")
        hold = server.faults.hold("sendMessage")
        said = [ada.says(f"Good morning, number {number}") for number in range(5)]
        presses = [server.press(headlines.button("More")) for _ in range(3)]
        for press in presses:
            assert (await press.answered()).text.startswith("Too much is waiting just now. Please press")
            assert (await bot.finished(press.update_id))[0] == "busy"
        hold.release()
        assert [(await bot.finished(each.update_id))[0] for each in said] == ["answered"] * 2 + ["busy"] * 3
        (told,) = [each for each in server.messages(ada) if each.text.startswith("Too many messages")]
        assert told.reply_to == said[2].id
        assert told.text.splitlines()[-3:] == [f"“Good morning, number {number}”" for number in (2, 3, 4)]
