"""Matches: a message answered twice, blind, and which answer the person took for the better one."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from bot.store.incoming import storable
from bot.store.talks import Exchange, Talks, write_exchange

Verdict = Literal["", "first", "second", "tie"]
"""Which of the two, as they were shown; "" for none yet."""


@dataclass(frozen=True, order=True)
class Contender:
    """Who answers in a match."""

    model: str
    """The name of the bundle."""
    setting: str
    """The style that it was asked for."""


@dataclass(frozen=True)
class Answer:
    """What a contender said."""

    contender: Contender
    text: str


@dataclass(frozen=True)
class Match:
    """A message of a person with two answers, in the order in which they are shown."""

    chat_id: int
    message_id: int
    """The person's message."""
    thread_id: int
    user_id: int
    prompt: str
    first: Answer
    second: Answer
    verdict: Verdict = ""

    @property
    def better(self) -> Answer:
        """The answer that won, and the first one where none did."""
        return self.second if self.verdict == "second" else self.first


@dataclass(frozen=True)
class Standing:
    """What came of all matches between two contenders."""

    one: Contender
    other: Contender
    won: int
    """By `one`."""
    lost: int
    tied: int


_COLUMNS = (
    "chat_id, message_id, thread_id, user_id, prompt, first_model, first_setting, first_reply,"
    " second_model, second_setting, second_reply, verdict"
)


class Arena(Talks):
    """The part of the store that knows matches."""

    def open_match(self, match: Match) -> int | None:
        """Store a match and say its number; None where that message was judged before.

        An open match about the same message is withdrawn: who still sees its answers cannot choose between others.
        """
        sides = [(each.contender.model, each.contender.setting, storable(each.text)) for each in _sides(match)]
        values = (match.chat_id, match.message_id, match.thread_id, match.user_id, storable(match.prompt))
        with self.transaction() as connection:
            self.withdraw_match(match.chat_id, match.message_id)
            found = connection.execute(
                f"INSERT INTO arena ({_COLUMNS}, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)"
                " ON CONFLICT (chat_id, message_id) DO NOTHING RETURNING match",
                (*values, *sides[0], *sides[1], self.clock()),
            ).fetchall()
        return found[0][0] if found else None

    def withdraw_match(self, chat_id: int, message_id: int) -> None:
        """Delete the match about a message, where nobody has judged it."""
        with self.transaction() as connection:
            connection.execute(
                "DELETE FROM arena WHERE chat_id = ? AND message_id = ? AND verdict = ''", (chat_id, message_id)
            )

    def judge_match(self, number: int, user_id: int, verdict: Verdict, shown_in: int) -> tuple[Match, bool] | None:
        """Count a person's verdict on their match, once: the match as it stands, and whether this counted.

        The better answer becomes what the bot said to the message, in its message `shown_in`, unless it said something
        else before. None where the match is not stored any more.
        """
        with self.transaction() as connection:
            changed = connection.execute(
                "UPDATE arena SET verdict = ?, at = ? WHERE match = ? AND user_id = ? AND verdict = ''",
                (verdict, self.clock(), number, user_id),
            ).rowcount
            found = connection.execute(
                f"SELECT {_COLUMNS} FROM arena WHERE match = ? AND user_id = ?", (number, user_id)
            ).fetchone()
            if found is None:
                return None
            match = _match(*found)
            said = self.exchange_about(match.chat_id, match.message_id)
            if changed and (said is None or said.kind == "match"):
                _remember(connection, match, shown_in, self.clock())
        return match, bool(changed)

    def standings(self) -> list[Standing]:
        """What came of all matches that are stored, for each two contenders, those with the most matches first."""
        found = self.rows(
            "SELECT first_model, first_setting, second_model, second_setting, SUM(verdict = 'first'),"
            " SUM(verdict = 'second'), SUM(verdict = 'tie') FROM arena WHERE verdict != ''"
            " GROUP BY first_model, first_setting, second_model, second_setting"
        )
        return _together(Standing(Contender(*row[:2]), Contender(*row[2:4]), *row[4:]) for row in found)


def _sides(match: Match) -> tuple[Answer, Answer]:
    return match.first, match.second


def _match(chat: int, message: int, thread: int, user: int, prompt: str, *rest: str) -> Match:
    first, second = (Answer(Contender(*rest[start : start + 2]), rest[start + 2]) for start in (0, 3))
    verdict: Verdict = rest[6]  # type: ignore[assignment]  # the table holds no other
    return Match(chat, message, thread, user, prompt, first, second, verdict)


def _remember(connection: sqlite3.Connection, match: Match, shown_in: int, at: float) -> None:
    better = match.better
    exchange = Exchange(match.chat_id, match.message_id, match.prompt, better.text, (shown_in,), match.thread_id)
    write_exchange(connection, replace(exchange, user_id=match.user_id, model=better.contender.model), at)


def _together(standings: Iterable[Standing]) -> list[Standing]:
    """Who was shown first does not matter: each two contenders have one standing."""
    sums: dict[tuple[Contender, Contender], Standing] = {}
    for each in standings:
        if each.other < each.one:
            each = Standing(each.other, each.one, each.lost, each.won, each.tied)
        before = sums.get((each.one, each.other), Standing(each.one, each.other, 0, 0, 0))
        sums[each.one, each.other] = Standing(
            each.one, each.other, before.won + each.won, before.lost + each.lost, before.tied + each.tied
        )
    return sorted(sums.values(), key=lambda each: (-(each.won + each.lost + each.tied), each.one, each.other))
