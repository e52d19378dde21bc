"""What the bot says about itself depends on what Telegram lets it do."""

import asyncio
from types import SimpleNamespace

import pytest

from bot.handlers.words import show_help
from bot.texts import all_texts


def help_said(texts, supports_inline):
    """The answer to /help where getMe has said this of inline queries."""
    said = []

    async def say(text):
        said.append(text)

    bot = SimpleNamespace(supports_inline_queries=supports_inline)
    asyncio.run(show_help(SimpleNamespace(texts=texts, desk=SimpleNamespace(bot=bot), say=say)))
    return said[0].splitlines()


@pytest.mark.parametrize("language", all_texts())
def test_the_help_tells_of_inline_use_only_where_botfather_has_switched_it_on(language):
    texts = all_texts()[language]
    with_hint = help_said(texts, True)
    assert with_hint.count(texts.help_inline) == 1
    without = [line for line in with_hint if line != texts.help_inline]
    assert help_said(texts, False) == help_said(texts, None) == without
    assert "256" not in "".join(without)
