"""Words for those who get no answer: too much of theirs waits, or something has failed. They are no more than a
courtesy, so whatever goes wrong with them does not matter."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from telegram import Message, Update

from bot.addressing import text_of
from bot.desk import Case, Desk, open_case
from bot.logs import described, log_event
from bot.places import place_of
from bot.sending import send_text
from bot.texts import Texts

GATHERED_SECONDS = 1.0
"""Telegram lets a bot write to a chat once a second: what is refused meanwhile is told of together."""
MOST_SECONDS = 30.0
"""After so long nobody waits for the words any more, nor does the end of the bot."""
_NAMED_CHARACTERS = 60


@dataclass(eq=False)
class _Row:
    """Messages of one chat and thread that were refused and are to be told of together."""

    refused: list[Case] = field(default_factory=list)
    told: "asyncio.Task[None] | None" = None


class Apologies:
    """Says why there is no answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rows: dict[tuple[int, int], _Row] = {}

    async def say(self, update: Update, text: Callable[[Texts], str], *, begun: bool = False) -> None:
        """Say something in place of an answer.

        A press gets it as words that are shown for a moment; once work on it has `begun`, Telegram would show none any
        more, so they go into the chat, as for messages. Nobody waits for words about a reaction.
        """
        if update.message_reaction:
            return
        with contextlib.suppress(Exception):
            case = await open_case(self._desk, update)
            if update.callback_query and not begun:
                await case.answer_press(text(case.texts))
            elif place_of(update).chat is not None:
                await case.say(text(case.texts), anew=True, quotes=True)

    async def say_busy(self, update: Update, *, begun: bool = False) -> None:
        """Say that too much waits: of messages, which ones are refused. Returns when it is said, or cannot be."""
        if update.callback_query:
            await self.say(update, lambda texts: texts.busy_press, begun=begun)
        elif update.message or update.edited_message:
            with contextlib.suppress(Exception):
                await self._gathered(await open_case(self._desk, update))

    async def _gathered(self, case: Case) -> None:
        row = self._rows.get((case.chat, case.thread))
        if row is None:
            row = self._rows[case.chat, case.thread] = _Row()
            row.told = asyncio.create_task(self._tell(case, row))
        row.refused.append(case)
        assert row.told is not None
        await asyncio.shield(row.told)

    async def _tell(self, first: Case, row: _Row) -> None:
        await asyncio.sleep(GATHERED_SECONDS)
        del self._rows[first.chat, first.thread]  # who comes from now on is told the next time
        try:
            async with asyncio.timeout(MOST_SECONDS):
                quoted = first.message.message_id if first.message else None
                await send_text(self._desk.bot, first.place, _said(row.refused), quoted=quoted)
        except Exception as error:
            log_event("a refusal could not be told", logging.WARNING, error=described(error), count=len(row.refused))


def _said(refused: list[Case]) -> str:
    """What is said of messages that were refused; the first of them is quoted."""
    texts = refused[0].texts
    if len(refused) == 1:
        return texts.busy
    return texts.busy_several.format(messages="\n".join(_name(case.message, texts) for case in refused))


def _name(message: Message | None, texts: Texts) -> str:
    """How a person knows a message again: by its beginning, or the name of its file."""
    if message is None:
        return texts.busy_wordless
    text = " ".join(text_of(message).split())
    if not text:
        return (message.document.file_name if message.document else None) or texts.busy_wordless
    return f"“{text}”" if len(text) <= _NAMED_CHARACTERS else f"“{text[:_NAMED_CHARACTERS].rstrip()}…”"
