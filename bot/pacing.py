"""The bot's rate limiter: every request to Telegram passes here, and waits for its turn where a limit says so."""

import asyncio
import datetime
import math
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.turns import ChatId, Lane, Limits, Turn, Turns

Answer = bool | dict[str, Any] | list[dict[str, Any]]
"""What the Bot API answers, as python-telegram-bot hands it on."""

Call = Callable[[], Coroutine[Any, Any, Answer]]

FLEETING = frozenset({"sendChatAction", "sendMessageDraft"})
"""Methods that mean nothing when they are late: dropped where they cannot go at once."""

REFUSAL_MARGIN_SECONDS = 0.1
"""Added to `retry_after`, which is in whole seconds and counted by another clock."""

_lane: ContextVar[Lane] = ContextVar("lane", default=Lane.REPLY)


@contextmanager
def sending_in(lane: Lane) -> Iterator[None]:
    """Send what this task and the tasks it starts send in this lane, unless `rate_limit_args` names another.

    The shortcuts of python-telegram-bot (`message.reply_text`, `query.answer`) take no `rate_limit_args`, and it drops
    those that are false; so the lane of an update is set once, around its handler.
    """
    token = _lane.set(lane)
    try:
        yield
    finally:
        _lane.reset(token)


def current_lane() -> Lane:
    """The lane in which this task sends."""
    return _lane.get()


class Pacing(BaseRateLimiter[Lane]):
    """Keeps to Telegram's limits: commands first, then replies, chat by chat; typing at once or not at all.

    * Requests that name a chat count against the limits, except those that only read (`get...`). The others go at once.
    * A 429 is obeyed. It does not say what was too much. It pauses the chat it came from; it pauses everything if it
      came from no chat, or if another chat was refused before it and nothing was let through in between.
    * The clock is that of the event loop. Nothing is polled: one timer, set to the next turn.
    * A request that is cancelled while it waits takes no place.

    A request whose pause lasts longer than `patience_seconds` from its arrival raises RetryAfter instead of waiting.
    """

    def __init__(self, limits: Limits | None = None, *, patience_seconds: float = 300.0) -> None:
        self._turns = Turns(limits or Limits())
        self._patience_seconds = patience_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._refused: set[ChatId] = set()
        self._refused_since = math.inf

    @property
    def waiting(self) -> int:
        """How many messages wait for their turn."""
        return self._turns.waiting

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Forget the timer; who still waits then has to be cancelled."""
        self._set_timer(math.inf)

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Lane | None,
    ) -> Answer:
        """Make the call when its turn has come, again after a 429, and return its answer.

        A fleeting request that cannot go at once, or that is refused with a 429, is answered with True.

        Raises:
            RetryAfter: the pause that Telegram asks for is longer than the patience.
        """

        def call() -> Coroutine[Any, Any, Answer]:
            return callback(*args, **kwargs)

        chat = chat_of(data)
        if chat is None or endpoint.startswith("get"):
            return await self._call_freely(call)
        if endpoint in FLEETING:
            return await self._call_now_or_never(chat, call)
        return await self._call_in_turn(chat, rate_limit_args or _lane.get(), call)

    async def _call_in_turn(self, chat: ChatId, lane: Lane, call: Call) -> Answer:
        deadline = self._now() + self._patience_seconds
        refused = False
        while True:
            turn = await self._turn_of(Turn(chat, lane, deadline, self._loop().create_future()), first=refused)
            try:
                answer = await call()
            except RetryAfter as refusal:
                self._note_refusal(refusal, chat)
                if self._turns.paused_until(chat) > deadline:
                    raise
                refused = True
            else:
                self._note_success(turn)
                return answer
            finally:
                self._turns.end(turn, self._now())
                self._go_on()

    async def _turn_of(self, turn: Turn, *, first: bool) -> Turn:
        """Wait until the turn has come, and return it."""
        if (until := self._turns.paused_until(turn.chat)) > turn.deadline:
            raise self._refusal_until(until)
        self._turns.join(turn, first=first)
        self._go_on()
        try:
            await turn.signal
        except BaseException:
            self._turns.withdraw(turn)
            self._go_on()
            raise
        return turn

    async def _call_now_or_never(self, chat: ChatId, call: Call) -> Answer:
        if not self._turns.begin_action(chat, self._now()):
            return True
        try:
            return await call()
        except RetryAfter as refusal:
            self._note_refusal(refusal, chat)
            return True
        finally:
            self._turns.end_action(self._now())
            self._go_on()

    async def _call_freely(self, call: Call) -> Answer:
        deadline = self._now() + self._patience_seconds
        while True:
            while (until := self._turns.paused_until()) > self._now():
                if until > deadline:
                    raise self._refusal_until(until)
                await asyncio.sleep(until - self._now())
            try:
                return await call()
            except RetryAfter as refusal:
                self._note_refusal(refusal, None)
                if self._turns.paused_until() > deadline:
                    raise

    def _note_refusal(self, refusal: RetryAfter, chat: ChatId | None) -> None:
        until = self._now() + seconds_of(refusal) + REFUSAL_MARGIN_SECONDS
        if chat is not None:
            if not self._refused:
                self._refused_since = self._now()
            self._refused.add(chat)
            self._turns.pause(until, chat)
        if chat is None or len(self._refused) > 1:
            self._turns.pause(until)
        self._give_up_hopeless()
        self._go_on()

    def _note_success(self, turn: Turn) -> None:
        """A message let through after a refusal shows that the refusal was about its chat alone."""
        if turn.began > self._refused_since:
            self._refused.clear()
            self._refused_since = math.inf

    def _give_up_hopeless(self) -> None:
        for turn in self._turns.take_hopeless():
            if not turn.signal.done():
                turn.signal.set_exception(self._refusal_until(self._turns.paused_until(turn.chat)))

    def _refusal_until(self, until: float) -> RetryAfter:
        return RetryAfter(math.ceil(until - self._now()))

    def _go_on(self) -> None:
        """Tell the turns that have come, and set the timer to the next."""
        granted, again = self._turns.grant(self._now())
        for turn in granted:
            if not turn.signal.done():  # one that was cancelled a moment ago is about to be withdrawn
                turn.signal.set_result(None)
        self._set_timer(again)

    def _set_timer(self, when: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if math.isinf(when) else self._loop().call_at(when, self._go_on)

    def _now(self) -> float:
        return self._loop().time()

    @staticmethod
    def _loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()


def chat_of(data: dict[str, Any]) -> ChatId | None:
    """The chat that a request names; a number in quotes is the number."""
    chat = data.get("chat_id")
    if chat is None or isinstance(chat, int):
        return chat
    text = str(chat)
    return int(text) if text.removeprefix("-").isdecimal() else text.casefold()


def seconds_of(refusal: RetryAfter) -> float:
    """How long Telegram asks to wait.

    python-telegram-bot 22 warns whoever reads `retry_after`, whose type is about to change; its own limiter reads the
    private attribute, too.
    """
    value = getattr(refusal, "_retry_after", None)
    if value is None:
        value = refusal.retry_after
    return value.total_seconds() if isinstance(value, datetime.timedelta) else float(value)
