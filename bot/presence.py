"""The sign that the bot is typing, while it works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.places import Place

FIRST_AFTER_SECONDS = 0.3
"""Most replies are there sooner; a sign for those would be one more request for nothing."""
AGAIN_AFTER_SECONDS = 4.0
"""Telegram shows it for five."""


@contextlib.asynccontextmanager
async def typing(bot: Bot, place: Place) -> AsyncIterator[None]:
    """Show that the bot is typing as long as this lasts."""
    task = asyncio.create_task(_keep_typing(bot, place))
    try:
        yield
    finally:
        task.cancel()


async def _keep_typing(bot: Bot, place: Place) -> None:
    await asyncio.sleep(FIRST_AFTER_SECONDS)
    while place.chat is not None:
        with contextlib.suppress(TelegramError):  # nothing depends on it
            await bot.send_chat_action(place.chat, ChatAction.TYPING, message_thread_id=place.thread)
        await asyncio.sleep(AGAIN_AFTER_SECONDS)
