"""The store behind its thread: the loop goes on, calls share flushes, and each caller hears of its own failure."""

import asyncio
import sqlite3
import threading

import pytest

from bot.store import Store, StoreUnavailable
from bot.store.background import BackgroundStore
from tests.bot.store_samples import bytes_on_disk, exchange, message

pytestmark = pytest.mark.usefixtures("unflushed")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "bot.db", busy_seconds=0.01)


async def occupy(background):
    """Keep the thread busy until the event that is returned is set, so that the calls after it wait together."""
    free, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_):
        loop.call_soon_threadsafe(begun.set)
        free.wait()

    holding = asyncio.ensure_future(background.run(hold))
    await begun.wait()
    return free, holding


def run_together(store, *calls):
    """What comes of calls (method, *arguments) that wait at the same time."""

    async def run():
        background = BackgroundStore(store)
        free, holding = await occupy(background)
        waiting = [asyncio.ensure_future(background.run(method, *arguments)) for method, *arguments in calls]
        await asyncio.sleep(0)  # let them reach the queue
        free.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        await holding
        await background.close()
        return outcomes

    return asyncio.run(run())


def test_calls_run_in_order_and_see_each_other(store):
    assert run_together(
        store,
        (Store.add, [message(1)]),
        (Store.add, [message(1), message(2)]),
        (Store.finish, 1, "answered", "", exchange()),
        (Store.finish, 1, "busy"),
        (Store.counts,),
    )[:4] == [[1], [2], True, False]
    assert [update.update_id for update in store.waiting()] == [2] and len(store.history(7)) == 1


def test_calls_that_wait_share_one_transaction(store):
    statements = []
    store._connection.set_trace_callback(statements.append)
    run_together(store, *((Store.add, [message(number)]) for number in range(10)))
    assert statements.count("COMMIT") == 1 and statements.count("RELEASE part") == 10


def test_a_mistake_in_one_call_is_its_own(store):
    first, mistake, last = run_together(
        store,
        (Store.add, [message(1)]),
        (Store.finish, 1, "answered", "", exchange(model=None)),
        (Store.add, [message(2)]),
    )
    assert (first, last) == ([1], [2]) and isinstance(mistake, sqlite3.IntegrityError)
    assert store.counts()["waiting"] == 2


def test_a_disk_that_is_full_fails_all_that_shared_the_transaction(store):
    ((pages,),) = store.rows("PRAGMA page_count")
    store.rows(f"PRAGMA max_page_count = {pages}")
    big = [message(number, "x" * 2000) for number in range(10, 30)]
    outcomes = run_together(store, (Store.add, [message(1)]), (Store.add, big), (Store.add, [message(2)]))
    store.rows("PRAGMA max_page_count = 100000")
    stored = {update.update_id for update in store.waiting()}
    assert isinstance(outcomes[1], StoreUnavailable)
    for number, outcome in ((1, outcomes[0]), (2, outcomes[2])):
        assert (outcome == [number]) == (number in stored) and (outcome == [number] or outcome.exit_code == 1)


def test_a_commit_that_fails_is_told_to_every_caller(store):
    class Refusing:
        """A connection whose commits fail, as on a disk that breaks at the flush."""

        def __init__(self, connection):
            self.connection = connection

        def __getattr__(self, name):
            return getattr(self.connection, name)

        def execute(self, statement, *parameters):
            if statement == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return self.connection.execute(statement, *parameters)

    real, store._connection = store._connection, Refusing(store._connection)
    outcomes = run_together(store, (Store.add, [message(1)]), (Store.counts,), (Store.add, [message(2)]))
    assert all(isinstance(outcome, Exception) and "disk I/O error" in str(outcome) for outcome in outcomes)
    real.close()
    assert store.waiting() == []


def test_closing_waits_for_what_was_asked_and_runs_alone(store):
    assert run_together(store, (Store.add, [message(1)]), (Store.close,), (Store.add, [message(2)])) == [[1], None, [2]]
    assert store.counts()["waiting"] == 2


def test_what_is_deleted_leaves_the_log_too_though_calls_share_a_transaction(store):
    async def run():
        background = BackgroundStore(store)
        await background.run(Store.remember_exchange, exchange(text="secret words"))
        free, holding = await occupy(background)
        calls = background.run(Store.forget, 7), background.run(Store.add, [message(1)])
        forgetting = asyncio.gather(*calls)
        await asyncio.sleep(0)
        free.set()
        await asyncio.gather(holding, forgetting)
        on_disk = bytes_on_disk(store)
        await background.close()
        return b"secret words" in on_disk

    assert not asyncio.run(run())


def test_a_call_that_is_cancelled_before_its_turn_does_not_run(store):
    async def run():
        background = BackgroundStore(store)
        free, holding = await occupy(background)
        unwanted = asyncio.ensure_future(background.run(Store.add, [message(1)]))
        await asyncio.sleep(0)
        unwanted.cancel()
        await asyncio.gather(unwanted, return_exceptions=True)
        free.set()
        await holding
        waiting = await background.run(Store.waiting)
        await background.close()
        return waiting

    assert asyncio.run(run()) == []
