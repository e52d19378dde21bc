"""The buttons under messages of the bot, and what their presses say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telegram import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot.answers import STYLES, Style
from bot.splitting import utf16_units
from bot.store.feedback import DOWN, NONE, UP, Rating
from bot.texts import Texts
from nlp.companion.languages import LANGUAGES
from nlp.config import Language

MOST_COPIED_UNITS = 256
"""From core.telegram.org/bots/api#copytextbutton."""
AUTOMATIC = "auto"
SHOWN, HIDDEN = "shown", "hidden"
"""Whether replies have 👍 and 👎, as a chat sets it."""
SIGNS: Mapping[Rating, str] = {UP: "👍", DOWN: "👎"}
"""On the buttons that judge a reply, and as reactions."""
_RATE = "rate"
_NAMES: Mapping[Rating, str] = {UP: "up", DOWN: "down"}


@dataclass(frozen=True)
class Press:
    """What a button says when it is pressed: an action, what it is about, and the language to go on in."""

    action: str
    about: str = ""
    language: Language = "en"

    @property
    def data(self) -> str:
        """As callback data, 64 bytes at most."""
        return f"{self.language}:{self.action}:{self.about}"


def read_press(data: str | None) -> Press | None:
    """The press that callback data says; None if it is none of ours, or of an older version."""
    language, _, rest = (data or "").partition(":")
    action, colon, about = rest.partition(":")
    return Press(action, about, language) if colon and language in LANGUAGES else None


def _button(text: str, action: str, language: Language, about: str = "") -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=Press(action, about, language).data)


def headline_buttons(
    headlines: Sequence[str], texts: Texts, language: Language, *, more: bool, judged: bool
) -> InlineKeyboardMarkup:
    """A button for each headline that copies it, then "more" and "why", and 👍 and 👎 if `judged`."""
    copying = [
        InlineKeyboardButton(texts.button_copy.format(number=number), copy_text=CopyTextButton(headline))
        for number, headline in enumerate(headlines, 1)
        if utf16_units(headline) <= MOST_COPIED_UNITS
    ]
    further = [_button(texts.button_more, "more", language)] if more else []
    why = _button(texts.button_why, "why", language)
    judging = _judging(language) if judged else []
    return InlineKeyboardMarkup([row for row in (copying, [*further, why, *judging]) if row])


def rating_buttons(language: Language) -> InlineKeyboardMarkup:
    """👍 and 👎."""
    return InlineKeyboardMarkup([_judging(language)])


def rating_of(press: Press) -> Rating:
    """The judgement that a press says; none where it is about something else."""
    return next((rating for rating in SIGNS if press.action == _RATE and press.about == _NAMES[rating]), NONE)


def with_rating(keyboard: InlineKeyboardMarkup, rating: Rating) -> InlineKeyboardMarkup:
    """The same buttons, with this judgement marked and no other."""
    return InlineKeyboardMarkup([[_marked(button, rating) for button in row] for row in keyboard.inline_keyboard])


def _judging(language: Language) -> list[InlineKeyboardButton]:
    return [_button(sign, _RATE, language, _NAMES[rating]) for rating, sign in SIGNS.items()]


def _marked(button: InlineKeyboardButton, rating: Rating) -> InlineKeyboardButton:
    press = read_press(button.callback_data if isinstance(button.callback_data, str) else None)
    own = rating_of(press) if press else NONE
    if press is None or own == NONE:
        return button
    return _choice(SIGNS[own], _RATE, _NAMES[own], press.language, own == rating)


def offer_buttons(texts: Texts, language: Language) -> InlineKeyboardMarkup:
    """Headlines for a text, or a talk about it."""
    headlines = _button(texts.button_headlines, "headlines", language)
    return InlineKeyboardMarkup([[headlines, _button(texts.button_chat, "chat", language)]])


def settings_buttons(
    texts: Texts, language: Language, style: Style, chosen: str, *, judged: bool
) -> InlineKeyboardMarkup:
    """The styles, the languages, and whether replies have 👍 and 👎; what is chosen is marked."""
    styles = [_choice(style_name(texts, each), "style", each, language, each == style) for each in STYLES]
    languages = [
        _choice(language_name(texts, each), "language", each, language, each == chosen)
        for each in (AUTOMATIC, *LANGUAGES)
    ]
    judging = [
        _choice(name, "ratings", value, language, (value == SHOWN) == judged)
        for name, value in ((texts.ratings_shown, SHOWN), (texts.ratings_hidden, HIDDEN))
    ]
    return InlineKeyboardMarkup([styles, languages, judging])


def cancel_buttons(texts: Texts, language: Language, message: int) -> InlineKeyboardMarkup:
    """Cancels the work on the document that came in a message."""
    return InlineKeyboardMarkup([[_button(texts.button_cancel, "cancel", language, str(message))]])


def forget_buttons(texts: Texts, language: Language, person: int) -> InlineKeyboardMarkup:
    """Delete, or keep; for the person who asked."""
    delete = _button(texts.button_forget, "forget", language, str(person))
    return InlineKeyboardMarkup([[delete, _button(texts.button_keep, "keep", language, str(person))]])


def style_name(texts: Texts, style: Style) -> str:
    """What people call a style."""
    names = {"precise": texts.style_precise, "balanced": texts.style_balanced, "playful": texts.style_playful}
    return names[style]


def language_name(texts: Texts, language: str) -> str:
    """What people call the choice of a language."""
    return {"en": texts.language_en, "zh": texts.language_zh}.get(language, texts.language_auto)


def _choice(name: str, action: str, value: str, language: Language, is_chosen: bool) -> InlineKeyboardButton:
    return _button(f"✓ {name}" if is_chosen else name, action, language, value)
