"""The one way to the models: a bounded queue that answers jobs in small batches, in a thread beside the event loop."""

import asyncio
import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOGGER = logging.getLogger(__name__)


class Full(Exception):
    """As many jobs wait as may: the person is better told so than kept waiting."""


class Stopped(Exception):
    """The queue answers no more jobs: the bot is going down."""


class BadBatch(Exception):
    """A job's callable broke its promise: another number of results than of items, or no ordinary error."""


@dataclass(frozen=True)
class Job(Generic[Item, Result]):
    """One item for a callable over a list, which answers with a result for each item, in order.

    Jobs whose callables are equal share batches. The same method of the same object is equal to itself; settings belong
    into an object that compares by them, such as a frozen dataclass with `__call__`. A callable runs in the thread, for
    some items twice if its batch fails, so it must change nothing.
    """

    run: Callable[[list[Item]], Sequence[Result]]
    item: Item


@dataclass(frozen=True)
class _Outcome:
    """What came of a job: a result, or an error."""

    result: Any = None
    error: Exception | None = None


@dataclass(eq=False)
class _Asked:
    """A job in the queue, and who waits for it."""

    job: Job[Any, Any]
    answer: "asyncio.Future[Any]"
    arrived: float


class Worker(Protocol):
    """Whatever runs tasks one after another, away from the event loop."""

    def submit(self, task: Callable[[], None]) -> None:
        """Have the task run after those before it. A task raises nothing."""

    def close(self, ended: Callable[[], None]) -> None:
        """Run what was submitted, call `ended`, and end."""


class WorkerThread:
    """A `Worker` with a thread of its own, started by the first task. It does not keep the process alive."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, task: Callable[[], None]) -> None:
        """Have the task run after those before it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
            self._thread.start()
        self._tasks.put(task)

    def close(self, ended: Callable[[], None]) -> None:
        """Run what was submitted, call `ended`, and end."""
        if self._thread is None:
            ended()
        else:
            self._tasks.put(ended)
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


class InferenceQueue:
    """Answers jobs in batches of up to `batch_size` of a kind.

    A batch leaves when it is full or `window_seconds` after its oldest job arrived, and when the worker has done the
    one before it; the kind whose job is the oldest goes first. At most `capacity` jobs wait, those at work not counted.
    To be used from one event loop.

    Raises:
        ValueError: the capacity or the batch size is below one, or the window is below zero.
    """

    def __init__(
        self,
        capacity: int = 256,
        *,
        batch_size: int = 8,
        window_seconds: float = 0.010,
        worker: Worker | None = None,
    ) -> None:
        if capacity < 1 or batch_size < 1 or window_seconds < 0:
            raise ValueError(f"{capacity = }, {batch_size = }, {window_seconds = }: at least 1, 1 and 0.")
        self._capacity, self._batch_size, self._window_seconds = capacity, batch_size, window_seconds
        self._worker = worker or WorkerThread()
        self._waiting: list[_Asked] = []
        self._running: list[_Asked] = []
        self._timer: asyncio.TimerHandle | None = None
        self.batches: Counter[int] = Counter()
        """How many batches of each size were worked on."""
        self._stopping = self._closing = False
        self._ended = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def waiting(self) -> int:
        """How many jobs wait, those at work not counted."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many jobs are in the batch at work."""
        return len(self._running)

    async def ask(self, job: Job[Item, Result]) -> Result:
        """The result of the job.

        A job whose caller is cancelled is taken out of the queue; what was at work already is thrown away.

        Raises:
            Full: as many jobs wait as may. Raised at once.
            Stopped: the queue is being drained, or was.
            BadBatch: see there.
            Exception: whatever the callable raises for this item alone.
        """
        if self._stopping:
            raise Stopped("The inference queue takes no jobs any more: the bot is going down.")
        if len(self._waiting) >= self._capacity:
            raise Full(f"{self._capacity} jobs wait for the model already.")
        loop = asyncio.get_running_loop()
        asked = _Asked(job, loop.create_future(), loop.time())
        self._waiting.append(asked)
        self._settled.clear()
        self._hand_over()
        try:
            result: Result = await asked.answer
        finally:
            if asked in self._waiting:  # only where the caller was cancelled
                self._waiting.remove(asked)
                self._hand_over()
        return result

    async def drain(self, limit_seconds: float) -> bool:
        """Take no more jobs, answer those that are there, end the worker; say whether all that was done in this time.

        What is not answered by then is not answered any more: its callers get Stopped. A batch at work cannot be
        interrupted; the worker ends after it.
        """
        self._stopping = True
        self._hand_over()
        try:
            async with asyncio.timeout(limit_seconds):
                await self._settled.wait()
                self._close_worker()
                await self._ended.wait()
        except TimeoutError:
            return False
        finally:
            self._close_worker()
            self._abandon()
        return True

    def _close_worker(self) -> None:
        if not self._closing:
            self._closing = True
            self._worker.close(partial(_tell, asyncio.get_running_loop(), self._ended.set))

    def _abandon(self) -> None:
        """Leave nobody waiting."""
        for asked in (*self._waiting, *self._running):
            if not asked.answer.done():
                asked.answer.set_exception(Stopped("The bot went down before the model could answer."))
        self._waiting.clear()
        self._set_timer(None)

    def _hand_over(self) -> None:
        """Give the worker a batch if it is free and the batch is due; otherwise see to it that it is looked at then."""
        self._set_timer(None)
        if not self._waiting and not self._running:
            self._settled.set()
        if self._running or not self._waiting:
            return
        loop = asyncio.get_running_loop()
        batch = self._next_batch()
        due = batch[0].arrived + self._window_seconds
        if len(batch) < self._batch_size and not self._stopping and loop.time() < due:
            self._set_timer(due)
            return
        self._running = batch
        self.batches[len(batch)] += 1
        self._waiting = [asked for asked in self._waiting if asked not in batch]
        self._worker.submit(partial(self._work, loop, batch))

    def _next_batch(self) -> list[_Asked]:
        """The first jobs of the kind whose job is the oldest."""
        run = self._waiting[0].job.run
        return [asked for asked in self._waiting if asked.job.run == run][: self._batch_size]

    def _set_timer(self, when: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if when is None else asyncio.get_running_loop().call_at(when, self._hand_over)

    def _work(self, loop: asyncio.AbstractEventLoop, batch: list[_Asked]) -> None:
        """In the worker: run the batch, and tell the loop each outcome as soon as it is known."""
        items = [asked.job.item for asked in batch]
        for asked, outcome in zip(batch, _outcomes(batch[0].job.run, items), strict=True):
            _tell(loop, _answer, asked, outcome)
        _tell(loop, self._batch_done)

    def _batch_done(self) -> None:
        self._running = []
        self._hand_over()


def _answer(asked: _Asked, outcome: _Outcome) -> None:
    """Give the outcome to who asked, unless it is not wanted any more."""
    if asked.answer.done():
        return
    if outcome.error is None:
        asked.answer.set_result(outcome.result)
    else:
        asked.answer.set_exception(outcome.error)


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *arguments: object) -> None:
    """From the worker: have the loop make the call; a loop that is closed has nobody left to hear it."""
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:
        _LOGGER.info("an answer came after the end of the event loop")


def _outcomes(run: Callable[[list[Any]], Sequence[Any]], items: list[Any]) -> Iterator[_Outcome]:
    """What comes of each item: of all together, or one by one where that fails, so that each fails for itself."""
    together = _run(run, items)
    if isinstance(together, list):
        yield from together
    elif len(items) == 1:
        yield _Outcome(error=together)
    else:
        _LOGGER.warning("a batch of %d failed with %s; one by one now", len(items), type(together).__name__)
        for item in items:
            yield from _outcomes(run, [item])


def _run(run: Callable[[list[Any]], Sequence[Any]], items: list[Any]) -> list[_Outcome] | Exception:
    """The outcomes of all items together, or the error."""
    try:
        results = list(run(items))
    except StopIteration as error:  # a future refuses it
        return _bad_batch("raised StopIteration", error)
    except Exception as error:
        return error
    except BaseException as error:  # it would end the thread, and nobody would ever be answered again
        return _bad_batch(f"raised {type(error).__name__}", error)
    if len(results) != len(items):
        return _bad_batch(f"answered {len(items)} items with {len(results)} results")
    return [_Outcome(result) for result in results]


def _bad_batch(complaint: str, cause: BaseException | None = None) -> BadBatch:
    fault = BadBatch(f"The callable of an inference job {complaint}.")
    fault.__cause__ = cause
    return fault
