"""Waiting in one event loop until something holds, woken by whoever changes something."""

import asyncio


class Changes:
    """Tells all that wait that something changed; each then looks for itself whether it is what it waits for.

    Plain futures: asyncio.Condition under a time limit loses its lock on Python 3.11.
    """

    def __init__(self):
        self._waiting = set()

    def notify(self):
        """Wake everybody. To be called in the loop that they wait in."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def until(self, condition, timeout_seconds):
        """The first true answer of `condition`.

        Raises:
            TimeoutError: if none came within `timeout_seconds`.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout_seconds):
            while not (found := condition()):
                future = loop.create_future()
                self._waiting.add(future)
                try:
                    await future
                finally:
                    self._waiting.discard(future)
        return found
