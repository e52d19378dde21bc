"""Who may send next: messages in lanes, one line for each chat, under Telegram's limits. It knows no clock and no loop.

Commands go before replies. Within a lane the chats take turns; within a chat the order is kept, and a call begins only
after the one before it has ended, or the two could change places on their way.
"""

import asyncio
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from bot.windows import Limit, Window

ChatId = int | str
"""A chat as the Bot API names it: a number, below zero for groups and channels, or @name of a group or channel."""


class Lane(Enum):
    """What a message answers. A lane goes before those named after it."""

    COMMAND = "command"
    REPLY = "reply"


OVERALL, PRIVATE, GROUP = Limit(30, 1.0), Limit(1, 1.0), Limit(20, 60.0)
"""Telegram's limits on what a bot sends, from https://core.telegram.org/bots/faq (on hitting limits)."""


@dataclass(frozen=True)
class Limits:
    """What may be sent: to everybody together, to a private chat, to a group or channel.

    Raises:
        ValueError: the reserve is below zero, or leaves replies nothing.
    """

    overall: Limit = OVERALL
    private: Limit = PRIVATE
    group: Limit = GROUP
    reserved: int = 3
    """Calls of the overall limit that replies leave to commands: a command finds a place at once behind any backlog."""

    def __post_init__(self) -> None:
        if not 0 <= self.reserved < self.overall.count:
            raise ValueError(f"{self.reserved} of {self.overall.count} calls reserved: replies need at least one.")


class Stage(Enum):
    """How far a turn has come."""

    WAITING = "waiting"
    GRANTED = "granted"
    OVER = "over"


@dataclass(eq=False)
class Turn:
    """One call to a chat: it joins the line, is granted, and ends; or it is withdrawn."""

    chat: ChatId
    lane: Lane
    deadline: float
    """A pause that lasts longer than until here is not waited for."""
    signal: "asyncio.Future[None]"
    """For the owner: done when the turn has come."""
    stage: Stage = Stage.WAITING
    began: float = -math.inf


@dataclass
class _Chat:
    """What is known of a chat to which something was sent lately."""

    window: Window
    sending: set[Lane] = field(default_factory=set)
    paused_until: float = -math.inf

    def ready_at(self, lane: Lane, now: float) -> float:
        return math.inf if lane in self.sending else max(self.window.ready_at(now), self.paused_until)

    def is_idle(self, now: float) -> bool:
        return self.paused_until <= now and self.window.is_idle(now)


class Turns:
    """All waiting turns and all limits. Every method returns at once; `now` is in seconds and never goes back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._overall = Window(limits.overall)
        self._paused_until = -math.inf
        self._chats: dict[ChatId, _Chat] = {}
        self._lines: dict[Lane, dict[ChatId, deque[Turn]]] = {lane: {} for lane in Lane}
        self._many_chats = 256

    @property
    def waiting(self) -> int:
        """How many turns have not come yet."""
        return sum(len(line) for lines in self._lines.values() for line in lines.values())

    def join(self, turn: Turn, *, first: bool = False) -> None:
        """Put a new turn at the end of its chat's line, or at its head (for a call that the server refused)."""
        line = self._lines[turn.lane].setdefault(turn.chat, deque())
        if first:
            line.appendleft(turn)
        else:
            line.append(turn)

    def grant(self, now: float) -> tuple[list[Turn], float]:
        """The turns that have come, best first, and when to ask again (infinity: not before something happens)."""
        self._forget_idle_chats(now)
        granted: list[Turn] = []
        again = math.inf
        for lane, lines in self._lines.items():
            reserved = self._limits.reserved if lane is Lane.REPLY else 0
            for chat in list(lines):
                ready = max(self._overall.ready_at(now, reserved), self._paused_until)
                if ready > now:
                    again = min(again, ready)
                    break
                ready = self._chat(chat).ready_at(lane, now)
                if ready > now:
                    again = min(again, ready)
                    continue
                granted.append(self._begin(lines, chat, now))
        return granted, again

    def end(self, turn: Turn, now: float) -> None:
        """The call of a granted turn is over, whatever came of it."""
        turn.stage = Stage.OVER
        self._overall.end(now)
        chat = self._chat(turn.chat)
        chat.window.end(now)
        chat.sending.discard(turn.lane)

    def withdraw(self, turn: Turn) -> None:
        """Nobody wants this turn any more; no call was made and none will be."""
        if turn.stage is Stage.WAITING:
            lines = self._lines[turn.lane]
            lines[turn.chat].remove(turn)
            if not lines[turn.chat]:
                del lines[turn.chat]
        elif turn.stage is Stage.GRANTED:
            self._overall.undo()
            chat = self._chat(turn.chat)
            chat.window.undo()
            chat.sending.discard(turn.lane)
        turn.stage = Stage.OVER

    def begin_action(self, chat: ChatId, now: float) -> bool:
        """Count a chat action (typing) if it can go at once and takes nothing from messages, and say whether.

        It counts against the overall limit only, of which it leaves half, and is not wanted where a message to the same
        chat waits or is on its way.
        """
        known = self._chats.get(chat)
        if known and (known.sending or known.paused_until > now):
            return False
        if any(chat in lines for lines in self._lines.values()):
            return False
        if self._paused_until > now or 2 * self._overall.free(now) <= self._limits.overall.count:
            return False
        self._overall.begin()
        return True

    def end_action(self, now: float) -> None:
        """A chat action is over."""
        self._overall.end(now)

    def pause(self, until: float, chat: ChatId | None = None) -> None:
        """Send nothing before this time: nothing to this chat, or nothing at all."""
        if chat is None:
            self._paused_until = max(self._paused_until, until)
        else:
            known = self._chat(chat)
            known.paused_until = max(known.paused_until, until)

    def paused_until(self, chat: ChatId | None = None) -> float:
        """When the pause of the chat and of everything ends; minus infinity where there was none."""
        known = None if chat is None else self._chats.get(chat)
        return max(self._paused_until, known.paused_until) if known else self._paused_until

    def take_hopeless(self) -> list[Turn]:
        """Withdraw and return the turns whose deadline is over before the pause that holds them."""
        hopeless = [turn for turn in self._all_waiting() if turn.deadline < self.paused_until(turn.chat)]
        for turn in hopeless:
            self.withdraw(turn)
        return hopeless

    def _all_waiting(self) -> Iterator[Turn]:
        for lines in self._lines.values():
            for line in lines.values():
                yield from line

    def _begin(self, lines: dict[ChatId, deque[Turn]], chat: ChatId, now: float) -> Turn:
        line = lines.pop(chat)
        turn = line.popleft()
        if line:
            lines[chat] = line  # at the end: the other chats come first
        turn.stage, turn.began = Stage.GRANTED, now
        known = self._chat(chat)
        known.sending.add(turn.lane)
        known.window.begin()
        self._overall.begin()
        return turn

    def _chat(self, chat: ChatId) -> _Chat:
        if chat not in self._chats:
            private = isinstance(chat, int) and chat >= 0
            self._chats[chat] = _Chat(Window(self._limits.private if private else self._limits.group))
        return self._chats[chat]

    def _forget_idle_chats(self, now: float) -> None:
        """Keep memory in proportion to the chats of the moment; looking pays only when their number has doubled."""
        if len(self._chats) > self._many_chats:
            self._chats = {name: chat for name, chat in self._chats.items() if not chat.is_idle(now)}
            self._many_chats = max(256, 2 * len(self._chats))
