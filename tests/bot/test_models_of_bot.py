"""Other models in the place of those in use: what is loaded stays loaded, and nothing of what was exchanged."""

from pathlib import Path

import pytest

from bot.models import LoadedGenerators, find_models
from bot.settings import Settings
from nlp.bundle import BundleInfo
from nlp.errors import BundleError, UsageError

ENGLISH, CHINESE, OTHER = (
    BundleInfo(name, "dialogue", language, 1, 1, Path(name))
    for name, language in (("chat-en", "en"), ("chat-zh", "zh"), ("mine", "en"))
)


def in_use():
    """Two languages, both loaded."""
    return LoadedGenerators({"en": ENGLISH, "zh": CHINESE}, 1, {ENGLISH: "old", CHINESE: "chinese"})


def test_another_model_comes_loaded_or_not_and_the_rest_stays():
    before = in_use()
    after = before.replaced(OTHER, "new")
    assert (after["en"], after["zh"], after.name("en"), list(after)) == ("new", "chinese", "mine", ["en", "zh"])
    assert (before["en"], before.name("en"), after.language_of("chat-en")) == ("old", "chat-en", None)
    assert not before.replaced(OTHER, None).is_loaded("en")


def test_a_model_that_was_written_anew_in_its_place_is_loaded_anew():
    again = in_use().replaced(ENGLISH, None)
    assert not again.is_loaded("en") and again.is_loaded("zh")


def test_all_models_that_cannot_be_used_are_told_at_once(bot_models):
    chat, headlines = bot_models["dialogue_models"], bot_models["headline_models"]
    with pytest.raises(BundleError) as caught:
        find_models(Settings(dialogue_models=("nowhere", chat[0], chat[0]), headline_models=("nothing", chat[1])))
    message = str(caught.value)
    for part in ("no model 'nowhere'", "another dialogue model for en", "no model 'nothing'", "is for dialogue"):
        assert part in message
    assert message.count("\n") == 4
    with pytest.raises(UsageError, match="is for headlines, and is set for dialogue"):
        find_models(Settings(arena_models=(headlines[0],)))
