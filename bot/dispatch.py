"""From an update to its handler, and from there to its one final state."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from telegram import Message, Update

from bot.addressing import is_for_bot, is_of_bot, text_of, words_for_bot
from bot.apologies import Apologies
from bot.buttons import read_press
from bot.desk import UNSURE, Case, Desk, Outcome, open_case
from bot.handlers import (
    arena,
    documents,
    edits,
    feedback,
    figures,
    groups,
    headlines,
    inline,
    models,
    personal,
    preferences,
    retraining,
    talk,
    why,
    words,
)
from bot.inference import Full, Stopped
from bot.lanes import Work
from bot.logs import described, log_event
from bot.places import command_of, place_of
from bot.sending import TopicClosed, Unwelcome
from bot.store import Store, StoreDamaged, StoreError

T = TypeVar("T")

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0


@dataclass(frozen=True)
class Route:
    """Who handles something, and when."""

    handle: Callable[[Case], Awaitable[Outcome]]
    work: Work = Work.AT_ONCE
    refused: str = ""
    """Why nobody handles it, in a few words; empty where somebody does."""


COMMANDS = {
    "start": Route(words.start),
    "help": Route(words.show_help),
    "headline": Route(headlines.headline, Work.MODEL),
    "why": Route(why.why, Work.MODEL),
    "settings": Route(preferences.show_settings),
    "reset": Route(preferences.reset, Work.ORDERED),
    "privacy": Route(words.privacy),
    "export": Route(personal.export),
    "forget": Route(personal.ask_to_forget),
    "arena": Route(arena.arena, Work.MODEL),
    "stats": Route(figures.stats),
    "models": Route(models.show_models),
    "retrain": Route(retraining.retrain),
}
PRESSES = {
    "headlines": Route(headlines.headline_after_offer, Work.MODEL),
    "chat": Route(talk.talk_after_offer, Work.MODEL),
    "more": Route(headlines.more_headlines, Work.MODEL),
    "why": Route(why.why_pressed, Work.MODEL),
    "style": Route(preferences.set_style),
    "language": Route(preferences.set_language),
    "ratings": Route(preferences.set_ratings),
    "rate": Route(feedback.rate),
    "arena": Route(arena.judge),
    "again": Route(arena.last_again, Work.MODEL),
    "models": Route(models.choose_model),
    "retrain": Route(retraining.decide),
    "cancel": Route(documents.cancel_document),
    "forget": Route(personal.forget),
    "keep": Route(personal.keep),
}
EDITABLE = ("", "headline")
"""Commands whose edit has their answer edited; "" is a message without a command. So has /arena with a message."""
UPDATE_KINDS = ["message", "edited_message", "callback_query", "inline_query", "my_chat_member", "message_reaction"]
"""What Telegram is asked to send."""


async def _ignore(_: Case) -> Outcome:
    raise AssertionError("what is refused is not handled")


_TALK, _REACTION = Route(arena.talk_twice_or_once, Work.MODEL), Route(feedback.react)
_DOCUMENT, _INLINE, _MOVED = Route(documents.document), Route(inline.offer_headlines), Route(groups.moved, Work.ORDERED)
_CAPTION = Route(documents.edited_caption)
_WORDLESS, _UNKNOWN = Route(words.wordless), Route(words.unknown_command)
_WITH_CARE = (_TALK, _INLINE, COMMANDS["arena"])
"""What sees to danger itself, or is not said to the bot."""
_NEVER_TOO_MUCH = (_MOVED, _INLINE)
"""What is handled however much waits: one comes but once, and of the other each ends the one before it."""
_MEMBERSHIP, _OLD_BUTTON = Route(groups.membership), Route(words.old_button)
_IGNORED, _OF_BOT = Route(_ignore, refused="not for the bot"), Route(_ignore, refused="written by a bot")


def route_of(desk: Desk, update: object) -> Route:
    """Who handles an update; where even that fails, a route that fails, so that the update becomes a dead letter."""
    try:
        return _found_route(desk, update)
    except Exception as error:
        return Route(partial(_fail, error))


async def _fail(error: Exception, _: Case) -> Outcome:
    raise error


def _found_route(desk: Desk, update: object) -> Route:
    if not isinstance(update, Update):
        return _IGNORED
    if query := update.callback_query:
        press = read_press(query.data)
        return PRESSES.get(press.action, _OLD_BUTTON) if press and query.message else _OLD_BUTTON
    if update.inline_query:
        return _INLINE
    if update.my_chat_member:
        return _MEMBERSHIP
    if update.message_reaction:
        return _REACTION if feedback.judgement_of(update.message_reaction) is not None else _IGNORED
    message = update.message or update.edited_message
    if message and (message.migrate_to_chat_id or message.migrate_from_chat_id):
        return _MOVED
    if message and is_of_bot(message):
        return _OF_BOT
    if message is None or not is_for_bot(message, desk.bot):
        return _IGNORED
    command, has_words = command_of(update), bool(words_for_bot(message, desk.bot))
    if update.edited_message and command not in EDITABLE:
        return COMMANDS[command] if command == "arena" and has_words else _turned_into(command)
    if documents.is_document(message) and (not command or (command == "headline" and not has_words)):
        return _DOCUMENT if update.message else _CAPTION
    if command:
        return COMMANDS.get(command, _UNKNOWN)
    return _TALK if text_of(message).strip() else _of_wordless(message, update)


def _turned_into(command: str) -> Route:
    """The command that a message was edited into; it waits for what the message is still to be answered."""
    route = COMMANDS.get(command)
    if route is None:
        return _IGNORED
    work = Work.ORDERED if route.work is Work.AT_ONCE else route.work
    return Route(partial(edits.run_in_place, route.handle), work)


def _of_wordless(message: Message, update: Update) -> Route:
    """Something to look at or to hear is answered; a service message, such as a new title, is not."""
    is_content = bool(message.effective_attachment) and not update.edited_message
    return _WORDLESS if is_content else _IGNORED


class Dispatch:
    """Handles updates: each is begun, handled and finished, whatever happens on the way."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._apologies = Apologies(desk)

    def work_of(self, update: object) -> Work:
        """What an update asks for, for `bot.lanes`, which asks when it arrives."""
        route = route_of(self._desk, update)
        message = update.message if isinstance(update, Update) else None
        if message and message.media_group_id and text_of(message).strip() and route is not _DOCUMENT:
            self._desk.albums.note(message)
        return route.work

    async def handle(self, update: Update, _: Any = None) -> None:
        """Work on an update, and finish it.

        Where the process goes down meanwhile, the update goes on waiting, and is answered after the next start.
        """
        began = time.monotonic()
        if not await self._desk.arrivals.begin(update.update_id):
            return
        try:
            outcome = await self._outcome(update)
        except Stopped:
            return
        await self._finish(update, outcome, began)

    async def busy(self, update: object) -> None:
        """Tell a person that too much of theirs waits, and finish the update."""
        if not isinstance(update, Update):
            return
        route = route_of(self._desk, update)
        if route in _NEVER_TOO_MUCH:
            await self.handle(update)
            return
        if not await self._desk.arrivals.begin(update.update_id):
            return
        began = time.monotonic()
        if route.refused or not await self._is_allowed(update):
            await self._finish(update, Outcome("refused", route.refused or "not for the bot"), began)
            return
        await self._apologies.say_busy(update)
        await self._finish(update, Outcome("busy", "too many of this chat or person wait"), began)

    async def _finish(self, update: Update, outcome: Outcome, began: float) -> None:
        finished = await self._desk.arrivals.finish(update.update_id, outcome.state, outcome.detail, outcome.exchange)
        log_event(
            "update finished" if finished else "update was finished before",
            update=update.update_id,
            kind=next((key for key in UPDATE_KINDS if getattr(update, key)), "other"),
            state=outcome.state,
            detail=outcome.detail,
            seconds=round(time.monotonic() - began, 3),
        )

    async def _outcome(self, update: Update) -> Outcome:
        if self._desk.arrivals.is_stale(update.update_id):
            return Outcome("expired", "too late for an answer")
        route = route_of(self._desk, update)
        if route not in (_MOVED, _OF_BOT) and not await self._is_allowed(update):
            return await self._turn_away(update)
        if route.refused:
            return Outcome("refused", route.refused)
        begun = route.work is Work.MODEL  # such a press is answered first of all
        try:
            return await self._with_room(update, lambda: self._with_store(lambda: self._handled(update, route)))
        except Stopped:
            raise
        except Full:
            await self._apologies.say_busy(update, begun=begun)
            return Outcome("busy", "too many jobs wait for the models")
        except TopicClosed:
            return Outcome("refused", "the bot may not write to this topic")
        except Unwelcome:
            await self._with_store(lambda: self._desk.recall(Store.mark_inactive, place_of(update).chat or 0))
            return Outcome("refused", "the bot may not write to this chat")
        except Exception as error:
            log_event("a handler failed", logging.ERROR, update=update.update_id, error=described(error))
            await self._apologies.say(update, lambda texts: texts.failed, begun=begun)
            return Outcome("dead", described(error))

    async def _handled(self, update: Update, route: Route) -> Outcome:
        case = await open_case(self._desk, update)
        care = None if route in _WITH_CARE else await talk.care_first(case)
        outcome = care or await route.handle(case)
        if case.unsure and not outcome.detail:
            return replace(outcome, detail=UNSURE)
        return outcome

    async def _with_room(self, update: Update, work: Callable[[], Awaitable[T]]) -> T:
        """Do what asks the models; for what a former process accepted, again until there is room. Raises: Full."""
        while True:
            try:
                return await work()
            except Full:
                if self._desk.arrivals.attempts(update.update_id) is None:
                    raise
            await asyncio.sleep(_FIRST_PAUSE_SECONDS)

    async def _with_store(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what needs the store, again until that works: handlers read it before they send anything."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await work()
            except StoreError as error:
                logging.getLogger(__name__).error("%s Trying again in %g seconds.", error, pause)
                if isinstance(error, StoreDamaged):
                    with contextlib.suppress(StoreError):
                        await self._desk.recall(Store.reopen)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, 2 * pause)

    async def _is_allowed(self, update: Update) -> bool:
        """Whether the bot answers here; a group that has another number now is on the list under either."""
        settings, place = self._desk.settings, place_of(update)
        listed, chat = {*settings.allowed, *settings.admins}, place.chat
        if not settings.allowed or {chat, place.person} & listed:
            return True
        if chat is None or chat > 0:
            return False
        return await self._with_store(lambda: self._desk.recall(Store.former_chat, chat)) in listed

    async def _turn_away(self, update: Update) -> Outcome:
        """Say once that this is no bot for everybody: in a private chat, and at its beginning."""
        if command_of(update) == "start":
            await self._apologies.say(update, lambda texts: texts.not_for_me)
        return Outcome("refused", "not on the allow-list")
