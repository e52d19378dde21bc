"""What a chat has set and what is known of a person, as small JSON objects; whether a chat can still be written to."""

import json
from collections.abc import Mapping
from typing import Any

from bot.store.migration import Moves


class Preferences(Moves):
    """The part of the store that knows settings."""

    def chat_settings(self, chat_id: int) -> dict[str, Any]:
        """What a chat has set; empty if nothing."""
        return self._read("SELECT settings FROM chats WHERE chat_id = ?", self.home(chat_id).chat_id)

    def remember_settings(self, chat_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings of a chat (None takes one away) and return them all."""
        return self._change("chats", "chat_id", "settings", self.home(chat_id).chat_id, changes)

    def person(self, user_id: int) -> dict[str, Any]:
        """What is known of a person, such as language and consent; empty if nothing."""
        return self._read("SELECT facts FROM people WHERE user_id = ?", user_id)

    def remember_person(self, user_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change what is known of a person (None takes a fact away) and return it all."""
        return self._change("people", "user_id", "facts", user_id, changes)

    def mark_inactive(self, chat_id: int) -> None:
        """Note that Telegram does not let the bot write to a chat any more; one that has moved is not that chat."""
        if self.home(chat_id).chat_id != chat_id:
            return
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO chats (chat_id, inactive_since) VALUES (?, ?) ON CONFLICT (chat_id) DO UPDATE"
                " SET inactive_since = coalesce(inactive_since, excluded.inactive_since)",
                (chat_id, self.clock()),
            )

    def mark_active(self, chat_id: int) -> None:
        """Note that somebody wrote in a chat again."""
        with self.transaction() as connection:
            connection.execute("UPDATE chats SET inactive_since = NULL WHERE chat_id = ?", (chat_id,))

    def is_inactive(self, chat_id: int) -> bool:
        """Whether Telegram refused the last attempt to write to a chat."""
        return bool(self.rows("SELECT 1 FROM chats WHERE chat_id = ? AND inactive_since IS NOT NULL", (chat_id,)))

    def _read(self, query: str, key: int) -> dict[str, Any]:
        found = self.rows(query, (key,))
        return dict(json.loads(found[0][0])) if found else {}

    def _change(self, table: str, key_column: str, column: str, key: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        with self.transaction() as connection:
            found = connection.execute(f"SELECT {column} FROM {table} WHERE {key_column} = ?", (key,)).fetchone()
            merged = {**(json.loads(found[0]) if found else {}), **changes}
            kept = {name: value for name, value in merged.items() if value is not None}
            connection.execute(
                f"INSERT INTO {table} ({key_column}, {column}) VALUES (?, ?) ON CONFLICT ({key_column})"
                f" DO UPDATE SET {column} = excluded.{column}",
                (key, json.dumps(kept)),
            )
        return kept
