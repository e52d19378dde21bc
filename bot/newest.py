"""Work of which a person wants only the newest, such as what comes of each letter that they type."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


class Superseded(Exception):
    """The same person wants something newer by now."""


@dataclass(eq=False)
class _Open:
    """A person's work."""

    number: int
    task: "asyncio.Task[Any]"
    is_superseded: bool = False

    def supersede(self) -> None:
        self.is_superseded = True
        self.task.cancel()


class Newest:
    """The newest work of each person, and places for a few of all at a time."""

    def __init__(self, most_at_once: int) -> None:
        self.room = asyncio.Semaphore(most_at_once)
        """Held for the part of the work that others would have to wait for."""
        self._open: dict[int, _Open] = {}

    async def work(self, person: int, number: int, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do what a person wants, unless they want something with a higher `number` before it is done.

        Raises: Superseded, and what the coroutine raises.
        """
        before = self._open.get(person)
        if before is not None:
            if before.number > number:
                coroutine.close()
                raise Superseded
            before.supersede()
        task: asyncio.Task[T] = asyncio.create_task(coroutine)
        opened = self._open[person] = _Open(number, task)
        try:
            return await task
        except asyncio.CancelledError:
            if not opened.is_superseded:  # the one who waits was cancelled, and the task with them
                raise
            raise Superseded from None
        finally:
            if self._open.get(person) is opened:
                del self._open[person]
