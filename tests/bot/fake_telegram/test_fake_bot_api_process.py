"""The fake as a process of its own, driven by orders over pipes."""

import asyncio

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import RetryAfter

from tests.bot.fake_telegram.fake_bot_api_process import RemoteFakeBotApi
from tests.bot.fake_telegram.fake_bot_api_spec import Spec
from tests.bot.fake_telegram.ptb_client import bot_of

# python-telegram-bot 22 warns of itself whenever it reads `retry_after`.
pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after.*")


async def talk(server):
    async with bot_of(server) as bot:
        (update,) = await bot.get_updates(timeout=5)
        markup = InlineKeyboardMarkup([[InlineKeyboardButton("more", callback_data="m")]])
        with pytest.raises(RetryAfter):
            await bot.send_message(1, "too early")
        await bot.send_message(1, f"got {update.message.text}", reply_markup=markup)


def test_a_process_of_its_own_takes_orders():
    with RemoteFakeBotApi() as server:
        server("fail", method="sendMessage", code=429, retry_after=3)
        server("says", user=1, text="hi")
        asyncio.run(talk(server))
        (reply,) = server("replies", chat=1)
        assert (reply["text"], reply["buttons"]) == ("got hi", [{"text": "more", "data": "m"}])
        assert [call["status"] for call in server("calls", method="sendMessage")] == [429, 200]
        assert server("transcript") == "Ada: hi\nKuaizui: got hi\n    [more]\n"
        assert server("violations") == ([] if Spec.find() else None)
        with pytest.raises(AssertionError, match="no button 'less'"):
            server("press", chat=1, message=reply["id"], button="less")
        with pytest.raises(AssertionError, match="KeyError"):
            server("dance")
