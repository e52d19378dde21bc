"""The tables of the store, as the migrations that lead to them one after another.

A migration that was published is never changed; a new one is added below it. Each runs in one transaction together
with the version it leads to (`PRAGMA user_version`), so a killed process leaves the old schema or the new, whole.
"""

import sqlite3
from collections.abc import Sequence

from bot.store.errors import StoreError

APPLICATION_ID = 0x4B5A5A42
"""Marks an SQLite file as a store of Kuaizui's bot ("KZZB")."""

_FIRST = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    # `arrival` is the order of arrival: update ids start anew at random after a quiet week. What tells of a person
    # (raw, chat, thread, user) is emptied when the update is finished, except for dead letters.
    """CREATE TABLE updates (
        arrival INTEGER PRIMARY KEY AUTOINCREMENT,
        update_id INTEGER NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        chat_id INTEGER, thread_id INTEGER, user_id INTEGER,
        raw TEXT,
        received_at REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'waiting'
            CHECK (state IN ('waiting', 'answered', 'busy', 'expired', 'refused', 'dead')),
        detail TEXT NOT NULL DEFAULT '',
        finished_at REAL,
        CHECK ((state = 'waiting') = (finished_at IS NULL))
    ) STRICT""",
    "CREATE INDEX updates_of_user ON updates (user_id) WHERE user_id IS NOT NULL",
    "CREATE INDEX updates_waiting ON updates (arrival) WHERE state = 'waiting'",
    # Finished updates that were pruned, so that the numbers a person sees never shrink.
    "CREATE TABLE tallies (state TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT",
    """CREATE TABLE exchanges (
        exchange INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, user_id INTEGER,
        message_id INTEGER NOT NULL,
        kind TEXT NOT NULL, text TEXT NOT NULL, reply TEXT NOT NULL, model TEXT NOT NULL,
        at REAL NOT NULL,
        UNIQUE (chat_id, message_id)
    ) STRICT""",
    "CREATE INDEX exchanges_of_chat ON exchanges (chat_id, thread_id, kind, message_id)",
    "CREATE INDEX exchanges_of_user ON exchanges (user_id)",
    "CREATE INDEX exchanges_by_age ON exchanges (at)",
    """CREATE TABLE replies (
        chat_id INTEGER NOT NULL, reply_message_id INTEGER NOT NULL, part INTEGER NOT NULL,
        exchange INTEGER NOT NULL REFERENCES exchanges (exchange) ON DELETE CASCADE,
        PRIMARY KEY (chat_id, reply_message_id)
    ) STRICT""",
    "CREATE INDEX replies_of_exchange ON replies (exchange, part)",
    """CREATE TABLE chats (
        chat_id INTEGER PRIMARY KEY, settings TEXT NOT NULL DEFAULT '{}', inactive_since REAL
    ) STRICT""",
    "CREATE TABLE people (user_id INTEGER PRIMARY KEY, facts TEXT NOT NULL DEFAULT '{}') STRICT",
)

_SECOND = (
    # What people think of replies, with copies, since the talk itself is forgotten sooner. `asked_by` and `changed_by`
    # are updates, so that one that is worked on twice counts once. What was taken back keeps no text.
    """CREATE TABLE feedback (
        feedback INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL, reply_message_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        kind TEXT NOT NULL, prompt TEXT NOT NULL, context TEXT NOT NULL, reply TEXT NOT NULL, model TEXT NOT NULL,
        rating INTEGER NOT NULL CHECK (rating IN (-1, 0, 1)),
        correction TEXT NOT NULL DEFAULT '',
        question_message_id INTEGER, asked_by INTEGER, changed_by INTEGER NOT NULL,
        at REAL NOT NULL,
        UNIQUE (chat_id, reply_message_id, user_id),
        CHECK (rating = -1 OR correction = ''),
        CHECK (rating != 0 OR (prompt = '' AND context = '[]' AND reply = ''))
    ) STRICT""",
    "CREATE INDEX feedback_of_user ON feedback (user_id)",
    "CREATE INDEX feedback_by_age ON feedback (at)",
    "CREATE INDEX feedback_by_question ON feedback (chat_id, question_message_id)"
    " WHERE question_message_id IS NOT NULL",
    # Whose words are in the prompt and the context, besides the person who judged.
    """CREATE TABLE feedback_people (
        feedback INTEGER NOT NULL REFERENCES feedback (feedback) ON DELETE CASCADE,
        user_id INTEGER NOT NULL,
        PRIMARY KEY (feedback, user_id)
    ) STRICT""",
    "CREATE INDEX feedback_people_of_user ON feedback_people (user_id)",
)

_THIRD = (
    # Groups that became supergroups; see `bot.store.migration`.
    "CREATE TABLE moves (old_chat_id INTEGER PRIMARY KEY, new_chat_id INTEGER NOT NULL) STRICT",
)

_FOURTH = (
    # Messages that were answered twice; see `bot.store.arena`.
    """CREATE TABLE arena (
        match INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
        prompt TEXT NOT NULL,
        first_model TEXT NOT NULL, first_setting TEXT NOT NULL, first_reply TEXT NOT NULL,
        second_model TEXT NOT NULL, second_setting TEXT NOT NULL, second_reply TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('', 'first', 'second', 'tie')),
        at REAL NOT NULL,
        UNIQUE (chat_id, message_id)
    ) STRICT""",
    "CREATE INDEX arena_of_user ON arena (user_id)",
    "CREATE INDEX arena_by_age ON arena (at)",
)

MIGRATIONS: tuple[Sequence[str], ...] = (_FIRST, _SECOND, _THIRD, _FOURTH)
"""Statements that lead from version n to version n + 1 of the schema; an empty file has version 0."""

FEEDBACK_SINCE = 2
"""The first version of the schema that has feedback."""

TABLES = (
    "meta",
    "updates",
    "tallies",
    "exchanges",
    "replies",
    "chats",
    "people",
    "feedback",
    "feedback_people",
    "moves",
    "arena",
)
"""All tables, those that others refer to first."""


def check_version(connection: sqlite3.Connection, name: str) -> None:
    """Refuse a file that is not ours to change; `name` is what messages call it.

    Raises: StoreError if another program or a newer version of this one wrote it.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION_ID:
        raise StoreError(f"{name} is an SQLite file of another program. Name another file for the bot's store.")
    if version_of(connection) > len(MIGRATIONS):
        raise StoreError(
            f"{name} was written by a newer Kuaizui (schema {version_of(connection)}, this one knows "
            f"{len(MIGRATIONS)}). Install that version again, or name another file for the bot's store."
        )


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the schema that a file has; 0 for an empty one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the schema up to date, one whole migration at a time."""
    while version_of(connection) < len(migrations):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Read again under the lock: another process may have migrated while this one waited for it.
            version = version_of(connection)
            if version < len(migrations):
                for statement in migrations[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
