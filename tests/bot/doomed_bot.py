"""The real bot, which kills itself at a named point of its way, the n-th time it passes there.

Run it as `python -m tests.bot.doomed_bot POINT NUMBER`, with the environment of `python -m bot`. The points:

    before METHOD, after METHOD   the store is asked to run this method ("before finish": what was said is sent), or has
    a row of a batch              within the transaction that stores updates, after each
    in the first migration        within the one that makes the tables
    in a later migration          the same for a newer bot, whose schema has one step more
    loading the models            in the model's thread, before the first of them
    replying to poison            in the model's thread, with a batch of chats of which one ends with that word
"""

import sys

from bot.answers import ChatReplies, WarmUp
from bot.command import command
from bot.store import database, schema
from bot.store.background import BackgroundStore
from tests.bot.killable_bot import Countdown

POISON = "poison"
LATER = ("CREATE TABLE later (number INTEGER)", "UPDATE updates SET detail = 'from an older bot'")


def watch_calls(countdown):
    """Pass a point before and after each call of the store."""
    run = BackgroundStore.run

    async def watched(self, method, *arguments, **named):
        countdown.passes(f"before {method.__name__}")
        result = await run(self, method, *arguments, **named)
        countdown.passes(f"after {method.__name__}")
        return result

    BackgroundStore.run = watched


def watch_rows(countdown):
    """Pass a point within the transaction at each update that is stored."""
    connect = database.connect

    def watched(*arguments):
        connection = connect(*arguments)
        connection.create_function("passes", 1, countdown.passes)
        connection.execute(
            "CREATE TEMP TRIGGER passing AFTER INSERT ON updates BEGIN SELECT passes('a row of a batch'); END"
        )
        return connection

    database.connect = watched


def watch_migrations(countdown, later):
    """Pass a point in the middle of the first migration, or of one after all that there are."""

    def passing(statements, point):
        return (*statements[:-1], f"SELECT passes('{point}')", statements[-1])

    first, *others = schema.MIGRATIONS
    added = [passing(LATER, "in a later migration")] if later else []
    schema.MIGRATIONS = (passing(first, "in the first migration"), *others, *added)

    def watched(connection):
        connection.create_function("passes", 1, countdown.passes)
        schema.migrate(connection, schema.MIGRATIONS)

    database.migrate = watched


def watch_models(countdown):
    """Pass a point in the thread of the models."""
    load, reply = WarmUp.__call__, ChatReplies.__call__

    def watched_load(self, items):
        countdown.passes("loading the models")
        return load(self, items)

    def watched_reply(self, chats):
        if any(turns[-1].endswith(POISON) for turns in chats):
            countdown.passes("replying to poison")
        return reply(self, chats)

    WarmUp.__call__, ChatReplies.__call__ = watched_load, watched_reply


if __name__ == "__main__":
    point, number = sys.argv[1:]
    countdown = Countdown(point, int(number))
    watch_calls(countdown)
    watch_rows(countdown)
    watch_models(countdown)
    watch_migrations(countdown, later=point == "in a later migration")
    command([], prog_name="doomed bot")
