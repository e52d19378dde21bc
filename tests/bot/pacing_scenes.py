"""Scenes for the rate limiter: calls at their times, a server that sees them, and what must hold of what it saw."""

import asyncio
from dataclasses import dataclass, field

from telegram.error import RetryAfter

from bot.pacing import Pacing
from bot.turns import Lane, Limits
from bot.windows import Limit
from tests.bot.virtual_time import run_virtual

CHATS = [1, 2, 3, -1, -2, "@news"]
WIDE = Limit(10_000, 1.0)
NO_LIMITS = Limits(WIDE, WIDE, WIDE)
SMALL = Limits(overall=Limit(3, 1.0), private=Limit(1, 1.0), group=Limit(2, 5.0), reserved=1)


@dataclass(eq=False)
class Call:
    """A request of a test, and what became of it; times in seconds from the start of the scene."""

    chat: int | str
    lane: Lane | None = Lane.REPLY
    at: float = 0.0
    lasts: float = 0.0
    handled_after: float = 0.0
    cancelled_after: float | None = None
    number: int = 0
    place: int = -1
    """The how many-eth call of the scene it was, as they were made."""
    tries: list = field(default_factory=list)
    cancelled: bool = False

    @property
    def began(self):
        return self.tries[-1].begin


@dataclass(eq=False)
class Try:
    """One time that a call reached the server."""

    call: Call
    begin: float
    handled: float
    end: float = 0.0
    refused_for: int | None = None


class Server:
    """Answers each call with its number after `lasts` seconds, or refuses it as `refusals` says (by call number)."""

    def __init__(self, refusals=()):
        self.refusals = {number: list(seconds) for number, seconds in dict(refusals).items()}
        self.tries = []
        self.calls = 0
        self.start = asyncio.get_running_loop().time()

    def now(self):
        return asyncio.get_running_loop().time() - self.start

    async def __call__(self, call):
        current = Try(call, self.now(), self.now() + call.lasts * call.handled_after)
        self.tries.append(current)
        call.tries.append(current)
        try:
            await asyncio.sleep(call.lasts)
        finally:
            current.end = self.now()
        if self.refusals.get(call.number):
            current.refused_for = self.refusals[call.number].pop(0)
            raise RetryAfter(current.refused_for)
        return {"number": call.number}


async def send(pacing, server, call, endpoint="sendMessage"):
    call.place, server.calls = server.calls, server.calls + 1
    return await pacing.process_request(server, (call,), {}, endpoint, {"chat_id": call.chat}, call.lane)


async def sent_at_its_time(pacing, server, call):
    await asyncio.sleep(call.at)
    if call.cancelled_after is None:
        assert await send(pacing, server, call) == {"number": call.number}
        return
    try:
        async with asyncio.timeout(call.cancelled_after):
            await send(pacing, server, call)
    except TimeoutError:
        call.cancelled = True


def play(calls, limits=SMALL, refusals=()):
    """All calls, made at their times; the server that saw them."""

    async def scene():
        pacing, server = Pacing(limits, patience_seconds=1e6), Server(refusals)
        await asyncio.gather(*(sent_at_its_time(pacing, server, call) for call in calls))
        assert pacing.waiting == 0
        await pacing.shutdown()
        return server

    for number, call in enumerate(calls):
        call.number = number
    return run_virtual(scene())


def limit_of(chat, limits):
    return limits.private if isinstance(chat, int) and chat > 0 else limits.group


def assert_within(times, limit):
    times = sorted(times)
    for first in range(len(times) - limit.count):
        assert times[first + limit.count] - times[first] >= limit.seconds - 1e-6


def assert_limits_kept(server, limits):
    """By the server's clock, and by ours."""
    for moment in (lambda one: one.handled, lambda one: one.begin):
        assert_within(map(moment, server.tries), limits.overall)
        for chat in {one.call.chat for one in server.tries}:
            assert_within([moment(one) for one in server.tries if one.call.chat == chat], limit_of(chat, limits))
