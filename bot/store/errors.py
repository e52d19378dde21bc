"""What can be wrong with the store, in words for the person who runs the bot.

```
KuaizuiError
└── StoreError            1   the root: the file is of another bot, another program or a newer version
    ├── StoreUnavailable  1   a full disk, a lock, permissions: goes by itself once the cause is gone, so callers retry
    └── StoreDamaged      1   the file is corrupt: `Store.reopen` sets it aside and saves what can be read
```
"""

import sqlite3
from pathlib import Path

from nlp.errors import KuaizuiError

_READ_ONLY = "it cannot be written. Look at the owner and the permissions of the file and of its folder."
_LOCKED = "another program holds it locked. Close that program."
_CAUSES = {
    sqlite3.SQLITE_FULL: "the disk is full. Free some space.",
    sqlite3.SQLITE_IOERR: "the disk refuses to read or write. Look at the free space, quotas and the system's log.",
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
}
"""Primary result codes of SQLite (sqlite.org/rescode.html) that pass, and what to tell a person."""
_MISTAKES = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.InterfaceError)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY_CODE = 0xFF


class StoreError(KuaizuiError):
    """The store cannot do what it was asked."""


class StoreUnavailable(StoreError):
    """The store cannot be read or written now; nothing was changed, and trying again later is right."""


class StoreDamaged(StoreError):
    """The file is not a sound SQLite database."""


def is_mistake(error: sqlite3.Error) -> bool:
    """Whether an error of SQLite is a mistake in our code, which no waiting mends, and not the state of the disk."""
    return isinstance(error, _MISTAKES)


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """The error of ours that says what an error of SQLite over the file `path` means to a person."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in _DAMAGE:
        return StoreDamaged(f"The store {path.name} is damaged ({error}).")
    if code in _CAUSES:
        return StoreUnavailable(f"The store {path.name} does not work ({error}): {_CAUSES[code]}")
    return StoreError(f"The store {path.name} does not work: {error}.")
