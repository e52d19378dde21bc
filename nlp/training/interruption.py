"""Ctrl-C and termination, taken between two steps: within one, weights and position would not agree."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While entered, the first SIGINT or SIGTERM sets `wanted` and is kept for `raise_if_wanted`.

    A second one interrupts at once, wherever the training is: then nothing may be saved any more.
    """

    def __init__(self) -> None:
        self.wanted = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():  # no other thread may set handlers
            self._handlers = {each: signal.signal(each, self._note) for each in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self._handlers.items():
            signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True

    def raise_if_wanted(self) -> None:
        """Raise the interruption that came in the meantime.

        Raises:
            KeyboardInterrupt: one came.
        """
        if self.wanted:
            raise KeyboardInterrupt
