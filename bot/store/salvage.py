"""What is done with a damaged store: its files are set aside, and every row that can still be read is saved."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from bot.store.schema import TABLES

_SUFFIXES = ("-wal", "-shm", "")  # the file itself last: killed half-way, the next start finds it damaged again


def set_aside(path: Path, now: float) -> Path:
    """Rename the file at `path` and its log to `NAME.damaged-TIME`, and say that name.

    Raises: OSError if the folder cannot be written.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    target, number = path.with_name(f"{path.name}.damaged-{stamp}"), 2
    while any(target.with_name(target.name + suffix).exists() for suffix in _SUFFIXES):
        target, number = path.with_name(f"{path.name}.damaged-{stamp}-{number}"), number + 1
    for suffix in _SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
    return target


def copy_readable(damaged: Path, connection: sqlite3.Connection) -> int:
    """Copy every readable row of a damaged store into a new one, in one transaction; say how many.

    Raises: sqlite3.Error only for the new store.
    """
    saved = 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        with contextlib.closing(sqlite3.connect(damaged)) as source:
            source.text_factory = lambda text: text.decode("utf-8", "replace")
            source.execute("PRAGMA writable_schema = ON")  # or SQLite reads nothing of a file that is cut short
            for table in TABLES:
                saved += _copy_table(table, source, connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return saved


def _copy_table(table: str, source: sqlite3.Connection, connection: sqlite3.Connection) -> int:
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join("?" * len(columns))
    saved = 0
    # From both ends: reading stops at the damage, wherever it is.
    for order in ("ASC", "DESC"):
        for row in _readable(source, f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid {order}"):
            # A row whose bytes changed may break the rules of its table, or refer to a row that is lost.
            with contextlib.suppress(sqlite3.IntegrityError):
                written = connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({values})", row)
                saved += written.rowcount
    return saved


def _readable(source: sqlite3.Connection, query: str) -> Iterator[tuple[object, ...]]:
    """Rows of a query up to the first that cannot be read."""
    with contextlib.suppress(sqlite3.Error):
        yield from source.execute(query)
