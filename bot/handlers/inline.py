"""Inline mode: whoever writes the bot's name and a news text in any chat may choose among headlines to send there.

Telegram sends a query for nearly each letter that is typed, and what is chosen is the person's own message: nothing of
it is stored, and `chosen_inline_result` is not asked for, since a choice without the text it was made for teaches no
model anything.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineQuery, InlineQueryResultArticle, InlineQueryResultsButton, InputTextMessageContent
from telegram.error import BadRequest

from bot.answers import HEADLINES_AT_ONCE, Headlines
from bot.arrivals import STALE_SECONDS
from bot.desk import Case, Outcome
from bot.handlers.headlines import new_headlines
from bot.handlers.words import FROM_INLINE
from bot.newest import Superseded
from bot.sending import Unsure, persistently
from bot.splitting import utf16_units
from bot.store.incoming import storable
from nlp.constraints import width
from nlp.text import script_language

PAUSE_SECONDS = 0.3
"""Who types on within it costs the models nothing."""
MOST_QUERY_UNITS = 256
"""From core.telegram.org/bots/api#inlinequery; what is longer, Telegram cuts off without a word to anybody."""
LEAST_WIDTH = 15
"""Of a text that headlines are offered for (see `nlp.constraints.width`): about half a sentence."""
CACHE_SECONDS = 60
"""How long Telegram may answer the same text of the same person by itself. The same text has the same headlines, so
whoever goes back and forth in it need not wait; no longer, since models and settings change; for that person alone,
since hints are in their language."""
MOST_DESCRIBED = 100
"""Characters of the text under each headline: what a telephone shows in two lines."""
_NEAR_THE_LIMIT = 1
"""Units that may be missing where a character of two would have stood, or a space that Telegram strips."""
_TOO_LATE = "query is too old"


@dataclass(frozen=True)
class _Offer:
    """What a person is shown."""

    headlines: Sequence[str] = ()
    hint: str = ""
    """On the button above, which leads to the private chat; empty for no button."""


async def offer_headlines(case: Case) -> Outcome:
    """Answer an inline query, unless the person has typed on, or it is too late: then it expires."""
    query, desk, number = case.update.inline_query, case.desk, case.update.update_id
    assert query is not None
    try:
        offer = await desk.newest.work(query.from_user.id, number, _offer(case, query))
    except Superseded:
        return Outcome("expired", "the person has typed on")
    if offer is None or desk.arrivals.is_stale(number):
        return Outcome("expired", "too late for an answer")
    return await _answer(case, query, offer)


async def _offer(case: Case, query: InlineQuery) -> _Offer | None:
    """What the person is shown; None where it is too late for that."""
    desk, texts, article = case.desk, case.texts, storable(query.query).strip()
    if not article:
        return _Offer(hint=texts.inline_empty)
    if width(article) < LEAST_WIDTH:
        return _Offer(hint=texts.inline_short)
    language = script_language(article)
    if language not in desk.models.headlines:
        return _Offer(hint=texts.no_headline_model)
    await asyncio.sleep(PAUSE_SECONDS)
    async with desk.newest.room:
        if desk.arrivals.is_stale(case.update.update_id):
            return None
        generation = await desk.ask(Headlines(desk.models, language, HEADLINES_AT_ONCE), article)
    headlines = new_headlines(generation)
    if not headlines:
        return _Offer(hint=texts.headline_none)
    is_cut = utf16_units(query.query) >= MOST_QUERY_UNITS - _NEAR_THE_LIMIT
    return _Offer(headlines, texts.inline_cut if is_cut else "")


async def _answer(case: Case, query: InlineQuery, offer: _Offer) -> Outcome:
    described = _beginning(storable(query.query))
    results = [
        InlineQueryResultArticle(str(number), headline, InputTextMessageContent(headline), description=described)
        for number, headline in enumerate(offer.headlines, 1)
    ]
    button = InlineQueryResultsButton(offer.hint, start_parameter=FROM_INLINE) if offer.hint else None
    try:
        async with asyncio.timeout(STALE_SECONDS["inline_query"]):
            await persistently(
                lambda: case.desk.bot.answer_inline_query(
                    query.id, results, cache_time=CACHE_SECONDS, is_personal=True, button=button
                )
            )
    except TimeoutError:
        return Outcome("expired", "Telegram could not be reached in time")
    except Unsure:
        case.unsure = True
    except BadRequest as error:
        if _TOO_LATE not in error.message.lower():
            raise
        return Outcome("expired", "too late for an answer")
    return Outcome(detail="" if case.unsure else f"{len(results)} headlines inline")


def _beginning(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_DESCRIBED else f"{line[: MOST_DESCRIBED - 1].rstrip()}…"
