"""An event loop whose clock jumps to the next timer instead of waiting for it: hours in milliseconds, and no chance."""

import asyncio
import math
import selectors


class _Jumping:
    """The selector of a virtual loop. What really happens (a thread's wake-up call) goes before any jump."""

    def __init__(self, loop):
        self._loop, self._real = loop, selectors.DefaultSelector()

    def __getattr__(self, name):
        return getattr(self._real, name)

    def select(self, timeout=None):
        self._loop.rounds += 1
        events = self._real.select(0 if timeout is not None else 20)
        if not events:
            if timeout is None:
                raise RuntimeError("everything waits, and no timer is set: this would never end")
            if timeout:
                self._loop.now = math.nextafter(self._loop.now + timeout, math.inf)  # rounding must not hold time up
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `now` begins at 1000 seconds; `rounds` counts how often it looked for something to do."""

    def __init__(self):
        self.now, self.rounds = 1000.0, 0
        super().__init__(_Jumping(self))

    def time(self):
        return self.now


def run_virtual(main):
    """The result of a coroutine, run in a virtual loop of its own; what the loop would only have logged is a fault."""
    faults = []
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.get_loop().set_exception_handler(lambda loop, context: faults.append(context))
        result = runner.run(main)
    assert not faults
    return result
