"""Which update is worked on when: in order within a chat, with many at once, and no more than a chat may have open."""

import asyncio
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from telegram.ext import BaseUpdateProcessor

from bot.pacing import sending_in
from bot.places import Place, place_of
from bot.replay import Replay
from bot.turns import Lane


class Work(Enum):
    """What an update asks for."""

    MODEL = "model"
    """The model: in the order of its chat and thread, in one of the slots. What is sent is a reply."""
    ORDERED = "ordered"
    """No model, but in the order of its chat and thread (`/reset`). What is sent goes before replies."""
    AT_ONCE = "at once"
    """Nothing that has to wait for anything (`/help`, a settings button). What is sent goes before replies."""


@dataclass(frozen=True)
class Bounds:
    """How much may be open at once: admitted, and not finished.

    Raises:
        ValueError: a bound is below one.
    """

    slots: int = 256
    """Updates that ask for the model and are worked on. Each holds its slot until the reply is sent: have many."""
    slots_of_chat: int = 8
    """Slots that one chat may hold; more than one only through threads."""
    of_person: int = 10
    """Open updates of one person, counted apart for the model and for the rest, so that commands get through."""
    of_chat: int = 40
    """Open updates of one chat, counted apart in the same way."""
    all: int = 4000
    """Open updates of everybody."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise ValueError(f"bounds: {name} = {value}; it has to be at least 1.")


Key = TypeVar("Key", bound=Hashable)

_Quota = tuple[str, int, bool]
"""What an open update counts against: "person" or "chat", its number, whether for the model."""


@dataclass(eq=False)
class _Ticket:
    """An admitted update: it waits in the line of its chat and thread, then, where a former process left it, for its
    time, then for a slot, then it is worked on."""

    work: Work
    line: Hashable
    """What must not be worked on at the same time."""
    holder: Hashable
    """Who holds the slot."""
    quotas: tuple[_Quota, ...]
    """What it counts against."""
    task: "asyncio.Task[Any] | None"
    start: "asyncio.Future[None]"
    attempts: int | None
    """Of an update that a former process left: see `bot.replay`."""
    has_slot: bool = False


Busy = Callable[[object], Awaitable[None]]


class Lanes(BaseUpdateProcessor):
    """The order of work.

    `work_of(update)` says what an update asks for. `busy(update)` is awaited instead of the handlers where an update is
    not admitted. `attempts_of(update)` is a number for what a former process left; that was accepted once and is always
    admitted, but waits for `open_replay`, and then for its time (see `bot.replay`).

    The order rests on two facts of python-telegram-bot 22.8: updates become tasks in the order of its queue, and its
    own semaphore is taken without a pause while it has room, which is why it is given all the room there is. Handlers
    must not be registered with `block=False`: their work would go on outside the order.
    """

    def __init__(
        self,
        work_of: Callable[[object], Work],
        busy: Busy,
        bounds: Bounds | None = None,
        attempts_of: Callable[[object], int | None] = lambda _: None,
    ) -> None:
        super().__init__(sys.maxsize)
        self._work_of, self._busy, self._bounds, self._attempts_of = work_of, busy, bounds or Bounds(), attempts_of
        self._replay: Replay[_Ticket] = Replay(self._let_in)
        self._open: set[_Ticket] = set()
        self._counts: Counter[_Quota] = Counter()
        self._lines: dict[Hashable, deque[_Ticket]] = {}
        self._for_slots: deque[_Ticket] = deque()
        self._slots_taken: Counter[Hashable] = Counter()
        self._closed = False
        self._finished = asyncio.Event()

    @property
    def open(self) -> int:
        """How many updates are admitted and not finished."""
        return len(self._open)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Admit nothing any more."""
        self._closed = True

    def open_replay(self) -> None:
        """Begin with what a former process left: the models are loaded."""
        self._replay.open()

    async def drain(self, limit_seconds: float) -> int:
        """Admit nothing any more, let what is open finish, cancel what has not after this time; say how many that were.

        Where `open_replay` was not called, what it would have begun is cancelled at once, with all that is behind it.
        Call it before `Application.stop`, which waits without a limit. What is cancelled or arrives meanwhile has not
        been answered: it stays in the store and is answered after the next start.
        """
        self._closed = True
        if not self._replay.is_open:
            for line in list(self._lines.values()):
                if line[0].attempts is not None:
                    _cancel(line)
        try:
            async with asyncio.timeout(limit_seconds):
                while self._open:
                    self._finished.clear()
                    await self._finished.wait()
        except TimeoutError:
            pass
        tasks = _cancel(self._open)
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        return len(tasks)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Have the update worked on when its time comes; `coroutine` is closed unused where that is never."""
        try:
            await self._process(update, coroutine)
        finally:
            if asyncio.iscoroutine(coroutine):
                coroutine.close()  # no effect on one that has run to its end

    async def _process(self, update: object, coroutine: Awaitable[Any]) -> None:
        if self._closed:
            return
        ticket = self._ticket(place_of(update), self._work_of(update), self._attempts_of(update))
        if ticket.attempts is None and self._is_too_much(ticket):
            with sending_in(Lane.COMMAND):
                await self._busy(update)
            return
        self._admit(ticket)
        try:
            await ticket.start
            with self._lane(ticket.work):
                await coroutine
        finally:
            self._leave(ticket)

    @staticmethod
    def _lane(work: Work) -> AbstractContextManager[None]:
        return nullcontext() if work is Work.MODEL else sending_in(Lane.COMMAND)

    @staticmethod
    def _ticket(place: Place, work: Work, attempts: int | None) -> _Ticket:
        quotas = tuple(
            (kind, number, work is Work.MODEL)
            for kind, number in (("chat", place.chat), ("person", place.person))
            if number is not None
        )
        alone = object()
        holder = quotas[0] if quotas else alone
        return _Ticket(
            work,
            line=alone if work is Work.AT_ONCE or not quotas else (*quotas[0][:2], place.thread),
            holder=holder,
            quotas=quotas,
            task=asyncio.current_task(),
            start=asyncio.get_running_loop().create_future(),
            attempts=attempts,
        )

    def _is_too_much(self, ticket: _Ticket) -> bool:
        allowed = {"person": self._bounds.of_person, "chat": self._bounds.of_chat}
        full = any(self._counts[quota] >= allowed[quota[0]] for quota in ticket.quotas)
        return full or len(self._open) >= self._bounds.all

    def _admit(self, ticket: _Ticket) -> None:
        self._open.add(ticket)
        self._counts.update(ticket.quotas)
        line = self._lines.setdefault(ticket.line, deque())
        line.append(ticket)
        if line[0] is ticket:
            self._come_first(ticket)

    def _come_first(self, ticket: _Ticket) -> None:
        """The ticket is the first of its line; only its time and a slot may be missing."""
        if ticket.attempts is None:
            self._let_in(ticket)
        else:
            self._replay.ask(ticket, ticket.attempts)

    def _let_in(self, ticket: _Ticket) -> None:
        """The ticket's time has come; only a slot may be missing."""
        if ticket.work is Work.MODEL:
            self._for_slots.append(ticket)
            self._give_slots()
        else:
            self._start(ticket)

    def _give_slots(self) -> None:
        """Give free slots to those who have waited longest, past chats that hold all they may."""
        for ticket in list(self._for_slots):
            if self._slots_taken.total() >= self._bounds.slots:
                return
            if self._slots_taken[ticket.holder] < self._bounds.slots_of_chat:
                self._for_slots.remove(ticket)
                self._slots_taken[ticket.holder] += 1
                ticket.has_slot = True
                self._start(ticket)

    @staticmethod
    def _start(ticket: _Ticket) -> None:
        if not ticket.start.done():  # one that was cancelled a moment ago is about to leave
            ticket.start.set_result(None)

    def _leave(self, ticket: _Ticket) -> None:
        """The ticket is finished or given up: make room for those behind it."""
        self._open.discard(ticket)
        _count_down(self._counts, ticket.quotas)
        line = self._lines[ticket.line]
        was_first = line[0] is ticket
        line.remove(ticket)
        if ticket.has_slot:
            _count_down(self._slots_taken, (ticket.holder,))
        elif ticket in self._for_slots:
            self._for_slots.remove(ticket)
        if not line:
            del self._lines[ticket.line]
        elif was_first:
            self._come_first(line[0])
        self._replay.leave(ticket)
        self._give_slots()
        if not self._open:
            self._finished.set()


def _cancel(tickets: Iterable[_Ticket]) -> "set[asyncio.Task[Any]]":
    """Cancel the tasks of tickets, and answer them."""
    tasks = {ticket.task for ticket in tickets if ticket.task}
    for task in tasks:
        task.cancel()
    return tasks


def _count_down(counts: Counter[Key], keys: tuple[Key, ...]) -> None:
    """Take one off each key, and forget those that come to nothing."""
    for key in keys:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]
