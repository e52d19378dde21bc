"""The store for callers in the event loop: one thread of its own, so that a slow disk never holds up the loop."""

import asyncio
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.store import Store, StoreError

P = ParamSpec("P")
T = TypeVar("T")

MOST_TOGETHER = 200
"""Calls that share a transaction. A flush takes about 10 ms on a busy disk, however much it writes."""
_ALONE = (Store.close, Store.reopen)


@dataclass
class _Call:
    """A call that waits for the thread, and then for the disk."""

    run: Callable[[], Any]
    alone: bool
    future: Future[Any] = field(default_factory=Future)
    outcome: Any = None
    failure: BaseException | None = None

    def try_to_run(self) -> None:
        """Run and keep what came of it; it is told only once it is on the disk."""
        try:
            self.outcome = self.run()
        except BaseException as error:
            self.failure = error

    def tell(self) -> None:
        """Give the caller what came of the call."""
        if self.failure is not None:
            self.future.set_exception(self.failure)
        else:
            self.future.set_result(self.outcome)


class BackgroundStore:
    """Runs the store's methods in order in one thread: `await background.run(Store.add, updates)`.

    Calls that wait at the same time share one transaction, and so one flush to the disk.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failures = 0
        """How many calls the store could not carry out."""
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._held_over: _Call | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def run(self, method: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method of the store and return what it returns, once that is on the disk.

        A call whose caller is cancelled runs to its end if it has begun. Raises: what the method raises, and
        StoreError where the calls that it shared a transaction with could not be written either.
        """
        call = _Call(partial(method, self._store, *args, **kwargs), alone=method in _ALONE)
        self._calls.put(call)
        self._thread.submit(self._work)
        try:
            result: T = await asyncio.wrap_future(call.future)
        except StoreError:
            self.failures += 1
            raise
        return result

    async def close(self) -> None:
        """Wait for the calls that were made, then close the store and end the thread."""
        await self.run(Store.close)
        self._thread.shutdown()

    def _work(self) -> None:
        calls = self._next_calls()
        if len(calls) == 1:
            calls[0].try_to_run()
        elif calls:
            self._run_together(calls)
        for call in calls:
            call.tell()

    def _run_together(self, calls: Sequence[_Call]) -> None:
        try:
            with self._store.transaction():
                for call in calls:
                    call.try_to_run()
        except BaseException as error:
            for call in calls:
                call.failure = call.failure or error

    def _next_calls(self) -> list[_Call]:
        """The calls that wait, up to one that must run alone; each call has submitted one turn of the thread."""
        calls: list[_Call] = []
        while len(calls) < MOST_TOGETHER and (call := self._next_call()) is not None:
            if call.alone and calls:
                self._held_over = call
                break
            if call.future.set_running_or_notify_cancel():
                calls.append(call)
            if call.alone:
                break
        return calls

    def _next_call(self) -> _Call | None:
        if self._held_over is not None:
            call, self._held_over = self._held_over, None
            return call
        try:
            return self._calls.get_nowait()
        except queue.Empty:
            return None
