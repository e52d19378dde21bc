"""What the bot says to admins: the same keys and fields in both languages, each short enough for Telegram."""

from dataclasses import asdict, fields

import pytest

from bot.splitting import utf16_units
from bot.texts import placeholders
from bot.texts.admins import AdminTexts, admin_texts_of
from nlp.text import has_han

ENGLISH, CHINESE = admin_texts_of("en"), admin_texts_of("zh")
MOMENTARY = ("model_loading", "retrain_at_work", "retrain_stops", "retrain_over", "retrain_other")
NAMES = [each.name for each in fields(AdminTexts)]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_fill_in_the_same_and_are_what_they_say(name):
    english, chinese = getattr(ENGLISH, name), getattr(CHINESE, name)
    assert placeholders(english) == placeholders(chinese)
    assert has_han(chinese) and not has_han(english)


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_text_fits_where_it_goes(texts):
    for name, text in asdict(texts).items():
        most = 200 if name in MOMENTARY else 64 if name.startswith("button_") else 2000
        assert 0 < utf16_units(text) <= most, name
        assert text == text.strip(), name
