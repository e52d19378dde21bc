"""Updates from arrival to their one final state.

An update is stored before Telegram is told that it arrived, and ends in exactly one state. What it said and who sent it
is erased with that, except for dead letters; its number stays for a week, so that a second delivery is known.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bot.store.database import Database
from bot.store.incoming import read_update, storable
from bot.store.talks import Exchange, write_exchange

State = Literal["answered", "busy", "expired", "refused", "dead"]
"""How an update ended: with an answer; with "too many at once"; too old to be of use; not allowed; not understood or
given up. "waiting" is none of them."""
STATES: tuple[State, ...] = get_args(State)
MOST_ATTEMPTS = 5
"""An update that was being worked on when the process died, this many times in a row, is given up as a dead letter."""
_LONGEST_DETAIL = 200


@dataclass(frozen=True)
class WaitingUpdate:
    """An update that was stored and not finished when the process ended."""

    update_id: int
    kind: str
    received_at: float
    """Unix seconds."""
    attempts: int
    """How often work on it was begun and neither finished nor spared: at so many deaths of a process it was at work."""
    raw: dict[str, Any]


@dataclass(frozen=True)
class DeadLetter:
    """An update that was given up; the only finished ones whose content is kept, for the owner to look at."""

    update_id: int
    kind: str
    detail: str
    finished_at: float
    raw: str


class Updates(Database):
    """The part of the store that knows updates."""

    def add(self, raw_updates: Sequence[object]) -> list[int]:
        """Store updates as Telegram sent them, all or none, and say which of them are new, in order.

        What carries no usable `update_id` is passed over. Raises: StoreError; nothing was stored then.
        """
        incoming = [update for update in map(read_update, raw_updates) if update is not None]
        now, new = self.clock(), []
        with self.transaction() as connection:
            for update in incoming:
                added = connection.execute(
                    "INSERT INTO updates (update_id, kind, chat_id, thread_id, user_id, raw, received_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (update_id) DO NOTHING",
                    (update.update_id, update.kind, update.chat_id, update.thread_id, update.user_id, update.raw, now),
                )
                if added.rowcount:
                    new.append(update.update_id)
        return new

    def waiting(self) -> list[WaitingUpdate]:
        """All updates without a final state, oldest first."""
        found = self.rows(
            "SELECT update_id, kind, received_at, attempts, raw FROM updates WHERE state = 'waiting' ORDER BY arrival"
        )
        return [
            WaitingUpdate(update_id, kind, at, attempts, json.loads(raw))
            for update_id, kind, at, attempts, raw in found
        ]

    def begin(self, update_id: int) -> bool:
        """Note that work on an update begins, and say whether it should: it waits still and was not begun too often.

        Beyond `MOST_ATTEMPTS` it becomes a dead letter: what kills the process each time must not do so for ever.
        """
        with self.transaction() as connection:
            attempts = connection.execute(
                "UPDATE updates SET attempts = attempts + 1 WHERE update_id = ? AND state = 'waiting'"
                " RETURNING attempts",
                (update_id,),
            ).fetchone()
        if attempts is not None and attempts[0] > MOST_ATTEMPTS:
            self.finish(update_id, "dead", f"the bot died {MOST_ATTEMPTS} times while working on it")
            return False
        return attempts is not None

    def spare(self, update_ids: Sequence[int]) -> None:
        """Take back one `begin` of each of these that still waits: the process is stopped, it did not die of them."""
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE updates SET attempts = attempts - 1 WHERE update_id = ? AND state = 'waiting' AND attempts > 0",
                [(update_id,) for update_id in update_ids],
            )

    def finish(self, update_id: int, state: State, detail: str = "", exchange: Exchange | None = None) -> bool:
        """Give an update its final state and remember what was said, in one transaction.

        Only the first call for an update counts; another changes nothing and returns False. An update that the store
        does not know (lost with a damaged file) is noted as finished, so that a second delivery is known.
        Raises: StoreError; nothing was changed then.
        """
        short, now = storable(detail)[:_LONGEST_DETAIL], self.clock()
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO updates (update_id, kind, received_at) VALUES (?, '', ?) ON CONFLICT DO NOTHING",
                (update_id, now),
            )
            finished = connection.execute(
                "UPDATE updates SET state = ?, detail = ?, finished_at = ? WHERE update_id = ? AND state = 'waiting'",
                (state, short, now, update_id),
            )
            if not finished.rowcount:
                return False
            if state != "dead":
                connection.execute(f"UPDATE updates SET {NOTHING_PERSONAL} WHERE update_id = ?", (update_id,))
            if exchange is not None:
                write_exchange(connection, exchange, now)
        return True

    def counts(self) -> dict[str, int]:
        """How many updates are in each state, "waiting" included, over the whole life of the store."""
        totals = dict.fromkeys(("waiting", *STATES), 0)
        for state, number in self.rows(
            "SELECT state, COUNT(*) FROM updates GROUP BY state UNION ALL SELECT state, number FROM tallies"
        ):
            totals[state] += number
        return totals

    def dead_letters(self, most: int = 20) -> list[DeadLetter]:
        """The latest dead letters, the newest first."""
        found = self.rows(
            "SELECT update_id, kind, detail, finished_at, raw FROM updates WHERE state = 'dead' AND raw IS NOT NULL"
            " ORDER BY finished_at DESC, arrival DESC LIMIT ?",
            (most,),
        )
        return [DeadLetter(*row) for row in found]


NOTHING_PERSONAL = "raw = NULL, chat_id = NULL, thread_id = NULL, user_id = NULL"
"""Sets, in an UPDATE, what an update says about a person to nothing."""
