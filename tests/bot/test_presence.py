"""The sign that the bot is typing: not for what is quick, and again and again for what lasts."""

import asyncio

from bot.places import Place
from bot.presence import typing
from tests.bot.virtual_time import run_virtual


class Bot:
    def __init__(self):
        self.shown = []

    async def send_chat_action(self, chat, action, message_thread_id=None):
        self.shown.append((chat, str(action), message_thread_id))


def shown_during(seconds, place):
    bot = Bot()

    async def work():
        async with typing(bot, place):
            await asyncio.sleep(seconds)
        await asyncio.sleep(60)  # nothing follows when the work is done

    run_virtual(work())
    return bot.shown


def test_quick_work_shows_nothing_and_long_work_shows_it_every_four_seconds():
    place = Place(chat=7, thread=3)
    assert shown_during(0.2, place) == []
    assert shown_during(9, place) == [(7, "typing", 3)] * 3


def test_an_update_from_nowhere_shows_nothing():
    assert shown_during(9, Place()) == []
