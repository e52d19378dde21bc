"""PTB's real poller over StoringRequest: acknowledged only when stored, never blocked, never dead without a word."""

import asyncio
import sqlite3

import httpx
import pytest
from telegram.error import NetworkError

from bot import polling
from bot.arrivals import Arrivals
from bot.polling import StoringRequest, watch_poller
from bot.store import Store
from bot.store.background import BackgroundStore
from tests.bot.loopback_telegram import LoopbackTelegram, answer, echo_bot, serve_until
from tests.bot.store_samples import message

pytestmark = pytest.mark.usefixtures("unflushed")
URL = "https://telegram.invalid/bot123:x/getUpdates"
UNREADABLE = {"update_id": 3, "message": {"text": "secret", "date": "yesterday"}}


@pytest.fixture
def with_arrivals(tmp_path):
    """Runs a coroutine function on new arrivals and their store."""

    def run(scene):
        async def whole():
            store = Store(tmp_path / "bot.db", busy_seconds=0.01)
            background = BackgroundStore(store)
            try:
                return await asyncio.wait_for(scene(Arrivals(background, first_pause_seconds=0.01), store), 60)
            finally:
                await background.close()

        return asyncio.run(whole())

    return run


async def poll(arrivals, telegram, times=1, **attributes):
    """Polls as PTB makes them: with the number after the last one that it was told."""
    async with StoringRequest(arrivals, httpx_kwargs=telegram.transport) as request:
        for name, value in attributes.items():
            setattr(request, name, value)
        return [await request.post(URL) for _ in range(times)], request.overdue_seconds()


def test_every_update_is_answered_once_and_then_acknowledged(with_arrivals):
    updates = [message(1), message(2), UNREADABLE, message(4), message(2), message(7)]
    telegram = LoopbackTelegram(updates)

    async def scene(arrivals, store):
        application = echo_bot(arrivals, telegram)
        await serve_until(application, arrivals, lambda: len(telegram.sent) == 4 and not arrivals.unfinished)
        return store.counts()

    counts = with_arrivals(scene)
    assert sorted(telegram.sent) == [1001, 1002, 1004, 1007]
    assert telegram.updates == [] and telegram.offsets[-1] == 8
    assert (counts["answered"], counts["dead"], sum(counts.values())) == (4, 1, 5)


def test_ptb_sees_only_the_last_number(with_arrivals):
    async def scene(arrivals, _):
        batch = [message(1), UNREADABLE, {"update_id": 9, "news_kind": {}}, "no update"]
        telegram = LoopbackTelegram(faults=[answer(batch)])
        return await poll(arrivals, telegram), arrivals.qsize()

    (answers, _), size = with_arrivals(scene)
    assert answers == [[{"update_id": 9}]] and size == 2


def test_nothing_is_acknowledged_while_the_store_does_not_work(with_arrivals, caplog):
    telegram = LoopbackTelegram([message(1)])

    async def scene(arrivals, store):
        application = echo_bot(arrivals, telegram)
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        async def let_go():
            while sum("Trying again" in record.getMessage() for record in caplog.records) < 2:
                await asyncio.sleep(0.01)
            assert set(telegram.offsets) == {0} and telegram.sent == []
            other.close()

        letting_go = asyncio.ensure_future(let_go())
        await serve_until(application, arrivals, lambda: telegram.sent and not arrivals.unfinished)
        await letting_go

    with_arrivals(scene)
    assert telegram.sent == [1001] and telegram.offsets[-1] == 2


@pytest.mark.parametrize(
    "content", [b"<html>secret</html>", b'{"ok": true, "result": ["secret"]}', b'{"ok": true}', b"[]", b"[" * 100_000]
)
def test_an_answer_that_is_no_batch_is_an_error_of_the_network(with_arrivals, caplog, content):
    async def scene(arrivals, _):
        with pytest.raises(NetworkError) as caught:
            await poll(arrivals, LoopbackTelegram(faults=[httpx.Response(200, content=content)]))
        return str(caught.value)

    assert "the answer to getUpdates" in with_arrivals(scene)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("status", [204, 302, 502])
def test_a_refusal_that_cannot_be_read_is_not_logged(with_arrivals, caplog, status):
    async def scene(arrivals, _):
        telegram = LoopbackTelegram(faults=[httpx.Response(status, content=b"<html>secret</html>")])
        async with StoringRequest(arrivals, httpx_kwargs=telegram.transport) as request:
            with pytest.raises(NetworkError) as caught:
                await request.post(URL)
        return str(caught.value)

    assert "secret" not in with_arrivals(scene) + caplog.text


def test_the_last_poll_of_a_bot_that_stops_stores_nothing(with_arrivals):
    telegram = LoopbackTelegram([message(1)])

    async def scene(arrivals, store):
        return await poll(arrivals, telegram, closing=True), store.counts()["waiting"]

    (answers, _), waiting = with_arrivals(scene)
    assert answers == [[]] and waiting == 0 and telegram.updates == [message(1)]


def test_a_poller_that_died_is_noticed(with_arrivals, caplog, monkeypatch):
    """As PTB 22.8 does it: a rejected token ends the polling task, and the updater says that it runs."""
    monkeypatch.setattr(polling, "MOST_SILENT_SECONDS", 0.05)
    rejected = httpx.Response(401, json={"ok": False, "error_code": 401, "description": "Unauthorized"})
    telegram = LoopbackTelegram(faults=[rejected])

    async def scene(arrivals, _):
        application = echo_bot(arrivals, telegram)
        async with application:
            await application.updater.start_polling()
            await watch_poller(application.bot._request[0], check_seconds=0.01)
            assert application.updater.running and len(telegram.offsets) == 1
            with pytest.raises(Exception, match="Unauthorized"):
                await application.updater.stop()

    with_arrivals(scene)
    assert "stopped asking Telegram" in caplog.text


def test_a_poller_that_works_or_was_asked_to_wait_is_left_alone(with_arrivals):
    asked = {"ok": False, "error_code": 429, "description": "later", "parameters": {"retry_after": 300}}

    async def scene(arrivals, _):
        async with StoringRequest(arrivals, httpx_kwargs=LoopbackTelegram().transport) as request:
            before = request.overdue_seconds()
        _, worked = await poll(arrivals, LoopbackTelegram([message(1)]))
        telegram = LoopbackTelegram(faults=[httpx.Response(429, json=asked)])
        async with StoringRequest(arrivals, httpx_kwargs=telegram.transport) as request:
            assert (await request.do_request(URL, "POST"))[0] == 429
            return before, worked, request.overdue_seconds()

    before, worked, asked_to_wait = with_arrivals(scene)
    assert before < 0 and -polling.MOST_SILENT_SECONDS <= worked < 0
    assert asked_to_wait < -300
