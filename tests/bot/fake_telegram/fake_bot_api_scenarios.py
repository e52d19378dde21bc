"""How tests use the fake: scenarios in an event loop of their own, and the mark of those that need the spec."""

import asyncio
import functools

import pytest

from tests.bot.fake_telegram.fake_bot_api_spec import SPEC_FILE

LIMIT_SECONDS = 120.0

needs_spec = pytest.mark.skipif(
    not SPEC_FILE.exists(), reason="no shared/telegram/bot-api-10.0.json beside the repository to check against"
)


def scenario(test):
    """Run a test that is a coroutine function; one that hangs fails after two minutes."""

    @functools.wraps(test)
    def run(*arguments, **fixtures):
        async def limited():
            async with asyncio.timeout(LIMIT_SECONDS):
                await test(*arguments, **fixtures)

        asyncio.run(limited())

    return run
