"""What several tests of the bot use: stores, models of random weights, and one bot at work that they share."""

import asyncio
import os
import threading
from types import SimpleNamespace

import pytest

from bot.store import Store
from tests.bot.bot_process import BotProcess, write_bundles
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi
from tests.bot.store_samples import Clock, without_flushing

os.environ.setdefault("PTB_TIMEDELTA", "1")  # else python-telegram-bot warns of each 429 that it meets


@pytest.fixture(scope="module")
def unflushed():
    """All stores of a module do without flushing, for modules that test neither kills nor the disk."""
    with without_flushing():
        yield


@pytest.fixture
def clock():
    """The time of the `store`, to be moved."""
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    """A new store, with the time of `clock`."""
    opened = Store(tmp_path / "bot.db", clock=clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def bot_models(tmp_path_factory):
    """Settings that name tiny models for chat and headlines in both languages."""
    return write_bundles(tmp_path_factory.mktemp("bot-models"))


@pytest.fixture(scope="session")
def shared_bot(tmp_path_factory, bot_models):
    """One bot on one fake server, which run in a thread of their own: `run(coroutine function, ...)` goes there.

    The tests share it, so each has people and chats of its own.
    """
    loop, ready, end = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    shared, failures = SimpleNamespace(), []

    async def serve():
        folder = tmp_path_factory.mktemp("bot")
        async with FakeBotApi() as shared.server, BotProcess(shared.server, folder, **bot_models) as shared.bot:
            await shared.server.called("getUpdates", timeout=60)
            ready.set()
            await end.wait()

    def work():
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            failures.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(120) and not failures, failures
    shared.run = lambda scene: asyncio.run_coroutine_threadsafe(scene(shared.server, shared.bot), loop).result(90)
    yield shared
    loop.call_soon_threadsafe(end.set)
    thread.join(120)
    loop.close()
    assert not failures, failures
