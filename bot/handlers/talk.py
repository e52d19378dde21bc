"""Chat: a message is answered in the light of what was said before it."""

import asyncio
from collections.abc import Sequence

from telegram import MessageOriginChannel

from bot.addressing import is_private
from bot.answers import ChatReplies, Findings
from bot.buttons import offer_buttons, rating_buttons
from bot.desk import Case, Outcome
from bot.models import Models
from bot.news import may_be_news, reads_as_news
from bot.presence import typing
from bot.rating import can_be_judged
from bot.store import Exchange, Store
from bot.texts import texts_of
from nlp.companion import Reply
from nlp.companion.languages import LANGUAGES
from nlp.companion.rules import finding
from nlp.config import Language

REMEMBERED_EXCHANGES = 6
"""Twelve turns, as many as `nlp.companion.CompanionConfig` keeps by default."""


async def talk(case: Case) -> Outcome:
    """Reply to a message, or offer headlines where it looks like news."""
    assert case.message is not None
    if case.earlier and case.earlier.text == case.text:
        return Outcome(detail="edited, but not its text")
    if is_private(case.message) and may_be_news(case.message) and not await _needs_a_reply(case):
        return await _offer(case)
    return await _reply(case, case.text, case.message.message_id)


async def talk_after_offer(case: Case) -> Outcome:
    """Reply to a text that headlines were offered for: the person only wants to talk."""
    await case.answer_press()
    if case.earlier is None:
        await case.edit(case.texts.headline_gone)
        return Outcome(detail="the text is gone")
    return await _reply(case, case.earlier.text, case.earlier.message_id)


async def care_first(case: Case) -> Outcome | None:
    """The reply to the text of a command, or to what stands under a file, where it tells of danger: it goes before
    whatever is asked for. None where it tells of none, or where it is news, which tells of dangers to others.
    """
    if case.message is None or not case.text or _is_of_channel(case):
        return None
    found = await asyncio.to_thread(finding, case.text)  # not in the models' line: commands do not wait there
    if found is None or found.rule == "abuse" or reads_as_news(case.text, is_forwarded=found.rule != "self"):
        return None
    return await _reply(case, case.text, case.message.message_id)


async def turns_before(case: Case, message_id: int) -> tuple[str, ...]:
    """What was said in this chat and thread before a message, oldest first. Raises: StoreError."""
    before = await case.desk.recall(Store.history, case.chat, case.thread, REMEMBERED_EXCHANGES, message_id)
    return tuple(turn for exchange in before for turn in turns_of(exchange))


def turns_of(exchange: Exchange) -> Sequence[str]:
    """The two turns of an exchange."""
    return (exchange.text, exchange.reply)


async def _needs_a_reply(case: Case) -> bool:
    """Whether a long text is no news, but somebody in danger who tells of it; posts of channels others have written."""
    return not _is_of_channel(case) and await case.desk.ask(Findings(), case.text)


def _is_of_channel(case: Case) -> bool:
    return case.message is not None and isinstance(case.message.forward_origin, MessageOriginChannel)


async def _reply(case: Case, text: str, message_id: int) -> Outcome:
    turns, models = (*await turns_before(case, message_id), text), case.desk.models
    async with typing(case.desk.bot, case.place):
        reply = await case.desk.ask(ChatReplies(models, case.style, set_language(case)), turns)
    said, model = spoken(models, reply)
    judged = case.shows_ratings and can_be_judged(said, model)
    messages = await case.say(said, rating_buttons(case.language) if judged else None)
    return Outcome(exchange=case.exchange(text, said, messages, model=model))


def set_language(case: Case) -> Language:
    """The language of a message that tells none: as set, or as the person's Telegram is."""
    chosen = case.preferences.get("language")
    return chosen if chosen in LANGUAGES else case.language


def spoken(models: Models, reply: Reply) -> tuple[str, str]:
    """What is said, and the name of the model that wrote it, empty where a rule did; `models` replied."""
    dialogue = models.dialogue
    if reply.generation is not None and reply.language not in dialogue:
        return texts_of(reply.language).no_chat_model, ""
    return reply.text, dialogue.name(reply.language) if reply.origin == "model" else ""


async def _offer(case: Case) -> Outcome:
    question = case.texts.headline_offer
    messages = await case.say(question, offer_buttons(case.texts, case.language))
    return Outcome(exchange=case.exchange(case.text, question, messages, kind="offer"))
