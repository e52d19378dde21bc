"""What was said: exchanges of a person's message and the bot's reply, and which messages that reply consists of."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.store.incoming import storable
from bot.store.migration import Home, Moves, home_in

NO_THREAD = 0
"""The thread of a chat that has no topics."""


@dataclass(frozen=True)
class Exchange:
    """A person's message and what the bot replied to it."""

    chat_id: int
    message_id: int
    """The person's message. An edited one keeps its number, and its exchange takes the place of the earlier."""
    text: str
    reply: str
    reply_message_ids: Sequence[int] = ()
    """The messages that the reply was sent as, in order; several if it was long."""
    thread_id: int = NO_THREAD
    user_id: int | None = None
    """The person; None for a channel."""
    kind: str = "chat"
    """"chat", "headline", "offer" of headlines, or "match" of two answers none of which was chosen yet; only the first
    is history for the next reply."""
    model: str = ""
    """The name of the bundle that wrote the reply."""


_COLUMNS = "exchange, chat_id, message_id, text, reply, thread_id, user_id, kind, model"


def write_exchange(connection: sqlite3.Connection, exchange: Exchange, at: float) -> None:
    """Write an exchange within a transaction, in the place of an earlier one about the same message."""
    home = home_in(connection, exchange.chat_id)
    ((number,),) = connection.execute(
        "INSERT INTO exchanges (chat_id, thread_id, user_id, message_id, kind, text, reply, model, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (chat_id, message_id) DO UPDATE SET"
        " kind = excluded.kind, text = excluded.text, reply = excluded.reply, model = excluded.model, at = excluded.at"
        " RETURNING exchange",
        (
            *(home.chat_id, exchange.thread_id, exchange.user_id, home.number(exchange.message_id), exchange.kind),
            *(storable(exchange.text), storable(exchange.reply), exchange.model, at),
        ),
    ).fetchall()
    connection.execute("DELETE FROM replies WHERE exchange = ?", (number,))
    connection.executemany(
        "INSERT OR REPLACE INTO replies (chat_id, reply_message_id, part, exchange) VALUES (?, ?, ?, ?)",
        [(home.chat_id, home.number(message), part, number) for part, message in enumerate(exchange.reply_message_ids)],
    )


class Talks(Moves):
    """The part of the store that knows what was said."""

    def history(
        self, chat_id: int, thread_id: int = NO_THREAD, most: int = 3, before: int | None = None
    ) -> list[Exchange]:
        """The last exchanges of a talk, oldest first; only those about messages before the number `before`."""
        home = self.home(chat_id)
        where = "chat_id = ? AND thread_id = ? AND kind = 'chat'" + ("" if before is None else " AND message_id < ?")
        parameters = (home.chat_id, thread_id, *(() if before is None else (home.number(before),)), most)
        found = self._exchanges(home, chat_id, f"{where} ORDER BY message_id DESC LIMIT ?", parameters)
        return found[::-1]

    def latest(self, chat_id: int, thread_id: int = NO_THREAD) -> Exchange | None:
        """The exchange of a talk that was written or changed last, a reply or headlines."""
        where = "chat_id = ? AND thread_id = ? AND kind IN ('chat', 'headline') ORDER BY at DESC, exchange DESC LIMIT 1"
        home = self.home(chat_id)
        return next(iter(self._exchanges(home, chat_id, where, (home.chat_id, thread_id))), None)

    def exchange_about(self, chat_id: int, message_id: int) -> Exchange | None:
        """The exchange that a person's message began."""
        return self._exchange_at(chat_id, "chat_id = ? AND message_id = ?", message_id)

    def exchange_of_reply(self, chat_id: int, reply_message_id: int) -> Exchange | None:
        """The exchange whose reply a message of the bot belongs to."""
        where = "exchange = (SELECT exchange FROM replies WHERE chat_id = ? AND reply_message_id = ?)"
        return self._exchange_at(chat_id, where, reply_message_id)

    def remember_exchange(self, exchange: Exchange) -> None:
        """Write an exchange that no update ends with, such as more headlines under a reply."""
        with self.transaction() as connection:
            write_exchange(connection, exchange, self.clock())

    def forget_exchange(self, chat_id: int, message_id: int) -> None:
        """Delete what was said about a person's message."""
        home = self.home(chat_id)
        with self.transaction() as connection:
            connection.execute(
                "DELETE FROM exchanges WHERE chat_id = ? AND message_id = ?", (home.chat_id, home.number(message_id))
            )

    def forget_talk(self, chat_id: int, thread_id: int = NO_THREAD) -> int:
        """Delete what was said in a chat and thread, and say how many exchanges that were."""
        with self.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM exchanges WHERE chat_id = ? AND thread_id = ?", (self.home(chat_id).chat_id, thread_id)
            ).rowcount
        return deleted

    def _exchange_at(self, chat_id: int, where: str, message_id: int) -> Exchange | None:
        home = self.home(chat_id)
        return next(iter(self._exchanges(home, chat_id, where, (home.chat_id, home.number(message_id)))), None)

    def _exchanges(self, home: Home, chat_id: int, where: str, parameters: Sequence[object]) -> list[Exchange]:
        """Exchanges as whoever asked for `chat_id` calls them and their messages."""
        found = self.rows(f"SELECT {_COLUMNS} FROM exchanges WHERE {where}", parameters)
        return [_as_asked(self._exchange(*row), home, chat_id) for row in found]

    def _exchange(
        self,
        number: int,
        chat_id: int,
        message_id: int,
        text: str,
        reply: str,
        thread_id: int,
        user_id: int | None,
        kind: str,
        model: str,
    ) -> Exchange:
        parts = self.rows("SELECT reply_message_id FROM replies WHERE exchange = ? ORDER BY part", (number,))
        messages = tuple(message for (message,) in parts)
        return Exchange(chat_id, message_id, text, reply, messages, thread_id, user_id, kind, model)


def _as_asked(exchange: Exchange, home: Home, chat_id: int) -> Exchange:
    messages = tuple(message - home.shift for message in exchange.reply_message_ids)
    return replace(exchange, chat_id=chat_id, message_id=exchange.message_id - home.shift, reply_message_ids=messages)
