"""Lanes, pacing and python-telegram-bot's own Application together, in virtual time."""

import asyncio

from telegram.ext import Application, CommandHandler, ContextTypes, ExtBot, MessageHandler, filters

from bot.lanes import Bounds, Lanes, Work
from bot.pacing import Pacing
from tests.bot.offline_api import OfflineApi
from tests.bot.some_updates import message
from tests.bot.virtual_time import run_virtual

WIDE = Bounds(of_person=10_000, of_chat=10_000, all=100_000)


def test_under_the_real_application():
    """A hundred messages of ten chats and a `/help` in each: all answered, in order; no `/help` waits."""

    async def writes(update, context: ContextTypes.DEFAULT_TYPE):
        await asyncio.sleep(1.0)
        await update.effective_message.reply_text(update.effective_message.text)

    async def helps(update, context):
        await update.effective_message.reply_text("help")

    async def main():
        api = OfflineApi()
        bot = ExtBot("1:token", request=api, get_updates_request=OfflineApi(), rate_limiter=Pacing())
        lanes = Lanes(lambda update: Work.AT_ONCE if update.message.text == "/help" else Work.MODEL, None, WIDE)
        application = Application.builder().bot(bot).updater(None).concurrent_updates(lanes).build()
        application.add_handlers([CommandHandler("help", helps), MessageHandler(filters.TEXT, writes)])
        async with application:
            await application.start()
            for number in range(100):
                await application.update_queue.put(message(str(number), 1 + number % 10, number=number, bot=bot))
            await asyncio.sleep(2.5)
            for chat in range(1, 11):
                await application.update_queue.put(message("/help", chat, number=200 + chat, bot=bot))
            await asyncio.sleep(0.1)
            assert await lanes.drain(60.0) == 0
            await application.stop()
        return [(chat, text, at) for method, chat, text, at in api.seen if method == "sendMessage"]

    sent = run_virtual(main())
    for chat in range(1, 11):
        mine = [text for to, text, _ in sent if to == chat and text != "help"]
        assert mine == [str(number) for number in range(100) if 1 + number % 10 == chat]
    helped = [at for _, text, at in sent if text == "help"]
    assert len(helped) == 10
    assert max(helped) <= 3.01, "the chats' own limit of one a second, not the eight replies that each still wants"
