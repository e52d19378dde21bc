"""What the bot says: the same keys in every language, each short enough for Telegram."""

from dataclasses import asdict, fields

import pytest

from bot.menu import COMMANDS, menu
from bot.splitting import utf16_units
from bot.texts import Texts, all_texts, placeholders, read_texts
from nlp.errors import ConfigError
from nlp.text import has_han

ENGLISH, CHINESE = all_texts()["en"], all_texts()["zh"]
NAMES = [each.name for each in fields(Texts)]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_fill_in_the_same(name):
    assert placeholders(getattr(ENGLISH, name)) == placeholders(getattr(CHINESE, name))


def test_each_language_is_what_it_says():
    others = {"language_en", "language_zh", "start"}  # these name the other language
    assert not [name for name in NAMES if name not in others and has_han(getattr(ENGLISH, name))]
    assert not [name for name in NAMES if name != "language_en" and not has_han(getattr(CHINESE, name))]


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_text_fits_where_it_goes(texts):
    for name, text in asdict(texts).items():
        answers = ("settings_saved", "not_your_button", "old_button", "busy_press", "failed")
        most = 200 if name in answers or name.startswith(("rated_", "rating_")) else 4096
        most = 64 if name.startswith(("button_", "ratings_", "better_placeholder")) else most
        most = 1000 if name in ("why_caption", "export_caption") else most
        assert 0 < utf16_units(text) <= most, name
        assert text == text.strip(), name


@pytest.mark.parametrize("texts", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_menu_names_every_command_that_the_help_explains(texts):
    assert [command.command for command in menu(texts)] == list(COMMANDS)
    assert all(f"/{name}" in texts.help for name in COMMANDS if name not in ("help", "start"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"help": None}, "missing help"),
        ({"helo": "x"}, "unknown key 'helo'. Did you mean 'help'"),
        ({"help": " "}, "help is empty"),
        ({"help": "a } b"}, "help: "),
        ({"help": 5}, "str is wanted"),
    ],
)
def test_a_file_of_texts_is_read_strictly(change, message):
    values = {name: value for name, value in {**asdict(ENGLISH), **change}.items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        read_texts(values, "xx.toml")
    assert message in str(caught.value) and "xx.toml" in str(caught.value)
