"""Headlines from several worker processes, in the order of their articles.

The parent reads and writes while the workers normalise, tokenise and decode. A worker is a fresh interpreter that loads
a model when it first needs one: spawned, because a copy of a process in which ONNX Runtime has started threads hangs.

No worker outlives its run. Each holds the reading end of a pipe, the leash, whose only writing end is the parent's:
when the parent lets go of it, or dies however suddenly, the workers leave at once.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TypeVar

from corpora.articles import InputRecord
from nlp.headlines import HeadlineRecord
from scripts.generators import LoadGenerator
from scripts.headline_writer import MeteredRecords, MeteredWindow, WindowWriter, WorkerError
from scripts.search_options import SearchChoices

IN_FLIGHT = 2
"""Windows that are decoded or wait, for each worker: none stands idle, and memory does not grow with the input."""
WORKER_LOST = (
    "a worker process was killed from outside, which the system does where memory runs out; fewer --workers or a "
    "smaller --window need less."
)

Result = TypeVar("Result")


class WorkerPool:
    """`WindowWriter` for several processes; a context manager, which leaves no process behind.

    `load_generator` must be something that can be sent to another process (see `scripts.generators.LoadGenerator`).
    """

    def __init__(
        self, workers: int, load_generator: LoadGenerator, model: str | None, choices: SearchChoices | None = None
    ) -> None:
        self.workers, self.model = workers, model
        context = multiprocessing.get_context("spawn")
        self._leash_end, self._leash = context.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(
            workers, context, _begin, (self._leash_end, load_generator, model, choices or SearchChoices())
        )

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._leash.close()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._leash_end.close()

    def write_all(self, windows: Iterable[MeteredWindow]) -> Iterator[MeteredRecords]:
        """The records of each window, in order; what stood before a window that cannot be read comes out first.

        Raises:
            BundleError: a model that cannot be loaded.
            UsageError: a model for another task, or a setting that cannot work.
            WorkerError: a worker was killed; the windows before its own have come out.
        """
        if self.model is not None:
            _result(self._submit(_load))  # told at once, as without workers
        pending: deque[tuple[Future[list[HeadlineRecord]], int]] = deque()
        unread: Exception | None = None
        source = iter(windows)
        while True:
            try:
                window, bytes_read = next(source)
            except StopIteration:
                break
            except Exception as error:
                unread = error
                break
            pending.append((self._submit(_write, window), bytes_read))
            while len(pending) >= IN_FLIGHT * self.workers or (pending and pending[0][0].done()):
                yield _records(pending)
        while pending:
            yield _records(pending)
        if unread is not None:
            raise unread

    def _submit(self, work: Callable[..., Result], *arguments: object) -> Future[Result]:
        with _interrupts_held_back():
            try:
                return self._executor.submit(work, *arguments)
            except BrokenProcessPool:
                lost: Future[Result] = Future()  # raised in its turn: windows before it may be there
                lost.set_exception(WorkerError(WORKER_LOST))
                return lost


def _records(pending: deque[tuple[Future[list[HeadlineRecord]], int]]) -> MeteredRecords:
    future, bytes_read = pending.popleft()
    return _result(future), bytes_read


def _result(future: Future[Result]) -> Result:
    try:
        return future.result()
    except BrokenProcessPool:
        raise WorkerError(WORKER_LOST) from None


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep Ctrl-C from a worker that is being started, which inherits this; the parent gets it a moment later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_writer: Callable[[], WindowWriter]
"""In a worker: makes its writer on the first call, returns it on the others."""


def _begin(leash: Connection, load_generator: LoadGenerator, model: str | None, choices: SearchChoices) -> None:
    """First thing in a worker: the parent alone answers Ctrl-C, and its end is the worker's end."""
    global _writer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, args=(leash,), daemon=True).start()
    _writer = functools.cache(lambda: WindowWriter(load_generator, model, choices))


def _leave_with_parent(leash: Connection) -> None:
    try:
        leash.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _load() -> None:
    _writer()


def _write(window: Sequence[InputRecord]) -> list[HeadlineRecord]:
    return _writer().write(window)
