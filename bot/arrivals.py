"""Where updates arrive: stored before Telegram is told so, each once, and counted until it has its final state.

`Arrivals` is the application's `update_queue`. Updates get in by one door, `accept`: from the poller through
`bot.polling.StoringRequest`, from PTB's webhook through `put`. They leave by one door too, `finish`.

A process that dies between sending a reply and `finish` sends that reply again after its restart: nobody can make the
two one step.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from telegram import Bot, Update

from bot.measures import Measures
from bot.store import Exchange, State, Store, StoreDamaged, StoreError
from bot.store.background import BackgroundStore
from bot.store.incoming import read_update

P = ParamSpec("P")
T = TypeVar("T")

STALE_SECONDS = {"callback_query": 60.0, "inline_query": 10.0}
"""After so long Telegram refuses an answer, or the person has typed on; other updates are answered however late."""
_LOGGER = logging.getLogger(__name__)


@dataclass
class _Unfinished:
    """An update that was handed out and has no final state yet."""

    kind: str
    received_at: float
    attempts: int | None = None
    """Of an update that a former process left, at how many deaths it was at work; None for one that is new."""
    begun: bool = False
    """Whether this process has counted its own attempt."""


class Arrivals(asyncio.Queue[object]):
    """The queue between Telegram and the handlers, with a store under it.

    Give it the application's bot (`arrivals.bot = application.bot`) before the first update comes.
    """

    def __init__(
        self,
        store: BackgroundStore,
        *,
        most_unfinished: int = 5000,
        first_pause_seconds: float = 0.5,
        longest_pause_seconds: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Updates beyond `most_unfinished` are stored but hold up the next poll; pauses are those between attempts
        to reach a store that does not work; `clock` gives Unix seconds."""
        super().__init__()
        self.bot: Bot | None = None
        self.measures = Measures()
        """How updates ended, and how soon they were answered."""
        self._store = store
        self._clock = clock
        self._most_unfinished = most_unfinished
        self._pauses = first_pause_seconds, longest_pause_seconds
        self._unfinished: dict[int, _Unfinished] = {}
        self._room = asyncio.Event()
        self._replay_lock = asyncio.Lock()
        self._replayed = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, raw_updates: Sequence[object]) -> None:
        """Store updates as Telegram sent them and queue those that are new; returns when they are on the disk.

        Never raises for a store that does not work: it tries until it does, and the log says why. What PTB cannot
        read becomes a dead letter. Cancelled, it goes on behind the scenes: what was stored must also be queued.
        """
        task = asyncio.ensure_future(self._take_in(raw_updates))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.shield(task)
        await self._wait_for_room()

    async def put(self, item: object) -> None:
        """Accept an update that PTB has read already; anything else, such as its signal to stop, is only queued."""
        if not isinstance(item, Update):
            await super().put(item)
        elif item.update_id not in self._unfinished:
            await self.accept([item.to_dict()])

    async def replay(self) -> int:
        """Queue what a former process stored and did not finish, oldest first, and say how many updates that were.

        Once per process, before anything new is accepted; what is stale by now expires.
        """
        async with self._replay_lock:
            if self._replayed:
                return 0
            waiting = await self._stubbornly(Store.waiting)
            for update in waiting:
                if update.update_id in self._unfinished:  # an earlier replay was cancelled half-way
                    continue
                self._unfinished[update.update_id] = _Unfinished(update.kind, update.received_at, update.attempts)
                if self.is_stale(update.update_id):
                    await self.finish(update.update_id, "expired", "came while the bot was away")
                else:
                    await self._hand_out(update.update_id, update.raw)
            self._replayed = True
        if waiting:
            _LOGGER.info("%d updates were left from the last run", len(waiting))
        return len(waiting)

    async def begin(self, update_id: int) -> bool:
        """Whether to work on an update now: False if it has its final state by now, as after a `forget`.

        Call it just before the work, and for what a former process left only when its time has come (see `bot.replay`):
        each such call is an attempt, and an update that was at work at too many deaths of the process is given up.
        """
        unfinished = self._unfinished.get(update_id)
        if unfinished is None or unfinished.attempts is None:
            return unfinished is not None
        unfinished.begun = True
        wanted = await self._stubbornly(Store.begin, update_id)
        if not wanted:
            _LOGGER.error("update %d is not worked on any more: forgotten, or given up as a dead letter", update_id)
            self.measures.finished("dead")
            self._let_go(update_id)
        return wanted

    async def spare(self) -> None:
        """Take back the attempts of what is at work still: the process is being stopped, and did not die of it."""
        begun = [update_id for update_id, unfinished in self._unfinished.items() if unfinished.begun]
        with contextlib.suppress(StoreError):  # it must not hold up the end; an attempt too many is no loss yet
            await self._store.run(Store.spare, begun)

    async def finish(self, update_id: int, state: State, detail: str = "", exchange: Exchange | None = None) -> bool:
        """Give an update its final state, with what was said; False if it had one before, and nothing changed.

        `detail` says why in a few words, never with what a person wrote. Tries until the store works.
        """
        finished = await self._stubbornly(Store.finish, update_id, state, detail, exchange)
        if finished:
            self.measures.finished(state, self._age_seconds(update_id))
        self._let_go(update_id)
        return finished

    async def forget(self, user_id: int, asking: int | None = None) -> None:
        """Delete all about a person and end what waits of theirs, except the update `asking` that asks for it."""
        for update_id in await self._stubbornly(Store.forget, user_id, asking):
            self.measures.finished("refused")
            self._let_go(update_id)

    def attempts(self, update_id: int) -> int | None:
        """At how many deaths of former processes an update was at work; None for one that is new, or finished."""
        unfinished = self._unfinished.get(update_id)
        return None if unfinished is None else unfinished.attempts

    def is_stale(self, update_id: int) -> bool:
        """Whether an unfinished update is too old for an answer, by its kind."""
        unfinished = self._unfinished.get(update_id)
        if unfinished is None or unfinished.kind not in STALE_SECONDS:
            return False
        return self._clock() - unfinished.received_at > STALE_SECONDS[unfinished.kind]

    def __repr__(self) -> str:
        """Numbers only: asyncio's own would show what people wrote."""
        return f"<{type(self).__name__}: {self.qsize()} queued, {self.unfinished} unfinished>"

    @property
    def unfinished(self) -> int:
        """How many updates were queued and have no final state yet."""
        return len(self._unfinished)

    async def _take_in(self, raw_updates: Sequence[object]) -> None:
        await self.replay()
        known = [(update, raw) for raw in raw_updates if (update := read_update(raw)) is not None]
        if len(known) < len(raw_updates):
            _LOGGER.error("%d updates carried no number and were passed over", len(raw_updates) - len(known))
        new = set(await self._stubbornly(Store.add, [raw for _, raw in known]))
        for update, raw in known:
            if update.update_id in new:
                new.remove(update.update_id)
                self._unfinished[update.update_id] = _Unfinished(update.kind, self._clock())
                await self._hand_out(update.update_id, raw)

    async def _hand_out(self, update_id: int, raw: Any) -> None:
        try:
            parsed = Update.de_json(raw, self.bot)
        except Exception as error:  # whatever PTB trips over; the message could quote what a person wrote
            _LOGGER.error("update %d cannot be read (%s); it is kept as a dead letter", update_id, type(error).__name__)
            await self.finish(update_id, "dead", f"cannot be read: {type(error).__name__}")
        else:
            await super().put(parsed)

    def _age_seconds(self, update_id: int) -> float | None:
        unfinished = self._unfinished.get(update_id)
        is_own = unfinished is not None and unfinished.attempts is None
        return max(0.0, self._clock() - unfinished.received_at) if is_own and unfinished else None

    def _let_go(self, update_id: int) -> None:
        self._unfinished.pop(update_id, None)
        if len(self._unfinished) < self._most_unfinished:
            self._room.set()

    async def _wait_for_room(self) -> None:
        while len(self._unfinished) >= self._most_unfinished:
            _LOGGER.warning("%d updates wait for an answer; no more are fetched until some are done", self.unfinished)
            self._room.clear()
            await self._room.wait()

    async def _stubbornly(self, method: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        pause, longest = self._pauses
        failures = 0
        while True:
            try:
                result = await self._store.run(method, *args, **kwargs)
            except StoreError as error:
                failures += 1
                _LOGGER.error("%s Trying again in %g seconds.", error, pause)
                if isinstance(error, StoreDamaged):
                    # Its own failure shows in the next attempt.
                    with contextlib.suppress(StoreError):
                        await self._store.run(Store.reopen)
                await asyncio.sleep(pause)
                pause = min(longest, 2 * pause)
            else:
                if failures:
                    _LOGGER.info("The store works again.")
                return result
