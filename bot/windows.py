"""How many calls a stretch of time may hold, as Telegram's server would count them."""

import math
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """At most `count` calls within any `seconds`.

    Raises:
        ValueError: the count is below one, or the seconds are not above zero.
    """

    count: int
    seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or not self.seconds > 0:
            raise ValueError(f"{self}: a limit allows at least one call, in a time above zero.")


class Window:
    """The calls that count against a limit at present.

    A call counts from its beginning until `seconds` after its end. When the server handled it in between is not known,
    so counting from the beginning would let two calls meet there whenever the first was slow to arrive; counted like
    this, no window of the server's own clock holds more than the limit.

    Times are seconds of any clock that never goes back.
    """

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._under_way = 0
        self._ended: deque[float] = deque()

    def begin(self) -> None:
        """Count a call from now on."""
        self._under_way += 1

    def end(self, now: float) -> None:
        """The call is over; it counts for the limit's seconds more."""
        self._under_way -= 1
        self._ended.append(now)

    def undo(self) -> None:
        """The call that was begun was never made, so it does not count."""
        self._under_way -= 1

    def free(self, now: float) -> int:
        """How many calls may begin now."""
        while self._ended and self._ended[0] + self._limit.seconds <= now:
            self._ended.popleft()
        return self._limit.count - self._under_way - len(self._ended)

    def ready_at(self, now: float, spare: int = 0) -> float:
        """When a call may begin and leave `spare` more free: `now`, or later, or infinity before some call ends."""
        missing = spare + 1 - self.free(now)
        if missing <= 0:
            return now
        if missing > len(self._ended):
            return math.inf
        return self._ended[missing - 1] + self._limit.seconds

    def is_idle(self, now: float) -> bool:
        """Whether nothing counts any more, so that the window may be forgotten."""
        return self.free(now) == self._limit.count
