"""A look at a store, and at the place where it is to be, before the bot works there: nothing on the disk changes."""

import contextlib
import os
import sqlite3
from pathlib import Path

from bot.store.database import check_pages, see_owner, successor_of
from bot.store.errors import StoreDamaged, StoreError, StoreUnavailable, store_error
from bot.store.schema import MIGRATIONS, check_version, version_of


def inspect_store(path: Path, bot_id: int) -> str:
    """What there is to say of a store, in words; the bot may be at work in it.

    Raises:
        StoreDamaged: the file is corrupt.
        StoreUnavailable: it cannot be read, or nothing could be written there.
        StoreError: it is of another program, of a newer version, or of another bot than `bot_id`.
    """
    if why := why_not_writable(path.parent):
        raise StoreUnavailable(why)
    if not path.exists() and successor_of(path).exists():
        path = successor_of(path)  # what the bot made of a damaged store; killed meanwhile, it takes that at its start
    if not path.exists():
        folder = "" if path.parent.is_dir() else f" with the folder {path.parent}"
        return f"{path}, not there yet; the place can be written, and it will be made{folder}"
    if not os.access(path, os.R_OK | os.W_OK):
        raise StoreUnavailable(f"The store {path.name} does not work: it cannot be written. Look at its permissions.")
    try:
        return f"{path}, {_contents(path, bot_id)}"
    except sqlite3.Error as error:
        raise _with_outlook(store_error(error, path)) from error
    except StoreDamaged as damage:
        raise _with_outlook(damage) from None


def why_not_writable(folder: Path) -> str:
    """Why nothing can be written into a folder, which is made with its parents where it is missing; "" if it can."""
    there = next(each for each in (folder, *folder.parents) if os.path.exists(each))
    if not there.is_dir():
        return f"{there} is no folder. Name another place."
    if not os.access(there, os.W_OK | os.X_OK):
        return f"The folder {there} cannot be written. Look at its owner and permissions, or name another place."
    return ""


def _contents(path: Path, bot_id: int) -> str:
    log, index = (path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))
    # Without these two nobody is at work in the file, and SQLite would make them even for one who only reads.
    way = "readonly_shm=1" if log.exists() and index.exists() else "immutable=1"
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&{way}", uri=True)) as connection:
        check_version(connection, path.name)
        check_pages(connection, path)
        version, waiting = version_of(connection), 0
        if version:
            see_owner(connection, path, bot_id)
            ((waiting,),) = connection.execute("SELECT COUNT(*) FROM updates WHERE state = 'waiting'").fetchall()
    said = [f"{waiting} updates wait"]
    if version < len(MIGRATIONS):
        said.append("will be brought up to date")
    if log.exists() and not index.exists():
        said.append(f"{log.name} was not read")
    return ", ".join(said)


def _with_outlook(error: StoreError) -> StoreError:
    if isinstance(error, StoreDamaged):
        return StoreDamaged(f"{error} At its start the bot sets it aside, and saves what can be read.")
    return error
