"""What the process counts of itself, for `/stats` and for Prometheus: how updates ended, how long answers took, memory.

Numbers only: nothing here knows a person or a text.
"""

import bisect
import math
import os
import resource
import sys
from collections import Counter, deque
from pathlib import Path

ANSWER_BOUNDS_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LATEST_ANSWERS = 1000
"""Of so many answers, median and 95th percentile are told: what was an hour ago interests nobody."""


class Histogram:
    """Counts of values up to each of some bounds."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """`bounds` ascend; what is beyond the last counts up to infinity."""
        self._bounds = (*bounds, math.inf)
        self._counts = [0] * len(self._bounds)
        self.sum = 0.0
        """Of all values."""

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect.bisect_left(self._bounds, value)] += 1
        self.sum += value

    def cumulative(self) -> list[tuple[float, int]]:
        """Each bound, with the number of values that do not exceed it; infinity last."""
        total, found = 0, []
        for bound, count in zip(self._bounds, self._counts, strict=True):
            total += count
            found.append((bound, total))
        return found


class Measures:
    """How the updates of this process ended, and how long those took that were answered."""

    def __init__(self) -> None:
        self.states: Counter[str] = Counter()
        """By final state, since the start of the process."""
        self.answer_seconds = Histogram(ANSWER_BOUNDS_SECONDS)
        """From an update's arrival to its end, of those that were answered and that this process received."""
        self._latest: deque[float] = deque(maxlen=LATEST_ANSWERS)

    def finished(self, state: str, seconds: float | None = None) -> None:
        """An update has its final state, `seconds` after it arrived; None where a former process received it."""
        self.states[state] += 1
        if state == "answered" and seconds is not None:
            self.answer_seconds.add(seconds)
            self._latest.append(seconds)

    def latest_seconds(self, share: float) -> float | None:
        """What this share of the latest answers did not exceed, by the nearest rank; None where there are none."""
        if not self._latest:
            return None
        ordered = sorted(self._latest)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    @property
    def latest(self) -> int:
        """Of how many answers `latest_seconds` tells."""
        return len(self._latest)


def resident_bytes() -> int:
    """The memory that this process holds; where the system does not tell, the most that it held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024  # bytes there, KiB elsewhere
    return pages * os.sysconf("SC_PAGE_SIZE")


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, which stays within 0 and 1 and holds for few trials too.

    Wilson, Probable inference, the law of succession, and statistical inference (1927). Without trials, 0 and 1.
    """
    if not trials:
        return 0.0, 1.0
    z, share = 1.959964, successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
