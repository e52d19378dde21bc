"""Groups that became supergroups: such a group gets another number, and what is stored of it follows it there.

Its messages are numbered anew there, from 1. So numbers of the old chat are kept less SHIFT: below zero, in their
order, before all of the new chat. Whoever still speaks of the old chat, such as work that was under way, is understood:
they find what they know under its old numbers, and what they write is stored under the new.
"""

import json
import sqlite3
from dataclasses import dataclass

from bot.store.database import Database

SHIFT = 2**40
"""Above all numbers that Telegram gives to messages, which have 32 bits."""
_HOME = "SELECT new_chat_id FROM moves WHERE old_chat_id = ?"
_FOLLOWING = (
    "UPDATE exchanges SET chat_id = :new, message_id = message_id - :shift WHERE chat_id = :old",
    "UPDATE replies SET chat_id = :new, reply_message_id = reply_message_id - :shift WHERE chat_id = :old",
    "UPDATE feedback SET chat_id = :new, reply_message_id = reply_message_id - :shift,"
    " question_message_id = question_message_id - :shift WHERE chat_id = :old",
    "UPDATE arena SET chat_id = :new, message_id = message_id - :shift WHERE chat_id = :old",
)


def seen_from_old(message_id: int) -> int:
    """The number of a message of the new chat, for those who speak of the old one."""
    return message_id + SHIFT


@dataclass(frozen=True)
class Home:
    """Where the store keeps what it knows of a chat."""

    chat_id: int
    shift: int = 0
    """What is added to numbers of messages."""

    def number(self, message_id: int) -> int:
        """How the store calls a message."""
        return message_id + self.shift


def home_in(connection: sqlite3.Connection, chat_id: int) -> Home:
    """Where a chat is kept: under its own number, or under the one that it has now."""
    found = connection.execute(_HOME, (chat_id,)).fetchone()
    return Home(found[0], -SHIFT) if found else Home(chat_id)


class Moves(Database):
    """The part of the store that knows which groups have another number now."""

    def move_chat(self, old: int, new: int) -> bool:
        """Note that a group has another number, and let all that is stored of it follow, in one transaction.

        False where that was known, which changes nothing: Telegram says it in both chats. What was set in the new chat
        already goes before what was set in the old one.
        """
        if old == new:
            return False
        with self.transaction() as connection:
            noted = connection.execute("INSERT OR IGNORE INTO moves VALUES (?, ?)", (old, new))
            if not noted.rowcount:
                return False
            for statement in _FOLLOWING:
                connection.execute(statement, {"old": old, "new": new, "shift": SHIFT})
            _move_settings(connection, old, new)
        return True

    def former_chat(self, chat_id: int) -> int | None:
        """The number that a group had before; None if it had none, as far as is known."""
        found = self.rows("SELECT old_chat_id FROM moves WHERE new_chat_id = ?", (chat_id,))
        return found[0][0] if found else None

    def home(self, chat_id: int) -> Home:
        """Where a chat is kept; see `home_in`."""
        found = self.rows(_HOME, (chat_id,))
        return Home(found[0][0], -SHIFT) if found else Home(chat_id)


def _move_settings(connection: sqlite3.Connection, old: int, new: int) -> None:
    settings = [
        json.loads(found[0]) if found else {}
        for found in (
            connection.execute("SELECT settings FROM chats WHERE chat_id = ?", (chat,)).fetchone()
            for chat in (old, new)
        )
    ]
    connection.execute("DELETE FROM chats WHERE chat_id = ?", (old,))
    if merged := {**settings[0], **settings[1]}:
        connection.execute(
            "INSERT INTO chats (chat_id, settings) VALUES (?, ?)"
            " ON CONFLICT (chat_id) DO UPDATE SET settings = excluded.settings",
            (new, json.dumps(merged)),
        )
