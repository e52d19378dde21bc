"""What a judgement of a person is about: which replies can be judged, and what training needs of them."""

from collections.abc import Sequence
from functools import cache

from bot.answers import HEADLINES_AT_ONCE, ChatReplies
from bot.models import Models
from bot.store import Exchange
from bot.store.feedback import Rated
from nlp.companion.languages import LANGUAGES
from nlp.companion.wording import asides
from nlp.config import Language


def can_be_judged(reply: str, model: str) -> bool:
    """Whether a reply can be judged: a model wrote it, or had nothing fit to say.

    What is said to somebody in danger, or to abuse, no model is to learn.
    """
    return bool(model) or _language_of_aside(reply) is not None


def rated_of(models: Models, exchange: Exchange, before: Sequence[Exchange], message_id: int) -> Rated | None:
    """What a message of the bot is about, for `bot.store.feedback`; None if it is not to be judged."""
    if exchange.kind == "headline":
        return Rated(
            *("headline", exchange.text, (), first_headline(exchange, message_id), exchange.model), _people([exchange])
        )
    if exchange.kind != "chat" or not can_be_judged(exchange.reply, exchange.model):
        return None
    turns = [turn for each in before for turn in (each.text, each.reply)]
    context = ChatReplies(models).companion.context((*turns, exchange.text))[:-1]
    # The oldest of the exchanges may be there with its reply only.
    seen = list(before)[len(before) - (len(context) + 1) // 2 :]
    kind, model = ("chat", exchange.model) if exchange.model else ("aside", _silent_model(models, exchange.reply))
    return Rated(kind, exchange.text, context, exchange.reply, model, _people([*seen, exchange]))


def first_headline(exchange: Exchange, message_id: int) -> str:
    """The first headline in one of the messages about a news text: the one that the model ranks best there."""
    headlines, messages = exchange.reply.split("\n"), list(exchange.reply_message_ids)
    # Each message after the first holds those that "more" brought.
    page = messages.index(message_id) if message_id in messages else 0
    return headlines[min(HEADLINES_AT_ONCE * page, len(headlines) - 1)]


def _people(exchanges: Sequence[Exchange]) -> frozenset[int]:
    return frozenset(each.user_id for each in exchanges if each.user_id is not None)


def _silent_model(models: Models, aside: str) -> str:
    language = _language_of_aside(aside)
    return models.dialogue.name(language) if language is not None and language in models.dialogue else ""


@cache
def _languages_of_asides() -> dict[str, Language]:
    return {text: language for language in LANGUAGES for texts in asides(language).values() for text in texts}


def _language_of_aside(reply: str) -> Language | None:
    return _languages_of_asides().get(reply)
