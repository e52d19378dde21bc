"""The inference queue with its real thread: it works beside the loop, and it ends."""

import asyncio
import threading

import pytest

from bot.inference import InferenceQueue, Job, Stopped
from tests.bot.virtual_time import run_virtual


def inference_threads():
    return [thread for thread in threading.enumerate() if thread.name == "inference"]


def test_the_real_thread_works_beside_the_loop_and_ends():
    """The loop runs on while a batch is at work; after draining, no thread is left."""
    at_work, go_on = threading.Event(), threading.Event()

    def run(items):
        at_work.set()
        assert go_on.wait(60)
        return [(item, threading.current_thread().name) for item in items]

    async def scene():
        queue = InferenceQueue(window_seconds=600.0)  # only full batches leave, however slow this machine is
        asking = [asyncio.create_task(queue.ask(Job(run, number))) for number in range(24)]
        while not at_work.is_set():
            await asyncio.sleep(0.001)
        running = queue.running
        go_on.set()
        assert running == 8
        answers = await asyncio.gather(*asking)
        assert await queue.drain(60)
        return answers

    assert asyncio.run(scene()) == [(number, "inference") for number in range(24)]
    for thread in inference_threads():
        thread.join(60)
    assert not inference_threads()


def test_a_batch_that_hangs_holds_up_neither_the_drain_nor_the_end_of_the_loop():
    """Virtual time: the limit is over at once. The thread finds the loop closed, and ends when it can."""
    go_on = threading.Event()

    def run(items):
        assert go_on.wait(60)
        return items

    async def scene():
        queue = InferenceQueue(window_seconds=0)
        asking = asyncio.create_task(queue.ask(Job(run, 1)))
        await asyncio.sleep(0.001)
        assert not await queue.drain(30.0)
        with pytest.raises(Stopped, match="before the model could answer"):
            await asking

    run_virtual(scene())
    threads = inference_threads()
    assert len(threads) == 1 and threads[0].daemon
    go_on.set()
    threads[0].join(60)
    assert not inference_threads()


def test_a_queue_that_was_never_used_has_no_thread_to_end():
    async def scene():
        return await InferenceQueue().drain(1.0)

    assert run_virtual(scene())
    assert not inference_threads()
