"""The queue of updates: acknowledged by offset, filtered by kind, polled by one at a time, faults included."""

from tests.bot.fake_telegram.fake_bot_api_errors import OTHER_POLLER, conflict

ONLY_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds that a bot gets only if it names them in allowed_updates."""

MAX_BATCH = 100


class Poll:
    """A getUpdates that waits; `ended` once another one has taken over."""

    def __init__(self):
        self.ended = False


class Updates:
    """Updates that wait for the bot, oldest first, and all that ever were."""

    def __init__(self, changes, first_id=1000):
        self.pending, self.all, self.unchecked = {}, {}, set()
        self.allowed: list[str] | None = None
        self.closed = False
        self._changes, self._next_id = changes, first_id
        self._again, self._poll = [], None

    def add(self, kind, payload):
        """The id of a new update, or None if the bot did not ask for this kind."""
        wanted = kind in self.allowed if self.allowed else kind not in ONLY_ON_REQUEST
        return self.inject({kind: payload}, checked=True) if wanted else None

    def inject(self, fields, *, update_id=None, checked=False):
        """Queue an update as it is, perhaps one that no bot can parse; the specification checks it if `checked`."""
        update_id = self._next_id if update_id is None else update_id
        self._next_id = max(self._next_id, update_id + 1)
        update = {"update_id": update_id, **fields}
        self.pending[update_id] = self.all[update_id] = update
        if not checked:
            self.unchecked.add(update_id)
        self._changes.notify()
        return update_id

    def repeat(self, update_id):
        """Give an update to a poll once more, acknowledged or not; if it still waits, it comes twice in one answer."""
        self._again.append(self.all[update_id])
        self._changes.notify()

    def acknowledge(self, offset):
        """Forget what lies below `offset`; a negative one keeps only so many of the newest."""
        if offset < 0:
            self.pending = dict(list(self.pending.items())[offset:])
        elif offset:
            self.pending = {number: update for number, update in self.pending.items() if number >= offset}
        self._changes.notify()

    def interrupt(self):
        """End the poll that waits with 409, as a second bot with the same token does."""
        if self._poll:
            self._poll.ended = True
            self._changes.notify()

    @property
    def is_polled(self):
        """Whether a getUpdates waits now."""
        return self._poll is not None

    async def poll(self, offset, limit, timeout_seconds):
        """The next updates, once there are any or `timeout_seconds` have passed.

        Raises:
            ApiError: 409 if another poll came meanwhile.
        """
        self.interrupt()
        self.acknowledge(offset)
        poll = self._poll = Poll()
        limit = min(max(limit, 1), MAX_BATCH)
        try:
            await self._changes.until(lambda: poll.ended or self.closed or self._again or self.pending, timeout_seconds)
        except TimeoutError:
            return []
        finally:
            if self._poll is poll:
                self._poll = None
        if poll.ended:
            raise conflict(OTHER_POLLER)
        again, self._again = self._again, []
        return [*again, *self.pending.values()][:limit]
