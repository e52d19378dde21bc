"""A process that works on a store and kills itself at a named point, so that the next one can be looked at.

Run it as `python killable_store.py FILE POINT`. Points within a transaction are reached by triggers that call back.
"""

import os
import signal
import sqlite3
import sys
from pathlib import Path

from bot.store import Store, schema
from tests.bot.store_samples import exchange, message


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(connection, event):
    """Die within the transaction in which `event`, in the words of CREATE TRIGGER, happens."""
    connection.create_function("die", 0, die)
    connection.execute(f"CREATE TEMP TRIGGER fatal {event} BEGIN SELECT die(); END")


def during_migration(path, migrations):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("die", 0, die)
    schema.migrate(connection, migrations)


def main(path, point):
    if point == "in the first migration":
        return during_migration(path, ([*schema.MIGRATIONS[0][:6], "SELECT die()"],))
    if point == "in a later migration":
        later = ["CREATE TABLE later (number)", "DROP TABLE chats", "SELECT die()"]
        return during_migration(path, (*schema.MIGRATIONS, later))
    if point.endswith("a damaged file is set aside"):
        rename = Path.rename
        Path.rename = lambda self, target: (point.startswith("after") and rename(self, target), die())
    store = Store(path)
    with store.transaction() as connection:
        pass
    if point == "half a batch stored":
        die_at(connection, "AFTER INSERT ON updates WHEN new.update_id = 105")
    store.add([message(number) for number in range(100, 110)])
    if point == "a batch stored":
        die()
    if point == "between state and exchange":
        die_at(connection, "BEFORE INSERT ON exchanges")
    if point == "between exchange and replies":
        die_at(connection, "BEFORE INSERT ON replies WHEN new.part = 1")
    if point == "while a person is forgotten":
        die_at(connection, "AFTER DELETE ON people")
    store.finish(100, "answered", exchange=exchange(reply_message_ids=(50, 51)))
    if point == "finished":
        die()
    store.forget(7)
    die()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
