"""Progress on standard error: a live line in a terminal, plain lines every ten seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import TaskID

INTERVAL_SECONDS = 10.0


class ProgressDisplay(Protocol):
    """Shown what has been done, from time to time."""

    def start(self, records: int, bytes_read: int, total_bytes: int | None) -> None:
        """Work begins; an earlier run has already done `records`, which end at `bytes_read` of the input."""
        ...

    def update(self, records: int, bytes_read: int) -> None:
        """So much is done now, earlier runs included."""
        ...

    def stop(self) -> None:
        """No more will be shown."""
        ...


class NoProgress:
    """Shows nothing."""

    def start(self, records: int, bytes_read: int, total_bytes: int | None) -> None:
        """Ignored."""

    def update(self, records: int, bytes_read: int) -> None:
        """Ignored."""

    def stop(self) -> None:
        """Ignored."""


class Pace:
    """Speed and time left, counted from the start of this run."""

    def __init__(self, clock: Callable[[], float], records: int, bytes_read: int, total_bytes: int | None) -> None:
        self.clock = clock
        self.started = clock()
        self.first_record, self.first_byte, self.total_bytes = records, bytes_read, total_bytes

    def describe(self, records: int, bytes_read: int) -> str:
        """Such as `2,048 headlines, 201.3 headlines/s, 1:40 left`."""
        seconds = max(self.clock() - self.started, 1e-6)
        text = f"{how_many(records, 'headline')}, {(records - self.first_record) / seconds:.1f} headlines/s"
        fresh = bytes_read - self.first_byte
        if self.total_bytes is None or fresh <= 0:
            return text
        return f"{text}, {clock_time(seconds * max(self.total_bytes - bytes_read, 0) / fresh)} left"


class PlainProgress:
    """A line every `INTERVAL_SECONDS`, for logs."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.clock = clock

    def start(self, records: int, bytes_read: int, total_bytes: int | None) -> None:
        """Begin to count."""
        self.pace = Pace(self.clock, records, bytes_read, total_bytes)
        self.next_line = self.clock() + INTERVAL_SECONDS

    def update(self, records: int, bytes_read: int) -> None:
        """Print a line if the last one is long enough ago."""
        if self.clock() >= self.next_line:
            self.stream.write(f"kuaizui: {self.pace.describe(records, bytes_read)}\n")
            self.stream.flush()
            self.next_line = self.clock() + INTERVAL_SECONDS

    def stop(self) -> None:
        """Nothing to clear."""


class LiveProgress:
    """One line at the foot of a terminal, with a spinner that shows life between updates."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            SpinnerColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self.task: TaskID | None = None

    def start(self, records: int, bytes_read: int, total_bytes: int | None) -> None:
        """Show the line."""
        self.pace = Pace(time.monotonic, records, bytes_read, total_bytes)
        self.task = self.bar.add_task("reading", total=total_bytes, completed=bytes_read)
        self.bar.start()

    def update(self, records: int, bytes_read: int) -> None:
        """Redraw the line."""
        assert self.task is not None
        self.bar.update(self.task, completed=bytes_read, description=self.pace.describe(records, bytes_read))

    def stop(self) -> None:
        """Clear the line."""
        self.bar.stop()


def progress_display(stream: TextIO, output_is_terminal: bool) -> ProgressDisplay:
    """The display that suits `stream`; none where the headlines themselves run over the same terminal."""
    if not stream.isatty():
        return PlainProgress(stream)
    return NoProgress() if output_is_terminal else LiveProgress(stream)


def how_many(number: int, noun: str) -> str:
    """A number and what it counts, such as `1 record` or `2,048 records`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def clock_time(seconds: float) -> str:
    """Hours, minutes and seconds, as a clock writes them."""
    minutes, second = divmod(round(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"
