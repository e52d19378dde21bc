"""All that the bot says of its own, one TOML file a language, read strictly: each key there, none besides."""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from nlp.companion.languages import LANGUAGES
from nlp.config import Language, read_config
from nlp.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True)
class Texts:
    """The texts of one language. What stands in braces is filled in; button texts are short."""

    start: str
    help: str
    """{inline}: `help_inline` as a line of its own, or nothing."""
    help_inline: str
    privacy: str
    """{days}."""
    unknown_command: str
    not_for_me: str
    """To somebody who is not on the allow-list."""
    busy: str
    """As a reply to a message that is refused, as too many wait."""
    busy_several: str
    """{messages}: the beginning of each, one a line."""
    busy_wordless: str
    """In the place of such a beginning."""
    busy_press: str
    """For a moment, to a press."""
    failed: str
    only_text: str
    no_chat_model: str
    """No model chats in the person's language."""
    no_headline_model: str
    reset_done: str
    settings: str
    """{style}, {language}, {ratings}."""
    settings_saved: str
    style_precise: str
    style_balanced: str
    style_playful: str
    language_auto: str
    language_en: str
    language_zh: str
    ratings_shown: str
    ratings_hidden: str
    headline_usage: str
    headline_none: str
    headline_no_more: str
    headline_gone: str
    """The news under a button is not stored any more."""
    headline_cut: str
    """Only the beginning of the news was read."""
    headline_unreadable: str
    headline_offer: str
    inline_empty: str
    """Above the results of an inline query, and so the two after it."""
    inline_short: str
    inline_cut: str
    inline_whole: str
    """To somebody who comes from there."""
    document_reading: str
    document_progress: str
    """{done}, {total}."""
    document_done: str
    """{count}."""
    document_bad: str
    """{count}; before the reasons."""
    document_cancelled: str
    """{done}, {total}."""
    document_stops: str
    """To a press on the button that cancels."""
    document_over: str
    """The button under a document that is not at work."""
    document_one: str
    """Another document of the same person is at work."""
    document_unknown: str
    """And so to `document_gone`: why a document is refused."""
    document_too_large: str
    """{megabytes}."""
    document_too_many: str
    """{records}."""
    document_not_text: str
    document_no_column: str
    document_quotes: str
    document_empty: str
    document_gone: str
    button_cancel: str
    button_headlines: str
    button_chat: str
    button_copy: str
    """{number}."""
    button_more: str
    button_why: str
    why_nothing: str
    why_reply: str
    """To /why as a reply to a message about which nothing was said."""
    why_rule: str
    why_caption: str
    """{text}."""
    why_unknown_model: str
    rated_up: str
    rated_up_headline: str
    """A 👍 under three headlines counts for the first."""
    rated_down: str
    rating_taken_back: str
    rating_gone: str
    """What was judged is not stored any more."""
    ask_better_reply: str
    ask_better_headline: str
    better_placeholder: str
    """In the empty field where the better answer is written."""
    correction_kept: str
    correction_withdrawn: str
    """A better answer came, but the 👎 had been taken back."""
    arena_next: str
    arena_question: str
    """{a}, {b}: the two answers."""
    arena_result: str
    """{a}, {a_name}, {b}, {b_name}, {verdict}: one of the two below."""
    arena_better: str
    """{letter}."""
    arena_tie: str
    arena_thanks: str
    """For a moment, to a press, and so to `arena_gone`."""
    arena_counted: str
    arena_gone: str
    arena_judged: str
    arena_same: str
    arena_only_private: str
    button_arena_last: str
    button_arena_tie: str
    export_caption: str
    export_only_private: str
    forget_question: str
    button_forget: str
    button_keep: str
    forget_done: str
    forget_kept: str
    not_your_button: str
    old_button: str
    command_start: str
    """What stands beside a command in Telegram's menu, and so those after it."""
    command_help: str
    command_headline: str
    command_why: str
    command_arena: str
    command_settings: str
    command_reset: str
    command_privacy: str
    command_export: str
    command_forget: str


def read_texts(values: Mapping[str, Any], where: str) -> Texts:
    """The texts in `values`.

    Raises:
        ConfigError: a key is missing, unknown or empty, or braces do not match; `where` is named.
    """
    return read_filled(Texts, values, where)


def read_filled(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """Texts of another kind, read as strictly. Raises: ConfigError, as `read_texts`."""
    texts = read_config(kind, values, where)
    for each in fields(texts):  # type: ignore[arg-type]
        text = getattr(texts, each.name)
        try:
            placeholders(text)
        except ValueError as error:
            raise ConfigError(f"{where}: {each.name}: {error}.") from None
        if not text.strip():
            raise ConfigError(f"{where}: {each.name} is empty.")
    return texts


def placeholders(text: str) -> set[str]:
    """The names in braces. Raises: ValueError where braces do not match."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@cache
def texts_of(language: Language) -> Texts:
    """What the bot says in a language. Raises: ConfigError, as `read_texts`."""
    file = Path(__file__).with_name(f"{language}.toml")
    return read_texts(tomllib.loads(file.read_text(encoding="utf-8")), file.name)


def all_texts() -> dict[Language, Texts]:
    """The texts of all languages. Raises: ConfigError, as `read_texts`."""
    return {language: texts_of(language) for language in LANGUAGES}
