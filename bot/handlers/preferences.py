"""What a chat sets: style, language, whether its replies can be judged, as buttons; and a fresh start of its talk."""

from telegram import InlineKeyboardMarkup

from bot.answers import STYLES
from bot.buttons import AUTOMATIC, HIDDEN, SHOWN, language_name, settings_buttons, style_name
from bot.desk import Case, Outcome, chosen_language
from bot.handlers.arena import NEXT
from bot.store import Store
from nlp.companion.languages import LANGUAGES


async def show_settings(case: Case) -> Outcome:
    """/settings."""
    await case.say(_text(case), _buttons(case))
    return Outcome()


async def set_style(case: Case) -> Outcome:
    """A style was chosen."""
    return await _change(case, "style", case.press.about if case.press and case.press.about in STYLES else None)


async def set_language(case: Case) -> Outcome:
    """A language was chosen; "as you write" takes the choice away."""
    wanted = case.press.about if case.press and case.press.about in LANGUAGES else None
    return await _change(case, "language", wanted)


async def set_ratings(case: Case) -> Outcome:
    """Whether replies have 👍 and 👎 was chosen."""
    wanted = case.press.about if case.press and case.press.about in (SHOWN, HIDDEN) else None
    return await _change(case, "ratings", wanted)


async def _change(case: Case, name: str, value: str | None) -> Outcome:
    case.preferences = await case.desk.recall(Store.remember_settings, case.chat, {name: value})
    case.language = chosen_language(case)
    await case.answer_press(case.texts.settings_saved)
    await case.edit(_text(case), _buttons(case))
    return Outcome()


async def reset(case: Case) -> Outcome:
    """/reset: what was said in this chat and thread is forgotten, and that /arena waits for a message."""
    await case.desk.recall(Store.remember_settings, case.chat, {NEXT: None})
    await case.desk.recall(Store.forget_talk, case.chat, case.thread)
    await case.say(case.texts.reset_done)
    return Outcome()


def _text(case: Case) -> str:
    language = language_name(case.texts, case.preferences.get("language", AUTOMATIC))
    ratings = case.texts.ratings_shown if case.shows_ratings else case.texts.ratings_hidden
    return case.texts.settings.format(style=style_name(case.texts, case.style), language=language, ratings=ratings)


def _buttons(case: Case) -> InlineKeyboardMarkup:
    language = case.preferences.get("language", AUTOMATIC)
    return settings_buttons(case.texts, case.language, case.style, language, judged=case.shows_ratings)
