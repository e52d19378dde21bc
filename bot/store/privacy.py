"""What a person may see and delete, and what is deleted by itself with time."""

import sqlite3
from typing import Any

from bot.store.database import Database
from bot.store.updates import NOTHING_PERSONAL

DAYS_NUMBERS_ARE_KEPT = 7
"""Telegram redelivers for a day, and after a week without updates starts numbering anew: kept longer, an old number
could pass for a duplicate."""
DEFAULT_DAYS = 30
DEFAULT_EXCHANGES = 100_000
_SECONDS_A_DAY = 86_400
_PRUNED_AT_ONCE = 200
_EXPORTS = {
    # In a private chat, the chat has the number of the person.
    "person": "SELECT facts FROM people WHERE user_id = :user",
    "settings": "SELECT settings, inactive_since FROM chats WHERE chat_id = :user",
    "exchanges": "SELECT chat_id, thread_id, message_id, kind, text, reply, model, at FROM exchanges"
    " WHERE user_id = :user OR chat_id = :user ORDER BY exchange",
    "feedback": "SELECT chat_id, thread_id, reply_message_id, kind, prompt, context, reply, rating, correction,"
    " model, at FROM feedback WHERE user_id = :user ORDER BY feedback",
    # Who judged, and how, is theirs.
    "feedback_of_others": "SELECT chat_id, thread_id, prompt, context, reply, at FROM feedback WHERE user_id != :user"
    " AND feedback IN (SELECT feedback FROM feedback_people WHERE user_id = :user) ORDER BY feedback",
    "arena": "SELECT chat_id, message_id, prompt, first_model, first_setting, first_reply,"
    " second_model, second_setting, second_reply, verdict, at FROM arena WHERE user_id = :user ORDER BY match",
    "updates": "SELECT update_id, state, detail, received_at, raw FROM updates WHERE user_id = :user ORDER BY arrival",
}


class Privacy(Database):
    """The part of the store that shows and deletes."""

    def export(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        """All that is stored about a person, by table, as JSON can hold it; times are Unix seconds."""
        exported = {}
        with self.transaction() as connection:
            for name, query in _EXPORTS.items():
                found = connection.execute(query, {"user": user_id})
                columns = [column for column, *_ in found.description]
                exported[name] = [dict(zip(columns, row, strict=True)) for row in found]
        return exported

    def forget(self, user_id: int, asking: int | None = None) -> list[int]:
        """Delete all that is stored about a person, also in groups, and end what waits; say which updates that ended.

        They end as refused. The update `asking`, which asks for this, goes on waiting until it is finished.
        """
        with self.transaction() as connection:
            ended = connection.execute(
                "UPDATE updates SET state = 'refused', detail = 'forgotten', finished_at = ?"
                " WHERE user_id = ? AND state = 'waiting' AND update_id IS NOT ? RETURNING update_id",
                (self.clock(), user_id, asking),
            ).fetchall()
            connection.execute(
                f"UPDATE updates SET {NOTHING_PERSONAL} WHERE user_id = ? AND state != 'waiting'", (user_id,)
            )
            connection.execute("DELETE FROM exchanges WHERE user_id = :user OR chat_id = :user", {"user": user_id})
            connection.execute(
                "DELETE FROM feedback WHERE user_id = :user OR chat_id = :user"
                " OR feedback IN (SELECT feedback FROM feedback_people WHERE user_id = :user)",
                {"user": user_id},
            )
            connection.execute("DELETE FROM arena WHERE user_id = :user OR chat_id = :user", {"user": user_id})
            connection.execute("DELETE FROM chats WHERE chat_id = ?", (user_id,))
            connection.execute("DELETE FROM people WHERE user_id = ?", (user_id,))
        self.wipe_log()
        return [update_id for (update_id,) in ended]

    def prune(self, days: float = DEFAULT_DAYS, exchanges: int = DEFAULT_EXCHANGES) -> int:
        """Delete exchanges, feedback and matches older than `days`, and the oldest beyond that many; say how many went.

        Call it until it returns 0: it takes some at a time, since nothing else is stored meanwhile. Updates that wait
        are never touched; numbers of finished ones go after a week, dead letters after `days`.
        """
        now = self.clock()
        oldest, oldest_number = now - days * _SECONDS_A_DAY, now - DAYS_NUMBERS_ARE_KEPT * _SECONDS_A_DAY
        with self.transaction() as connection:
            deleted = _prune_table(connection, "exchanges", "exchange", oldest, exchanges)
            deleted += _prune_table(connection, "feedback", "feedback", oldest, exchanges)
            deleted += _prune_table(connection, "arena", "match", oldest, exchanges)
            old = "finished_at < ? AND (state != 'dead' OR finished_at < ?)"
            connection.execute(
                f"INSERT INTO tallies SELECT state, COUNT(*) FROM updates WHERE {old} GROUP BY state"
                " ON CONFLICT (state) DO UPDATE SET number = number + excluded.number",
                (oldest_number, oldest),
            )
            connection.execute(f"DELETE FROM updates WHERE {old}", (oldest_number, oldest))
        if not deleted:
            self.wipe_log()
        return deleted


def _prune_table(connection: sqlite3.Connection, table: str, key: str, oldest: float, most: int) -> int:
    """Delete some of the rows that are older, and of the oldest beyond `most`; say how many."""
    ((kept,),) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchall()
    beyond = min(_PRUNED_AT_ONCE, max(0, kept - most))
    return connection.execute(
        f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE at < :oldest ORDER BY at LIMIT :some)"
        f" OR {key} IN (SELECT {key} FROM {table} ORDER BY at, {key} LIMIT :beyond)",
        {"oldest": oldest, "some": _PRUNED_AT_ONCE, "beyond": beyond},
    ).rowcount
