"""Requests that must get through: repeated where that is safe, their refusals put into words of ours."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import httpx
from telegram import Bot, ForceReply, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.pacing import seconds_of
from bot.places import Place
from bot.splitting import split_text
from bot.store.migration import seen_from_old

T = TypeVar("T")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
_LOGGER = logging.getLogger(__name__)
_OF_CHATS = ("not enough rights", "no rights to send", "chat not found", "chat_write_forbidden")
_OF_TOPICS = ("topic_closed", "topic_deleted", "message thread not found")
"""What Telegram says in refusals of the kind 400 that are about the chat, or the topic, and not about the request."""
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Unwelcome(Exception):
    """The bot may not write to this chat: it was blocked, thrown out, or has no right to."""


class TopicClosed(Unwelcome):
    """The bot may not write to this topic of a forum: it was closed or deleted."""


class Unsure(Exception):
    """The request timed out, or its answer cannot be read; it may have been carried out, and to repeat it could say
    everything twice."""


class Gone(Exception):
    """The message that was to be edited is not there any more, or may not be edited."""


async def persistently(request: Callable[[], Awaitable[T]]) -> T:
    """Make a request until it gets through; an outage is waited out, however long.

    Where the connection breaks after the request has left (`httpx.ReadError`), nobody knows whether Telegram carried it
    out. It is made again, so that no reply is lost in an outage; a reply whose answer was lost can so come twice.

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
            said = error.message.lower()
            if any(words in said for words in _OF_TOPICS):
                raise TopicClosed(error.message) from None
            if any(words in said for words in _OF_CHATS):
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
        last = keyboard if number == len(parts) - 1 else None
        request = partial(bot.send_message, text=part, message_thread_id=place.thread, reply_markup=last)
        try:
            sent.append(await deliver(place, request, quoted=None if number else quoted))
        except Unsure:
            if not sent:
                raise
    return sent


async def deliver(place: Place, request: Callable[..., Awaitable[Message]], *, quoted: int | None = None) -> int:
    """Make a request that sends one message, and answer its number; `chat_id` and `reply_parameters` are added to it.

    To a group that has become a supergroup it is sent under the new number, without a quotation, for the same numbers
    are other messages there; the answer is then as seen from the old chat, which `bot.store.migration` understands.
    Raises: as `persistently`.
    """
    reply = ReplyParameters(quoted, allow_sending_without_reply=True) if quoted else None
    try:
        return (await persistently(lambda: request(chat_id=place.chat, reply_parameters=reply))).message_id
    except ChatMigrated as error:
        new = error.new_chat_id
        return seen_from_old((await persistently(lambda: request(chat_id=new, reply_parameters=None))).message_id)


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
