"""The inference queue: each job gets its own result, in batches, in virtual time; and with the real thread."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inference import BadBatch, Full, InferenceQueue, Job, Stopped
from tests.bot.virtual_time import run_virtual

PATIENTLY = settings(max_examples=60, deadline=None)


class VirtualWorker:
    """Runs a task after `seconds` of virtual time, one after another, in the loop."""

    def __init__(self, seconds=0.02):
        self.seconds, self.free_at, self.closed = seconds, 0.0, 0

    def submit(self, task):
        loop = asyncio.get_running_loop()
        self.free_at = max(self.free_at, loop.time()) + self.seconds
        loop.call_at(self.free_at, task)

    def close(self, ended):
        self.closed += 1
        self.submit(ended)


class Model:
    """A callable of a kind of its own: doubles numbers, notes its batches, fails on the numbers in `bad`."""

    def __init__(self, bad=()):
        self.bad, self.batches = set(bad), []

    def __call__(self, numbers):
        self.batches.append(list(numbers))
        if self.bad & set(numbers):
            raise ValueError(f"cannot double {sorted(self.bad & set(numbers))}")
        return [2 * number for number in numbers]


@dataclass
class Asking:
    number: int
    kind: int
    at: float
    cancelled_after: float | None = None


ASKING = st.builds(
    Asking,
    number=st.integers(0, 99),
    kind=st.integers(0, 2),
    at=st.sampled_from([0.0, 0.0, 0.004, 0.01, 0.015, 0.05]),
    cancelled_after=st.none() | st.none() | st.sampled_from([0.0, 0.005, 0.015]),
)


async def asked(queue, model, asking):
    await asyncio.sleep(asking.at)
    try:
        async with asyncio.timeout(asking.cancelled_after):
            return await queue.ask(Job(model, asking.number))
    except (TimeoutError, ValueError, Full) as fault:
        return fault


@PATIENTLY
@given(st.lists(ASKING, max_size=40), st.sets(st.integers(0, 99), max_size=30), st.integers(1, 9), st.integers(1, 50))
def test_each_job_is_answered_once_with_its_own_result(askings, bad, batch_size, capacity):
    async def scene():
        queue = InferenceQueue(capacity, batch_size=batch_size, worker=VirtualWorker())
        answers = await asyncio.gather(*(asked(queue, models[asking.kind], asking) for asking in askings))
        assert await queue.drain(1.0)
        assert queue.waiting == queue.running == 0
        return answers

    models = [Model(bad), Model(), Model()]
    for asking, answer in zip(askings, run_virtual(scene()), strict=True):
        if isinstance(answer, TimeoutError):
            assert asking.cancelled_after is not None
        elif isinstance(answer, ValueError):
            assert str(answer) == f"cannot double {[asking.number]}", "only what fails alone fails"
            assert asking.kind == 0 and asking.number in bad
        elif not isinstance(answer, Full):
            assert answer == 2 * asking.number
            assert asking.kind != 0 or asking.number not in bad
    assert all(len(batch) <= batch_size for model in models for batch in model.batches)
    if len(askings) <= capacity:
        given_up = sum(asking.cancelled_after is not None for asking in askings)
        ran = sum(len(batch) for model in models[1:] for batch in model.batches)
        wanted = sum(asking.kind != 0 for asking in askings)
        assert wanted - given_up <= ran <= wanted, "nothing runs twice that did not fail"


def batches_of(*moments, **settings_of_queue):
    """The batches that one model gets when numbers are asked for at these moments, and when each was answered."""

    async def one(queue, number, at):
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.sleep(at)
        await queue.ask(Job(model, number))
        return round(loop.time() - start, 6)

    async def scene():
        queue = InferenceQueue(worker=VirtualWorker(), **settings_of_queue)
        return await asyncio.gather(*(one(queue, number, at) for number, at in enumerate(moments)))

    model = Model()
    return model.batches, run_virtual(scene())


def test_a_batch_leaves_when_its_window_is_over():
    assert batches_of(0.0, 0.009, 0.011) == ([[0, 1], [2]], [0.03, 0.03, 0.05])


def test_a_full_batch_leaves_at_once_and_the_rest_when_the_worker_is_free():
    batches, moments = batches_of(*[0.0] * 10, batch_size=8)
    assert sorted(len(batch) for batch in batches) == [2, 8]
    assert sorted(moments) == [0.02] * 8 + [0.04] * 2


def test_without_a_window_nobody_waits_for_company():
    assert batches_of(0.0, 0.001, 0.002, window_seconds=0) == ([[0], [1, 2]], [0.02, 0.04, 0.04])


def test_the_kind_that_has_waited_longest_goes_first():
    """Even if another kind has more to do; and settings that compare equal are one kind."""
    done = []

    @dataclass(frozen=True)
    class Kind:
        name: str

        def __call__(self, items):
            done.append((self.name, len(items)))
            return items

    async def scene():
        queue = InferenceQueue(worker=VirtualWorker(), batch_size=4)
        asking = [queue.ask(Job(Kind(name), name)) for name in "aabbbabb"]
        await asyncio.gather(*asking)

    run_virtual(scene())
    assert done == [("a", 3), ("b", 4), ("b", 1)]


def test_full_is_said_at_once_and_only_of_what_waits():
    async def scene():
        queue, model = InferenceQueue(3, batch_size=2, worker=VirtualWorker()), Model()
        running = [asyncio.create_task(queue.ask(Job(model, number))) for number in range(2)]
        await asyncio.sleep(0.001)
        waiting = [asyncio.create_task(queue.ask(Job(model, number))) for number in range(2, 5)]
        await asyncio.sleep(0.001)
        assert (queue.running, queue.waiting) == (2, 3)
        before = asyncio.get_running_loop().time()
        with pytest.raises(Full, match="3 jobs wait"):
            await queue.ask(Job(model, 5))
        assert asyncio.get_running_loop().time() == before
        waiting.pop().cancel()
        await asyncio.sleep(0)
        last = await queue.ask(Job(model, 6))
        return await asyncio.gather(*running, *waiting), last, model.batches

    assert run_virtual(scene()) == ([0, 2, 4, 6], 12, [[0, 1], [2, 3], [6]])


@pytest.mark.parametrize("answers", [lambda items: items[1:], lambda items: [*items, 0]])
def test_a_wrong_number_of_results_is_nobodys_result(answers):
    async def scene():
        queue = InferenceQueue(worker=VirtualWorker())
        return await asyncio.gather(*(queue.ask(Job(answers, n)) for n in range(3)), return_exceptions=True)

    faults = run_virtual(scene())
    assert [type(fault) for fault in faults] == [BadBatch] * 3
    assert "1 items with" in str(faults[0])


@pytest.mark.parametrize("error", [StopIteration, SystemExit, KeyboardInterrupt])
def test_what_a_future_or_a_thread_cannot_bear_becomes_an_ordinary_error(error):
    def run(items):
        if 1 in items:
            raise error
        return items

    async def scene():
        queue = InferenceQueue()
        answers = await asyncio.gather(*(queue.ask(Job(run, n)) for n in range(3)), return_exceptions=True)
        assert await queue.ask(Job(run, 5)) == 5, "the thread lives"
        assert await queue.drain(60)
        return answers

    answers = asyncio.run(scene())
    assert answers[::2] == [0, 2]
    assert isinstance(answers[1], BadBatch) and error.__name__ in str(answers[1])


def test_draining_answers_what_is_there_and_takes_nothing_more():
    async def scene():
        worker = VirtualWorker(1.0)
        queue, model = InferenceQueue(batch_size=2, worker=worker, window_seconds=60.0), Model()
        asking = [asyncio.create_task(queue.ask(Job(model, number))) for number in range(5)]
        await asyncio.sleep(0)
        draining = asyncio.create_task(queue.drain(10.0))
        await asyncio.sleep(0)
        with pytest.raises(Stopped, match="going down"):
            await queue.ask(Job(model, 9))
        assert await draining
        assert asyncio.get_running_loop().time() == pytest.approx(1004), "three batches and the end, no window"
        assert await queue.drain(10.0), "a second time is no fault"
        assert worker.closed == 1
        return await asyncio.gather(*asking)

    assert run_virtual(scene()) == [0, 2, 4, 6, 8]


def test_draining_ends_at_its_limit_and_leaves_nobody_waiting():
    async def scene():
        worker = VirtualWorker(1.0)
        queue, model = InferenceQueue(batch_size=2, worker=worker), Model()
        asking = [asyncio.create_task(queue.ask(Job(model, number))) for number in range(6)]
        await asyncio.sleep(0)
        assert not await queue.drain(1.5)
        assert asyncio.get_running_loop().time() == pytest.approx(1001.5)
        answers = await asyncio.gather(*asking, return_exceptions=True)
        await asyncio.sleep(5)  # the batch at work comes to its end: nobody minds, and nothing follows it
        assert worker.closed == 1
        return answers, model.batches

    answers, batches = run_virtual(scene())
    assert answers[:2] == [0, 2]
    assert [type(answer) for answer in answers[2:]] == [Stopped] * 4
    assert batches == [[0, 1], [2, 3]]


@pytest.mark.parametrize("wrong", [{"capacity": 0}, {"batch_size": 0}, {"window_seconds": -0.1}])
def test_sizes_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match="at least 1, 1 and 0"):
        InferenceQueue(**wrong)
