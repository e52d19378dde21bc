"""What people think of replies: one judgement of a person on a reply, and the better answer, if they gave one.

A judgement holds copies of all that training needs, since the talk itself is forgotten sooner. Taken back, it holds no
text any more.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from typing import Literal

from bot.store.incoming import storable
from bot.store.migration import SHIFT
from bot.store.talks import NO_THREAD, Exchange, Talks

Rating = Literal[-1, 0, 1]
UP: Rating = 1
DOWN: Rating = -1
NONE: Rating = 0
"""No judgement: there was none, or it was taken back."""

Correction = Literal["kept", "same", "withdrawn"]
"""What became of a better answer: stored; stored before, word for word; not stored, since the 👎 was taken back."""


@dataclass(frozen=True)
class Rated:
    """What a judgement is about, as training needs it."""

    kind: str
    """"chat", "headline", or "aside": a text written by hand, where the model had nothing fit to say."""
    prompt: str
    context: tuple[str, ...]
    """The turns before the prompt that the model saw, oldest first."""
    reply: str
    model: str
    """The name of the model that wrote the reply; of an aside, of the one that had nothing to say."""
    people: frozenset[int] = frozenset()
    """Whose words these are."""


Describe = Callable[[Exchange, Sequence[Exchange], int], Rated | None]
"""What a message of the bot is, given its exchange and those before that in the same talk, oldest first; None for one
that is not to be judged."""


@dataclass(frozen=True)
class Tap:
    """A person judges a message of the bot."""

    chat_id: int
    message_id: int
    user_id: int
    rating: Rating
    update_id: int
    """The update that says so; a second time, it changes nothing."""
    toggles: bool = True
    """Whether the same judgement again takes it back, as with a button; a reaction says what it is now."""
    may_ask: bool = True
    """Whether the person may be asked for a better answer."""


@dataclass(frozen=True)
class Vote:
    """How a person's judgement stands after a tap."""

    number: int
    """By which `Feedback.asked` knows it."""
    rating: Rating
    kind: str
    prompt: str
    """Empty where the judgement was taken back."""
    thread_id: int
    asks: bool
    """Whether the person is to be asked for a better answer now: after the first 👎 only."""


@dataclass(frozen=True)
class _Judgement:
    """A judgement as it is stored."""

    thread_id: int = NO_THREAD
    kind: str = ""
    prompt: str = ""
    context: str = "[]"
    """JSON."""
    reply: str = ""
    model: str = ""
    rating: Rating = NONE
    correction: str = ""
    question_message_id: int | None = None
    asked_by: int | None = None
    changed_by: int = -1

    def about(self, rated: Rated, thread_id: int) -> "_Judgement":
        """The same about this reply; if it was about another, which has been edited since, one that begins anew."""
        context = json.dumps([storable(turn) for turn in rated.context], ensure_ascii=False)
        told = (rated.kind, storable(rated.prompt), context, storable(rated.reply), rated.model)
        same = self.rating == NONE or (self.prompt, self.reply) == (told[1], told[3])
        kept = (self.rating, self.correction, self.question_message_id, self.asked_by, self.changed_by)
        return _Judgement(thread_id, *told, *kept) if same else _Judgement(thread_id, *told)

    def after(self, tap: Tap) -> "_Judgement":
        """As it stands after a tap. A better answer stays only as long as the 👎 that it explains."""
        rating = NONE if tap.toggles and tap.rating == self.rating else tap.rating
        asks = rating == DOWN and tap.may_ask and self.asked_by is None
        changed = replace(
            self,
            rating=rating,
            correction=self.correction if rating == self.rating else "",
            asked_by=tap.update_id if asks else self.asked_by,
            changed_by=tap.update_id,
        )
        return changed if rating else replace(changed, prompt="", context="[]", reply="")

    def vote(self, number: int) -> Vote:
        """What the tap that made it so has to know."""
        asks = self.rating == DOWN and self.asked_by == self.changed_by and self.question_message_id is None
        return Vote(number, self.rating, self.kind, self.prompt, self.thread_id, asks)


_COLUMNS = tuple(each.name for each in fields(_Judgement))


class Feedback(Talks):
    """The part of the store that knows what people think of replies."""

    def vote(self, tap: Tap, describe: Describe, remembered: int) -> Vote | None:
        """Count a judgement and say how it stands now; None where there is nothing to be judged, or not any more.

        `describe` is given up to `remembered` exchanges before; it runs within the transaction, so that nothing comes
        back that a person has forgotten meanwhile.
        """
        with self.transaction() as connection:
            home = self.home(tap.chat_id)
            tap = replace(tap, chat_id=home.chat_id, message_id=home.number(tap.message_id))
            exchange = self.exchange_of_reply(tap.chat_id, tap.message_id)
            if exchange is not None and exchange.kind == "chat":  # the buttons are under the last part of a long reply
                tap = replace(tap, message_id=exchange.reply_message_ids[-1])
            number, judgement = self._judgement(tap)
            if number is not None and judgement.changed_by == tap.update_id:
                return judgement.vote(number)
            rated = None
            if exchange is not None:
                before = self.history(exchange.chat_id, exchange.thread_id, remembered, exchange.message_id)
                rated = describe(exchange, before, tap.message_id)
                if rated is None:
                    return None
                judgement = judgement.about(rated, exchange.thread_id)
            elif judgement.rating == NONE:
                return None
            changed = judgement.after(tap)
            if number is None and changed.rating == NONE:
                return None
            number = _write(connection, tap, changed, self.clock())
            if changed.rating == NONE or rated is not None:
                _write_people(connection, number, rated.people if rated and changed.rating else frozenset())
            return changed.vote(number)

    def asked(self, number: int, question_message_id: int) -> None:
        """Note with which message a person was asked for a better answer."""
        # Whoever still speaks of a group's old chat has asked in the new one; see `bot.store.migration.seen_from_old`.
        moved = ":message >= :shift AND chat_id IN (SELECT new_chat_id FROM moves)"
        with self.transaction() as connection:
            connection.execute(
                f"UPDATE feedback SET question_message_id = iif({moved}, :message - :shift, :message)"
                " WHERE feedback = :number",
                {"message": question_message_id, "shift": SHIFT, "number": number},
            )

    def question(self, chat_id: int, message_id: int, user_id: int) -> int | None:
        """The number of the judgement that a message asked this person about; None if it is no such question."""
        where = "chat_id = ? AND question_message_id = ? AND user_id = ?"
        home = self.home(chat_id)
        found = self.rows(
            f"SELECT feedback FROM feedback WHERE {where}", (home.chat_id, home.number(message_id), user_id)
        )
        return found[0][0] if found else None

    def correct(self, number: int, correction: str) -> Correction | None:
        """Store the better answer, in the place of an earlier one; None if the judgement is not stored any more."""
        text = storable(correction)
        with self.transaction() as connection:
            found = connection.execute("SELECT rating, correction FROM feedback WHERE feedback = ?", (number,))
            standing = found.fetchone()
            if standing is None:
                return None
            if standing[0] != DOWN:
                return "withdrawn"
            changed = "UPDATE feedback SET correction = ?, at = ? WHERE feedback = ?"
            connection.execute(changed, (text, self.clock(), number))
        return "same" if standing[1] == text else "kept"

    def _judgement(self, tap: Tap) -> tuple[int | None, _Judgement]:
        found = self.rows(
            f"SELECT feedback, {', '.join(_COLUMNS)} FROM feedback"
            " WHERE chat_id = ? AND reply_message_id = ? AND user_id = ?",
            (tap.chat_id, tap.message_id, tap.user_id),
        )
        return (found[0][0], _Judgement(*found[0][1:])) if found else (None, _Judgement())


def _write(connection: sqlite3.Connection, tap: Tap, judgement: _Judgement, at: float) -> int:
    columns = ("chat_id", "reply_message_id", "user_id", "at", *_COLUMNS)
    changes = ", ".join(f"{column} = excluded.{column}" for column in ("at", *_COLUMNS))
    ((number,),) = connection.execute(
        f"INSERT INTO feedback ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT (chat_id, reply_message_id, user_id) DO UPDATE SET {changes} RETURNING feedback",
        (tap.chat_id, tap.message_id, tap.user_id, at, *astuple(judgement)),
    ).fetchall()
    return int(number)


def _write_people(connection: sqlite3.Connection, number: int, people: frozenset[int]) -> None:
    connection.execute("DELETE FROM feedback_people WHERE feedback = ?", (number,))
    connection.executemany("INSERT INTO feedback_people VALUES (?, ?)", [(number, person) for person in sorted(people)])
