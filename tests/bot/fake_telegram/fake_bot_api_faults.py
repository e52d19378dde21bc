"""What can go wrong on the way, on order: refusals, cut and lost answers, slowness, flood limits."""

import asyncio
import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

from tests.bot.fake_telegram.fake_bot_api_errors import ApiError, scripted, too_many_requests

COUNTED = frozenset(
    [
        "sendMessage",
        "sendDocument",
        "sendPhoto",
        "copyMessage",
        "forwardMessage",
        "editMessageText",
        "editMessageCaption",
        "editMessageReplyMarkup",
    ]
)
"""Methods that draw on the flood limits."""


@dataclass
class Fault:
    """Something that happens to calls of `method` (any if None) for `chat_id` (any if None), so many `times`."""

    kind: str
    """"refuse"; "drop" closes the connection before anything is done; "lose" after it is done; "cut" in the middle of
    the answer; "garble" answers `body` after it is done; "hold" answers once `release` is called."""
    method: str | None = None
    chat_id: int | None = None
    times: float = 1
    error: ApiError | None = None
    body: bytes | None = None
    """Answered in the place of JSON."""
    met: int = 0
    """How often it has happened."""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self):
        """Let the answers go that were held, and hold no more."""
        self.times = 0
        self.released.set()


@dataclass(frozen=True)
class FloodLimits:
    """So many messages and no more, as Telegram states them; a chat may be `burst` messages ahead."""

    overall_per_second: int = 30
    private_per_second: int = 1
    group_per_minute: int = 20
    burst: int = 1


class Faults:
    """Faults that are still to come, the latency of each method, and the flood limits in force."""

    def __init__(self, clock=time.monotonic):
        self.coming: list[Fault] = []
        self.latency_seconds: dict[str | None, float] = {}
        """By method; under None that of all others but getUpdates."""
        self.limits: FloodLimits | None = None
        self.clock, self._sent, self._blocked_until = clock, defaultdict(deque), {}

    def fail(self, method, code, *, chat=None, times=1, retry_after=None, description=None, body=None):
        """Refuse calls with the status `code`."""
        return self._add(
            Fault("refuse", method, _id(chat), times, error=scripted(code, retry_after, description), body=body)
        )

    def drop(self, method, *, chat=None, times=1):
        """Close the connection before anything is done."""
        return self._add(Fault("drop", method, _id(chat), times))

    def lose(self, method, *, chat=None, times=1):
        """Do what is asked and close the connection without an answer."""
        return self._add(Fault("lose", method, _id(chat), times))

    def cut(self, method, *, chat=None, times=1):
        """Do what is asked and close the connection in the middle of the answer."""
        return self._add(Fault("cut", method, _id(chat), times))

    def garble(self, method, body, *, chat=None, times=1):
        """Do what is asked and answer with 200 and this."""
        return self._add(Fault("garble", method, _id(chat), times, body=body))

    def hold(self, method, *, chat=None, times=math.inf):
        """Do what is asked and answer once the fault's `release` is called."""
        return self._add(Fault("hold", method, _id(chat), times))

    def slow(self, seconds, method=None):
        """Let every call of `method` take so long; without one, of all methods but getUpdates."""
        self.latency_seconds[method] = seconds

    def _add(self, fault):
        self.coming.append(fault)
        return fault

    def take(self, call):
        """The fault that happens to this call, or None."""
        for fault in self.coming:
            if fault.times > 0 and fault.method in (None, call.method) and fault.chat_id in (None, call.get("chat_id")):
                fault.times -= 1
                fault.met += 1
                return fault
        return None

    async def delay(self, call):
        """Wait as long as the method of this call takes."""
        usual = 0 if call.method == "getUpdates" else self.latency_seconds.get(None, 0)
        if seconds := self.latency_seconds.get(call.method, usual):
            await asyncio.sleep(seconds)

    def count(self, call, chat):
        """Count a message against the flood limits.

        Raises:
            ApiError: 429 if there are too many.
        """
        if self.limits is None or call.method not in COUNTED or chat is None:
            return
        now, limits = self.clock(), self.limits
        windows = [("overall", limits.overall_per_second, 1.0)]
        if chat.is_private:
            windows.append((chat.id, limits.private_per_second + limits.burst - 1, float(limits.burst)))
        else:
            windows.append((chat.id, limits.group_per_minute, 60.0))
        wait = max(self._wait(name, most, seconds, now) for name, most, seconds in windows)
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        for name, _, _ in windows:
            self._sent[name].append(now)

    def _wait(self, name, most, seconds, now):
        """Seconds until another message is allowed in this window; a refused one must wait its time out in full."""
        sent = self._sent[name]
        while sent and sent[0] <= now - seconds:
            sent.popleft()
        if self._blocked_until.get(name, 0.0) <= now and len(sent) >= most:
            self._blocked_until[name] = now + math.ceil(sent[0] + seconds - now)
        return self._blocked_until.get(name, 0.0) - now


def _id(chat):
    return getattr(chat, "id", chat)
