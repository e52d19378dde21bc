"""Arrivals: stored before Telegram is told, each update once, one final state, whatever the store goes through."""

import asyncio
import contextlib
import logging
import os
import sqlite3

import pytest
from telegram import Update

from bot.arrivals import STALE_SECONDS, Arrivals
from bot.store import Store
from bot.store.background import BackgroundStore
from bot.store.updates import MOST_ATTEMPTS
from tests.bot.store_samples import exchange, message, press

pytestmark = pytest.mark.usefixtures("unflushed")
UNREADABLE = {"update_id": 3, "message": {"text": "secret", "date": "yesterday"}}


@pytest.fixture
def with_arrivals(tmp_path, clock):
    """Runs a coroutine function on new arrivals over the same file, as a new process would."""

    def run(scene, **settings):
        async def whole():
            store = Store(tmp_path / "bot.db", busy_seconds=0.01, clock=clock)
            background = BackgroundStore(store)
            pauses = {"first_pause_seconds": 0.01, "longest_pause_seconds": 0.02}
            arrivals = Arrivals(background, clock=clock, **pauses, **settings)
            try:
                return await asyncio.wait_for(scene(arrivals, store), 60)
            finally:
                await background.close()

        return asyncio.run(whole())

    return run


def queued(arrivals):
    return [arrivals.get_nowait().update_id for _ in range(arrivals.qsize())]


async def locked_out(store, caplog, attempt):
    """Start an attempt while another program locks the store, and let go once the log has said so twice."""
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.ensure_future(attempt)
    while sum("Trying again" in record.getMessage() for record in caplog.records) < 2:
        await asyncio.sleep(0.01)
    assert not task.done()
    return other, task


def test_an_update_is_on_the_disk_before_it_counts_as_accepted(with_arrivals):
    async def scene(arrivals, store):
        await arrivals.accept([message(1), message(2)])
        assert repr(arrivals) == "<Arrivals: 2 queued, 2 unfinished>"
        other = sqlite3.connect(store.path)
        rows = other.execute("SELECT update_id FROM updates WHERE state = 'waiting'").fetchall()
        other.close()
        return rows, queued(arrivals), arrivals.unfinished

    assert with_arrivals(scene) == ([(1,), (2,)], [1, 2], 2)


def test_a_second_delivery_is_dropped_before_and_after_the_answer(with_arrivals):
    async def scene(arrivals, _):
        await arrivals.accept([message(2), message(1), message(2)])
        await arrivals.finish(1, "answered")
        await arrivals.accept([message(1), message(2), message(5)])
        await arrivals.put(Update.de_json(message(1), None))
        return queued(arrivals), arrivals.unfinished

    assert with_arrivals(scene) == ([2, 1, 5], 2)


def test_a_read_update_is_stored_by_put_and_a_signal_is_only_queued(with_arrivals):
    stop = object()

    async def scene(arrivals, store):
        await arrivals.put(Update.de_json(message(1, "hello"), None))
        await arrivals.put(stop)
        first, second = arrivals.get_nowait(), arrivals.get_nowait()
        (waiting,) = store.waiting()
        return first.message.text, second is stop, waiting.raw["message"]["text"], waiting.raw["update_id"]

    assert with_arrivals(scene) == ("hello", True, "hello", 1)


def test_what_was_not_finished_is_queued_again_after_a_restart_oldest_first(with_arrivals):
    async def before(arrivals, _):
        await arrivals.accept([message(9), message(4), message(6)])
        await arrivals.finish(4, "answered")

    async def after(arrivals, _):
        await arrivals.accept([message(9), message(1)])
        return await arrivals.replay(), queued(arrivals)

    with_arrivals(before)
    assert with_arrivals(after) == (0, [9, 6, 1])


def test_buttons_and_inline_queries_expire_while_the_bot_is_away(with_arrivals, clock):
    async def before(arrivals, _):
        await arrivals.accept([press(1), message(2), press(3)])
        assert not arrivals.is_stale(1)
        clock.now += STALE_SECONDS["callback_query"] + 1
        assert arrivals.is_stale(1) and not arrivals.is_stale(2) and not arrivals.is_stale(99)
        await arrivals.finish(3, "answered")

    async def after(arrivals, store):
        return await arrivals.replay(), queued(arrivals), store.counts()["expired"]

    with_arrivals(before)
    assert with_arrivals(after) == (2, [2], 1)


def test_an_update_that_cannot_be_read_becomes_a_dead_letter_and_holds_up_nothing(with_arrivals, caplog):
    async def scene(arrivals, store):
        await arrivals.accept([message(1), UNREADABLE, "no update", {"update_id": "x"}, message(4)])
        await arrivals.accept([UNREADABLE])
        return queued(arrivals), store.counts()["dead"], store.dead_letters()[0].detail

    assert with_arrivals(scene) == ([1, 4], 1, "cannot be read: TypeError")
    assert "secret" not in caplog.text and "update 3 cannot be read" in caplog.text
    assert "2 updates carried no number" in caplog.text


def test_accepting_waits_out_a_lock_and_says_why(with_arrivals, caplog):
    async def scene(arrivals, store):
        await arrivals.replay()
        other, task = await locked_out(store, caplog, arrivals.accept([message(1)]))
        assert arrivals.empty()
        other.close()
        await task
        return queued(arrivals), store.counts()["waiting"]

    caplog.set_level(logging.INFO)
    assert with_arrivals(scene) == ([1], 1)
    assert "another program holds it locked" in caplog.text and "works again" in caplog.text


def test_accepting_that_is_cancelled_still_queues_what_it_stores(tmp_path):
    class Hesitant(BackgroundStore):
        """Updates are on the disk, and the caller is not told yet."""

        async def run(self, method, *arguments):
            result = await super().run(method, *arguments)
            if method is Store.add:
                stored.set()
                await told.wait()
            return result

    async def scene():
        background = Hesitant(Store(tmp_path / "bot.db"))
        arrivals = Arrivals(background)
        task = asyncio.ensure_future(arrivals.accept([message(1)]))
        await stored.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        told.set()
        await arrivals.accept([message(1)])
        await background.close()
        return queued(arrivals), arrivals.unfinished

    stored, told = asyncio.Event(), asyncio.Event()
    assert asyncio.run(scene()) == ([1], 1)


def test_finishing_waits_out_a_lock(with_arrivals, caplog):
    async def scene(arrivals, store):
        await arrivals.accept([message(1)])
        other, task = await locked_out(store, caplog, arrivals.finish(1, "answered", exchange=exchange()))
        assert arrivals.unfinished == 1
        other.close()
        return await task, arrivals.unfinished, store.counts()["answered"], len(store.history(7))

    assert with_arrivals(scene) == (True, 0, 1, 1)


def test_a_mistake_in_our_own_code_is_raised_and_not_tried_for_ever(with_arrivals):
    async def scene(arrivals, _):
        await arrivals.accept([message(1)])
        with pytest.raises(sqlite3.IntegrityError):
            await arrivals.finish(1, "answered", exchange=exchange(model=None))
        return arrivals.unfinished

    assert with_arrivals(scene) == 1


def test_a_file_damaged_while_the_bot_runs_is_set_aside_and_the_bot_goes_on(with_arrivals, caplog):
    async def scene(arrivals, store):
        await arrivals.accept([message(number, "x" * 400) for number in range(1, 200)])
        store.wipe_log()
        store.rows("PRAGMA shrink_memory")
        size = store.path.stat().st_size
        with store.path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (size - 4096))
        os.sync()
        await arrivals.accept([message(number) for number in range(200, 210)])
        assert await arrivals.finish(150, "answered", exchange=exchange())
        assert not await arrivals.finish(150, "answered")
        return arrivals.qsize(), arrivals.unfinished, store.counts()["answered"], len(store.history(7))

    assert with_arrivals(scene) == (209, 208, 1, 1)
    assert "was set aside as bot.db.damaged-" in caplog.text


def test_too_many_unfinished_updates_hold_up_the_next_poll_only(with_arrivals, caplog):
    async def scene(arrivals, _):
        task = asyncio.ensure_future(arrivals.accept([message(1), message(2), message(3)]))
        while "3 updates wait" not in caplog.text:
            await asyncio.sleep(0.01)
        assert queued(arrivals) == [1, 2, 3], "they are worked on meanwhile"
        await arrivals.finish(1, "answered")
        assert not task.done()
        await arrivals.finish(2, "answered")
        await task

    with_arrivals(scene, most_unfinished=2)


def test_work_begins_only_on_what_waits(with_arrivals):
    async def scene(arrivals, store):
        await arrivals.accept([message(1), message(2, user=8), message(3, "/forget")])
        await arrivals.forget(7, asking=3)
        begun = [await arrivals.begin(number) for number in (1, 2, 3, 99)]
        return begun, await arrivals.finish(1, "answered", exchange=exchange()), store.history(7), arrivals.unfinished

    assert with_arrivals(scene) == ([False, True, True, False], False, [], 2)


def test_an_update_that_kills_the_process_each_time_becomes_a_dead_letter(with_arrivals):
    async def arrive(arrivals, _):
        await arrivals.accept([message(1), message(2)])
        await arrivals.begin(1)

    async def again(arrivals, store):
        await arrivals.replay()
        return await arrivals.begin(1), arrivals.unfinished, store.counts()["dead"]

    with_arrivals(arrive)
    assert [with_arrivals(again) for _ in range(MOST_ATTEMPTS)] == [(True, 2, 0)] * MOST_ATTEMPTS
    assert with_arrivals(again) == (False, 1, 1)
    assert with_arrivals(again) == (False, 1, 1)


def test_only_what_a_former_process_left_is_counted_as_it_begins_and_a_stop_takes_that_back(with_arrivals):
    async def arrive(arrivals, _):
        await arrivals.accept([message(1), message(2), message(3)])
        assert await arrivals.begin(1) and arrivals.attempts(1) is None
        await arrivals.spare()

    async def again(arrivals, stopped):
        await arrivals.replay()
        known = [arrivals.attempts(number) for number in (1, 2, 3, 99)]
        await arrivals.begin(1)
        await arrivals.begin(2)
        await arrivals.finish(2, "answered")
        if stopped:
            await arrivals.spare()
        return known

    with_arrivals(arrive)
    assert with_arrivals(lambda arrivals, _: again(arrivals, stopped=False)) == [0, 0, 0, None]
    assert with_arrivals(lambda arrivals, _: again(arrivals, stopped=True)) == [1, None, 0, None]
    assert with_arrivals(lambda arrivals, _: again(arrivals, stopped=True)) == [1, None, 0, None]


def test_a_store_that_cannot_be_written_holds_up_no_stop(with_arrivals):
    async def scene(arrivals, store):
        await arrivals.accept([message(1)])
        with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await arrivals.spare()

    with_arrivals(scene)
