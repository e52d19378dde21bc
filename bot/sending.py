"""Requests that must get through: repeated where that is safe, their refusals put into words of ours."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import httpx
from telegram import Bot, ForceReply, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.pacing import seconds_of
from bot.places import Place
from bot.splitting import split_text

T = TypeVar("T")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
_LOGGER = logging.getLogger(__name__)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Unwelcome(Exception):
    """The bot may not write to this chat: it was blocked, thrown out, or has no right to."""


class Unsure(Exception):
    """The request timed out, and may have been carried out; to repeat it could say everything twice."""


class Gone(Exception):
    """The message that was to be edited is not there any more, or may not be edited."""


async def persistently(request: Callable[[], Awaitable[T]]) -> T:
    """Make a request until it gets through; an outage is waited out, however long.

    Raises:
        Unwelcome: see there.
        Unsure: see there.
        BadRequest: Telegram refuses the request as such.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await request()
        except BadRequest as error:
            if "not enough rights" in error.message.lower() or "chat not found" in error.message.lower():
                raise Unwelcome(error.message) from None
            raise
        except Forbidden as error:
            raise Unwelcome(error.message) from None
        except RetryAfter as error:
            await asyncio.sleep(seconds_of(error))
        except NetworkError as error:
            if isinstance(error, TimedOut) and not isinstance(error.__cause__, _NEVER_SENT):
                raise Unsure(error.message) from None
            _LOGGER.warning("Telegram cannot be reached (%s); again in %g seconds", _kind(error), pause)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)


def _kind(error: NetworkError) -> str:
    """What went wrong, without the URL that httpx may name."""
    return type(error.__cause__ or error).__name__


async def send_text(
    bot: Bot,
    place: Place,
    text: str,
    *,
    quoted: int | None = None,
    keyboard: InlineKeyboardMarkup | ForceReply | None = None,
) -> list[int]:
    """Send a text, in several messages where it is long, and answer their numbers; buttons go under the last.

    `quoted` is the message that it answers. Nothing in the text is read as markup.
    Raises: as `persistently`; `Unsure` only where not even the first part is known to have arrived.
    """
    sent: list[int] = []
    parts = split_text(text)
    for number, part in enumerate(parts):
        reply = ReplyParameters(quoted, allow_sending_without_reply=True) if quoted and not number else None
        last = keyboard if number == len(parts) - 1 else None
        try:
            message = await _send(bot, place, part, reply, last)
        except Unsure:
            if not sent:
                raise
            continue
        sent.append(message.message_id)
    return sent


async def _send(
    bot: Bot,
    place: Place,
    text: str,
    reply: ReplyParameters | None,
    keyboard: InlineKeyboardMarkup | ForceReply | None,
) -> Message:
    assert place.chat is not None
    chat = place.chat

    def request() -> Awaitable[Message]:
        return bot.send_message(
            chat, text, message_thread_id=place.thread, reply_parameters=reply, reply_markup=keyboard
        )

    try:
        return await persistently(request)
    except ChatMigrated as error:  # the group has become a supergroup, with another number
        chat, reply = error.new_chat_id, None
        return await persistently(request)


async def edit_text(
    bot: Bot, place: Place, message: int, text: str, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Put another text in the place of a message of ours; a text that is the same already is fine.

    Raises:
        Gone: see there; as well where the text is too long for one message.
        Unwelcome: as `persistently`.
    """
    if len(split_text(text)) != 1:
        raise Gone("too long for one message")
    try:
        # An edit that timed out is safe to repeat, but the text may well be there: either is fine.
        with contextlib.suppress(Unsure):
            await persistently(lambda: bot.edit_message_text(text, place.chat, message, reply_markup=keyboard))
    except BadRequest as error:
        if "not modified" not in error.message.lower():
            raise Gone(error.message) from None
    except ChatMigrated:
        raise Gone("the group has another number now") from None


async def delete_messages(bot: Bot, place: Place, messages: Sequence[int]) -> None:
    """Delete messages of ours, where Telegram still lets us."""
    for message in messages:
        with contextlib.suppress(TelegramError):
            await bot.delete_message(place.chat or 0, message)
