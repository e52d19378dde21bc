"""What the bot says to admins, in files of its own, read as strictly as the rest."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.texts import read_filled
from nlp.config import Language


@dataclass(frozen=True)
class AdminTexts:
    """The texts of one language. What stands in braces is filled in; button texts are short."""

    stats: str
    """{states}, {open}, {jobs}, {sending}, {memory}, {latency}, {ratings}, {arena}, {days}."""
    state_waiting: str
    """A final state of updates, or none yet (see `bot.store.State`), and so to `state_dead`."""
    state_answered: str
    state_busy: str
    state_expired: str
    state_refused: str
    state_dead: str
    latency: str
    """{median}, {high} in seconds, {count}."""
    arena: str
    """{one}, {other}, {won}, {lost}, {tied}, {share}: of one."""
    none_yet: str
    """In the place of figures."""
    task_dialogue: str
    task_headlines: str
    models: str
    """{models}."""
    models_back: str
    """A button, and so is `model_take_back`."""
    model_choose: str
    """{what}."""
    model_size: str
    """{megabytes}, {parameters}."""
    model_loaded: str
    model_not_loaded: str
    model_none: str
    model_loading: str
    """For a moment, to a press."""
    model_switched: str
    """{name}."""
    model_failed: str
    """{name}, {why}."""
    model_gone: str
    model_take_back: str
    """{name}."""
    model_taken_back: str
    """{name}, {folder}."""
    model_not_taken_back: str
    """{name}, {why}."""
    retrain_off: str
    retrain_usage: str
    retrain_unknown: str
    """{names}."""
    retrain_no_feedback: str
    retrain_asked: str
    """{name}, and so to `retrain_done`."""
    retrain_begun: str
    retrain_done: str
    retrain_rehearsing: str
    retrain_training: str
    retrain_promoting: str
    retrain_at_work: str
    """For a moment, to a press, and so the two after it."""
    retrain_stops: str
    retrain_over: str
    retrain_other: str
    """To a button of a retraining that is over."""
    retrain_cancelled: str
    retrain_failed: str
    retrain_discarded: str
    retrain_promoted: str
    """{name}, {folder}."""
    button_train: str
    button_promote: str
    button_discard: str


@cache
def admin_texts_of(language: Language) -> AdminTexts:
    """What the bot says to admins in a language. Raises: ConfigError, as `bot.texts.read_texts`."""
    file = Path(__file__).with_name(f"admins-{language}.toml")
    return read_filled(AdminTexts, tomllib.loads(file.read_text(encoding="utf-8")), file.name)
