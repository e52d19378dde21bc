"""Which documents are at work: one of each person, a few of everybody, each to be broken off at any time."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from bot.inference import Stopped

T = TypeVar("T")

Ending = Literal["", "cancelled", "forgotten", "unwelcome", "stopped"]
"""Why work was broken off; empty if it was not."""


class TooMany(Exception):
    """A document is not taken; `own` where it is for another one of the same person."""

    def __init__(self, own: bool) -> None:
        super().__init__("another one of theirs" if own else "too many")
        self.own = own


class BrokenOff(Exception):
    """The work was broken off; `OpenDocument.ending` says why."""


@dataclass(eq=False)
class OpenDocument:
    """A document at work."""

    person: int
    message: int
    """The message that it came in."""
    total: int = 0
    """Its records; 0 until it is read."""
    done: int = 0
    """How many of them have their headline."""
    ending: Ending = ""
    _task: "asyncio.Task[Any] | None" = None

    async def work(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do the part of the work that can be broken off. Raises: BrokenOff, and what the coroutine raises."""
        if self.ending:
            coroutine.close()
            raise BrokenOff
        task: asyncio.Task[T] = asyncio.create_task(coroutine)
        self._task = task
        try:
            return await task
        except asyncio.CancelledError:
            if not self.ending:  # the one who waits was cancelled, and the task with them
                raise
            raise BrokenOff from None

    def break_off(self, why: Ending) -> bool:
        """Break the work off at once; False if it was done, or broken off, before."""
        if self.ending or (self._task is not None and self._task.done()):
            return False
        self.ending = why
        if self._task is not None:
            self._task.cancel()
        return True


class Documents:
    """All documents at work."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        """Held for each batch: documents take turns, so that whoever chats waits for one batch of one of them."""
        self._open: dict[int, OpenDocument] = {}
        self._closed = False

    @contextmanager
    def opened(self, person: int, message: int, most: int) -> Iterator[OpenDocument]:
        """A person's document for as long as it is at work, if there are fewer than `most`.

        Raises:
            TooMany: see there.
            Stopped: the bot is going down.
        """
        if self._closed:
            raise Stopped("No document is taken any more: the bot is going down.")
        if person in self._open or len(self._open) >= most:
            raise TooMany(own=person in self._open)
        document = self._open[person] = OpenDocument(person, message)
        try:
            yield document
        finally:
            del self._open[person]

    def cancel(self, person: int, message: int) -> bool:
        """Break off the document that came in a message; False if it is not at work."""
        document = self._open.get(person)
        return document is not None and document.message == message and document.break_off("cancelled")

    def forget(self, person: int) -> None:
        """Break off what a person wants to be forgotten."""
        if person in self._open:
            self._open[person].break_off("forgotten")

    def close(self) -> None:
        """Break everything off and take nothing any more: the bot is going down, and does it again after its start."""
        self._closed = True
        for document in self._open.values():
            document.break_off("stopped")
