"""The port for machines: off by default, on loopback only, and 503 once the poller or the store is dead."""

import asyncio
import socket

import httpx
import pytest

from bot.health import Health, write_sign_of_life
from bot.store import Store, StoreUnavailable
from bot.store.background import BackgroundStore
from nlp.errors import UsageError
from tests.bot.bot_process import BotProcess
from tests.bot.fake_telegram.fake_bot_api import FakeBotApi


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class FakeStore:
    """Stands for `BackgroundStore`: works, fails or hangs."""

    def __init__(self):
        self.error, self.hangs = None, False

    async def run(self, method):
        assert method is write_sign_of_life
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error


class FakeMetrics:
    """Stands for `Metrics`."""

    def text(self):
        return b"kuaizui_updates_total 3\n"


def asking(test):
    """Run a coroutine function of a switch for the poller, a store, and a client."""

    def run():
        async def scene():
            alive, store, port = {"poller": True}, FakeStore(), free_port()
            health = Health(port, store, lambda: alive["poller"], FakeMetrics)
            await health.start()
            try:
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                    await test(alive, store, client)
            finally:
                await health.stop()

        asyncio.run(scene())

    return run


@asking
async def test_all_is_fine_as_long_as_updates_get_in_and_can_be_stored(alive, store, client):
    answer = await client.get("/healthz?from=somebody")
    assert (answer.status_code, answer.text) == (200, "fine\n")
    assert (await client.head("/healthz")).content == b""


@asking
async def test_a_dead_poller_and_a_dead_store_are_told(alive, store, client):
    alive["poller"] = False
    answer = await client.get("/healthz")
    assert answer.status_code == 503 and answer.text.startswith("poller: ") and "store" not in answer.text
    store.error = StoreUnavailable("The store does not work: /srv/somebody is full.")
    answer = await client.get("/healthz")
    assert answer.status_code == 503 and "store: cannot be written" in answer.text and "somebody" not in answer.text
    alive["poller"], store.error = True, None
    assert (await client.get("/healthz")).status_code == 200


@asking
async def test_the_metrics_are_told_and_nothing_else_is_there(alive, store, client):
    answer = await client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.text == "kuaizui_updates_total 3\n"
    assert (await client.get("/")).status_code == 404
    assert (await client.post("/healthz", content=b"x" * 10)).status_code == 405


def test_a_store_that_hangs_counts_as_dead(monkeypatch):
    monkeypatch.setattr("bot.health.PATIENCE_SECONDS", 0.01)

    @asking
    async def scene(alive, store, client):
        store.hangs = True
        answers = await asyncio.gather(client.get("/healthz"), client.get("/healthz"))
        assert [(answer.status_code, answer.text[:17]) for answer in answers] == [(503, "store: no answer ")] * 2

    scene()


def test_a_port_that_is_taken_is_told_and_none_is_none(tmp_path):
    async def scene():
        await Health(0, FakeStore(), lambda: True, FakeMetrics).start()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(UsageError, match=f"metrics_port = {port}: the bot cannot listen there"):
                await Health(port, FakeStore(), lambda: True, FakeMetrics).start()

    asyncio.run(scene())


def test_a_sign_of_life_is_written_and_a_store_that_fails_is_counted(tmp_path):
    async def scene():
        background = BackgroundStore(Store(tmp_path / "bot.db", clock=lambda: 5.0))
        await background.run(write_sign_of_life)
        await background.run(write_sign_of_life)
        found = await background.run(Store.rows, "SELECT value FROM meta WHERE key = 'checked_at'")
        assert found == [("5",)] and background.failures == 0

        def fail(_):
            raise StoreUnavailable("full")

        with pytest.raises(StoreUnavailable):
            await background.run(fail)
        assert background.failures == 1
        await background.close()

    asyncio.run(scene())


def test_a_bot_at_work_tells_its_figures_and_nothing_about_people(tmp_path, bot_models):
    async def scene():
        port = free_port()
        async with FakeBotApi() as server, BotProcess(server, tmp_path, metrics_port=port, **bot_models) as bot:
            said = server.user(77, "Zenobia").says("Good morning, how are you today?")
            await server.replies(77, 1, timeout=60)
            await bot.finished(said.update_id)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                assert (await client.get("/healthz")).text == "fine\n"
                return (await client.get("/metrics")).text

    told = asyncio.run(scene())
    for line in (
        *('kuaizui_updates_total{state="answered"} 1.0', 'kuaizui_updates_total{state="dead"} 0.0'),
        *('kuaizui_answer_seconds_bucket{le="+Inf"} 1.0', "kuaizui_answer_seconds_count 1.0"),
        *("kuaizui_store_errors_total 0.0", "kuaizui_updates_unfinished 0.0", "kuaizui_jobs_waiting 0.0"),
        'kuaizui_model{language="en",name="dialogue-en",task="dialogue"} 1.0',
    ):
        assert line in told.splitlines(), line
    assert 'kuaizui_batch_size_bucket{le="1.0"} ' in told and "process_resident_memory_bytes " in told
    assert "77" not in [value for line in told.splitlines() for value in line.split('"')[1::2]]
    assert "Zenobia" not in told and "morning" not in told
