"""When the updates that a former process left may be worked on: many together, but alone what it may have died of.

Every update that was at work when a process died has one attempt more, guilty or not. From then on it is a suspect: it
waits until the others are done, and is worked on while no other update of a former process is. So a message that kills
the process each time collects the attempts that make it a dead letter, and those beside it do not. What is new goes its
way meanwhile and is not counted: it delays nobody, but a new message that kills the process while a suspect is at work
throws its guilt on that one, once, and is a suspect itself after its next death.
"""

import heapq
import itertools
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Entry = TypeVar("Entry", bound=Hashable)

MOST_TOGETHER = 16
"""Updates without an attempt that are worked on together: two batches of the model by default, and no more suspects
after the next death."""


class Replay(Generic[Entry]):
    """Lets waiting entries in, as soon as it is open: those without attempts together and first, then the suspects one
    at a time, those with the fewest attempts first."""

    def __init__(self, let_in: Callable[[Entry], object], most_together: int = MOST_TOGETHER) -> None:
        """`let_in` is called once for each entry when its time has come, before `ask`, `leave` or `open` return.

        Raises: ValueError for fewer than one together.
        """
        if most_together < 1:
            raise ValueError(f"{most_together = }; it has to be at least 1.")
        self._let_in, self._most_together = let_in, most_together
        self._is_open = False
        self._numbers = itertools.count()
        self._line: list[tuple[int, int, Entry]] = []  # a heap: attempts, order of asking; given-up entries are passed
        self._waiting: set[Entry] = set()
        self._at_work: dict[Entry, int] = {}

    @property
    def is_open(self) -> bool:
        """Whether anything is let in."""
        return self._is_open

    def open(self) -> None:
        """Begin to let in: the models are loaded, and what goes wrong from now on is not their loading."""
        self._is_open = True
        self._let_in_whom_it_is_time_for()

    def ask(self, entry: Entry, attempts: int) -> None:
        """Have an entry wait for its time, once; `attempts` says at how many deaths of a process it was at work."""
        self._waiting.add(entry)
        heapq.heappush(self._line, (attempts, next(self._numbers), entry))
        self._let_in_whom_it_is_time_for()

    def leave(self, entry: Entry) -> None:
        """An entry is done, or given up while it waited; one that never asked may leave, too."""
        self._waiting.discard(entry)
        self._at_work.pop(entry, None)
        self._let_in_whom_it_is_time_for()

    def _let_in_whom_it_is_time_for(self) -> None:
        while self._is_open and self._is_time_for_the_next():
            attempts, _, entry = heapq.heappop(self._line)
            self._waiting.remove(entry)
            self._at_work[entry] = attempts
            self._let_in(entry)

    def _is_time_for_the_next(self) -> bool:
        while self._line and self._line[0][2] not in self._waiting:
            heapq.heappop(self._line)
        if not self._line or any(self._at_work.values()):
            return False
        return len(self._at_work) < (1 if self._line[0][0] else self._most_together)
