"""The SQLite file under the store: opened, checked, bound to its bot, set aside when damaged; transactions."""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.store.errors import StoreDamaged, StoreError, StoreUnavailable, is_mistake, store_error
from bot.store.salvage import copy_readable, set_aside
from bot.store.schema import check_version, migrate

_LOGGER = logging.getLogger(__name__)
_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # in WAL only FULL flushes at each commit: what was stored survives a power cut
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what a person asked to forget is overwritten, not only unlinked
)
_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_UNDO_PART = ("ROLLBACK TO part", "RELEASE part")
_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables


def connect(path: Path, busy_seconds: float, bot_id: int | None = None) -> sqlite3.Connection:
    """Open the file at `path`, creating or migrating it where needed; waits `busy_seconds` for locks of others.

    Raises:
        StoreDamaged: the file is corrupt.
        StoreUnavailable: it cannot be opened or written now.
        StoreError: it is of another program, of a newer version, or of another bot than `bot_id`.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(f"SQLite is {sqlite3.sqlite_version}; the bot needs 3.37. Use a newer Python.")
    connection = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)  # it holds what people wrote; SQLite gives its other files the same permissions
        # A transaction is begun and ended by us alone; the one thread that uses the store is not always this one.
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        check_version(connection, path.name)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        check_pages(connection, path)
        migrate(connection)
        bind(connection, path, bot_id)
        return connection
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise store_error(error, path) from error
        if isinstance(error, OSError):
            raise store_error(_cannot_open(error), path) from error
        raise


def _cannot_open(error: OSError) -> sqlite3.Error:
    mapped = sqlite3.OperationalError(error.strerror or str(error))
    mapped.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return mapped


def check_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Read the whole file for damage. Raises: StoreDamaged."""
    (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        raise StoreDamaged(f"The store {path.name} is damaged ({' '.join(finding.split())}).")


def bind(connection: sqlite3.Connection, path: Path, bot_id: int | None) -> None:
    """Tie a new store to a bot: another bot's update ids would pass for duplicates here, and be dropped.

    Raises: StoreError if it belongs to another bot.
    """
    if bot_id is not None:
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('bot_id', ?)", (str(bot_id),))
        see_owner(connection, path, bot_id)


def see_owner(connection: sqlite3.Connection, path: Path, bot_id: int) -> None:
    """See that a store is a bot's, or nobody's yet. Raises: StoreError if it belongs to another bot."""
    for (owner,) in connection.execute("SELECT value FROM meta WHERE key = 'bot_id'"):
        if owner != str(bot_id):
            raise StoreError(
                f"The store {path.name} belongs to bot {owner}, not {bot_id}. Give each bot a file of its own."
            )


def successor_of(path: Path) -> Path:
    """Where a sound store is built that is to take the place of a damaged one."""
    return path.with_name(f"{path.name}.new")


class Database:
    """One SQLite file and its connection; one thread at a time may use it.

    A damaged file is set aside under another name, what can be read of it is saved into a new one, and the log says so.
    """

    def __init__(
        self,
        path: Path,
        *,
        bot_id: int | None = None,
        busy_seconds: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open or create the file; `bot_id` is the number before the colon of the token, `clock` gives Unix seconds.

        Raises: StoreError, as `connect` and `reopen` do.
        """
        self.path = path
        self.clock = clock
        self._bot_id = bot_id
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._depth = 0
        self._wipe_wanted = False
        self.reopen()

    def reopen(self) -> None:
        """Open the file again; where it is damaged, set it aside and go on with a new one.

        Raises: StoreError if that does not work either; the next use tries again.
        """
        self.close()
        if not self.path.exists():
            with contextlib.suppress(OSError):
                self._successor.rename(self.path)  # its place was free already when the process was killed
        try:
            self._connection = connect(self.path, self._busy_seconds, self._bot_id)
        except StoreDamaged as damage:
            self._start_anew(damage)

    def _start_anew(self, damage: StoreDamaged) -> None:
        """Build a sound file beside the damaged one, then change places; killed anywhere, the next start goes on."""
        try:
            self._successor.unlink(missing_ok=True)
            with contextlib.closing(connect(self._successor, self._busy_seconds, self._bot_id)) as connection:
                saved = copy_readable(self.path, connection)
            aside = set_aside(self.path, self.clock())
            self._successor.rename(self.path)
        except OSError as error:
            raise store_error(_cannot_open(error), self.path) from error
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        _LOGGER.error("%s It was set aside as %s; %d rows of it were saved into a new one.", damage, aside.name, saved)
        self._connection = connect(self.path, self._busy_seconds, self._bot_id)

    @property
    def _successor(self) -> Path:
        return successor_of(self.path)

    def close(self) -> None:
        """Close the file; using the store again opens it again."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction that writes: all of it is on the disk at the end, or nothing has changed.

        Within another one it is a part of that: undone alone where it fails, on the disk when the whole is.
        Raises: StoreError for whatever the disk or the file is to blame for.
        """
        begin, end, undo = ("SAVEPOINT part", "RELEASE part", _UNDO_PART) if self._depth else _WHOLE
        connection = self._connected()
        if self._depth and not connection.in_transaction:
            raise StoreUnavailable(f"The store {self.path.name} undid a transaction.")
        self._depth += 1
        try:
            connection.execute(begin)
            yield connection
            connection.execute(end)
        except BaseException as error:
            # Some errors, such as a full disk, undo the whole transaction by themselves.
            for statement in undo if connection.in_transaction else ():
                with contextlib.suppress(sqlite3.Error):
                    connection.execute(statement)
            if isinstance(error, sqlite3.Error) and not is_mistake(error):
                raise store_error(error, self.path) from error
            raise
        finally:
            self._depth -= 1
        self._wipe_if_wanted()

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows that a query finds. Raises: StoreError for whatever the disk or the file is to blame for."""
        connection = self._connected()
        try:
            return connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            if is_mistake(error):
                raise
            raise store_error(error, self.path) from error

    def wipe_log(self) -> None:
        """Write the log back into the file and empty it, so that deleted text is in neither; best effort.

        Within a transaction, this is done once that has ended.
        """
        self._wipe_wanted = True
        self._wipe_if_wanted()

    def _wipe_if_wanted(self) -> None:
        if self._wipe_wanted and not self._depth:
            self._wipe_wanted = False
            with contextlib.suppress(StoreError):
                self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self.reopen()
        assert self._connection is not None
        return self._connection
