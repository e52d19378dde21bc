"""How far a document is: a message sent when the work lasts and edited as it goes on, with a button to cancel."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from telegram.error import TelegramError

from bot.buttons import cancel_buttons
from bot.desk import Case
from bot.document_work import OpenDocument
from bot.logs import described, log_event
from bot.sending import Gone, Unsure, Unwelcome, delete_messages, edit_text, send_text
from bot.store import Store, StoreError

SHOWN_AFTER_SECONDS, EDITED_EVERY_SECONDS = 1.0, 2.0
"""Telegram allows a message or an edit a second in a chat; the pause leaves some for what else is said there."""
_REMEMBERED = "document"
"""Among a chat's settings: the message of the document and that of its progress, which the next process goes on in."""


@asynccontextmanager
async def progress_of(case: Case, opened: OpenDocument) -> AsyncIterator[None]:
    """Show how far a document is, as long as the block lasts; at its end the message goes, or says where it ended."""
    shown, done = _Shown(case, opened), asyncio.Event()
    task = asyncio.create_task(shown.keep(done))
    try:
        yield
    finally:
        done.set()
        if opened.ending == "stopped":
            task.cancel()
        await asyncio.wait([task])  # not cancelled: an edit that is on its way could arrive after the last one
        if opened.ending != "stopped":
            await shown.end()


class _Shown:
    """The message with the progress of a document, once there is one."""

    def __init__(self, case: Case, opened: OpenDocument) -> None:
        self._case, self._opened = case, opened
        about, message = case.preferences.get(_REMEMBERED) or (0, 0)
        self._message: int | None = message if about == opened.message else None
        self._is_lost = False

    async def keep(self, done: asyncio.Event) -> None:
        """Show and edit it until the event is set; a person who does not want the bot any more ends the work."""
        try:
            await keep_showing(self._show, self._text, done)
        except Unwelcome:
            self._opened.break_off("unwelcome")
        except TelegramError as error:
            log_event("no progress is shown", logging.WARNING, error=described(error))

    async def end(self) -> None:
        """Take it away, or say that the work was cancelled."""
        case, opened = self._case, self._opened
        if self._message is None or opened.ending == "unwelcome":
            return
        if opened.ending != "forgotten":
            await self._remember(None)
        with suppress(Gone, Unwelcome, TelegramError):
            if opened.ending:
                numbers = {"done": f"{opened.done:,}", "total": f"{opened.total:,}"}
                text = case.texts.document_cancelled.format(**numbers) if opened.total else case.texts.document_stops
                await edit_text(case.desk.bot, case.place, self._message, text)
            else:
                await delete_messages(case.desk.bot, case.place, [self._message])

    def _text(self) -> str:
        if not self._opened.total:
            return self._case.texts.document_reading
        return self._case.texts.document_progress.format(done=f"{self._opened.done:,}", total=f"{self._opened.total:,}")

    async def _show(self, text: str) -> None:
        case = self._case
        if self._is_lost or self._opened.ending:
            return
        keyboard = cancel_buttons(case.texts, case.language, self._opened.message)
        try:
            if self._message is None:
                (self._message,) = await send_text(case.desk.bot, case.place, text, keyboard=keyboard)
                await self._remember([self._opened.message, self._message])
            else:
                await edit_text(case.desk.bot, case.place, self._message, text, keyboard)
        except (Gone, Unsure):  # the person has deleted it, or nobody knows its number
            self._is_lost = True

    async def _remember(self, value: list[int] | None) -> None:
        """Note where the progress stands, for the process after this one; no more than a comfort."""
        if value is None or not self._opened.ending:
            with suppress(StoreError):
                await self._case.desk.recall(Store.remember_settings, self._case.chat, {_REMEMBERED: value})


async def keep_showing(
    show: Callable[[str], Coroutine[Any, Any, None]],
    text: Callable[[], str],
    done: asyncio.Event,
    first_after_seconds: float = SHOWN_AFTER_SECONDS,
    every_seconds: float = EDITED_EVERY_SECONDS,
) -> None:
    """Show a text when work lasts, and again when it has changed, with a pause between, until the event is set."""
    shown, pause = "", first_after_seconds
    while not await _is_set_within(done, pause):
        pause = every_seconds
        if (now := text()) != shown:
            await show(now)
            shown = now


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
