"""Standard streams that were closed before Kuaizui started (`>&-` in a shell, or a service without a terminal).

Python leaves None in their places, and the system gives their numbers to the next files that are opened, into which
whatever still writes to standard error would write.
"""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

from nlp.errors import UsageError


class ClosedStream(io.TextIOBase):
    """In the place of a closed standard stream: harmless until it is used."""

    def __init__(self, stream_name: str, advice: str) -> None:
        super().__init__()
        self.message = f"{stream_name} is closed. {advice}"

    @property
    def buffer(self) -> NoReturn:  # there are no bytes below it
        """There is none.

        Raises:
            UsageError: always.
        """
        raise UsageError(self.message)

    def write(self, _text: str) -> NoReturn:
        """Refuse.

        Raises:
            UsageError: always.
        """
        raise UsageError(self.message)

    def readline(self, _size: int = -1) -> NoReturn:  # type: ignore[override]
        """Refuse.

        Raises:
            UsageError: always.
        """
        raise UsageError(self.message)


def stand_in() -> None:
    """Put something in the place of each closed standard stream; what is said on a closed standard error is lost."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = ClosedStream("standard input", "Give a file, or send the text with < or a pipe.")
    if sys.stdout is None:
        sys.stdout = ClosedStream("standard output", "Send it to a file with >, or name one with -o.")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
