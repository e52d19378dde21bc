"""What is said of a store without opening it for work: nothing on the disk changes, whatever state it is in."""

import contextlib
import os
import sqlite3

import pytest

from bot.store import Store, StoreDamaged, StoreError, StoreUnavailable
from bot.store.inspection import inspect_store
from bot.store.schema import APPLICATION_ID, MIGRATIONS
from tests.bot.bot_process import run_python
from tests.bot.store_samples import damage_a_page, message

BOT = 42


@contextlib.contextmanager
def unchanged(folder):
    """Within this, nothing in the folder changes, and nothing new comes."""
    before = on_disk(folder)
    yield
    assert on_disk(folder) == before


def on_disk(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def filled(path, *, bot_id=BOT, number=3):
    store = Store(path, bot_id=bot_id)
    store.add([message(number) for number in range(number)])
    return store


def test_a_store_that_is_not_there_is_said_to_be_made_with_its_folders(tmp_path):
    with unchanged(tmp_path):
        assert "will be made" in inspect_store(tmp_path / "bot.db", BOT)
        told = inspect_store(tmp_path / "new" / "deep" / "bot.db", BOT)
        assert "will be made" in told and f"the folder {tmp_path / 'new' / 'deep'}" in told


INSPECTING = """
import pathlib, sys
from bot.store.inspection import inspect_store
print(inspect_store(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
"""


@pytest.mark.parametrize("closed", [True, False])
def test_what_waits_is_counted_beside_a_bot_at_work_too(tmp_path, closed):
    with contextlib.closing(filled(tmp_path / "bot.db")) as store:
        if closed:
            store.close()
        assert (tmp_path / "bot.db-wal").exists() != closed  # else what is to be counted stands there
        # In a process of its own, as it is: SQLite shares what it has open with all of a process.
        with unchanged(tmp_path):
            told = run_python("-c", INSPECTING, tmp_path / "bot.db", BOT)
        assert told.stdout == f"{tmp_path / 'bot.db'}, 3 updates wait\n" and told.stderr == ""


def test_what_a_killed_bot_left_is_counted(tmp_path):
    (tmp_path / "killed").mkdir()
    with contextlib.closing(filled(tmp_path / "bot.db")):
        for name in ("bot.db", "bot.db-wal", "bot.db-shm"):
            (tmp_path / "killed" / name).write_bytes((tmp_path / name).read_bytes())
    with unchanged(tmp_path):
        assert "3 updates wait" in inspect_store(tmp_path / "killed" / "bot.db", BOT)


def test_a_log_without_its_index_is_said_to_be_unread(tmp_path):
    (tmp_path / "copied").mkdir()
    with contextlib.closing(filled(tmp_path / "bot.db")):
        for name in ("bot.db", "bot.db-wal"):
            (tmp_path / "copied" / name).write_bytes((tmp_path / name).read_bytes())
    with unchanged(tmp_path):
        assert "bot.db-wal was not read" in inspect_store(tmp_path / "copied" / "bot.db", BOT)


def test_a_store_of_another_bot_or_program_or_version_is_refused(tmp_path):
    filled(tmp_path / "bot.db").close()
    for name, statement in (("other.db", "CREATE TABLE x (y)"), ("newer.db", "PRAGMA user_version = 999")):
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.execute(statement)
    with unchanged(tmp_path):
        with pytest.raises(StoreError, match="belongs to bot 42, not 7"):
            inspect_store(tmp_path / "bot.db", 7)
        with pytest.raises(StoreError, match="of another program"):
            inspect_store(tmp_path / "other.db", BOT)
        with pytest.raises(StoreError, match="a newer Kuaizui"):
            inspect_store(tmp_path / "newer.db", BOT)


def test_an_older_store_and_an_empty_file_will_be_brought_up_to_date(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as connection:
        for statement in (*MIGRATIONS[0], f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 1"):
            connection.execute(statement)
    (tmp_path / "empty.db").touch()
    with unchanged(tmp_path):
        for name in ("old.db", "empty.db"):
            assert inspect_store(tmp_path / name, BOT).endswith(f"{name}, 0 updates wait, will be brought up to date")


def test_a_damaged_store_is_told_with_what_will_happen_to_it(tmp_path):
    filled(tmp_path / "page.db", number=200).close()
    damage_a_page(tmp_path / "page.db")
    (tmp_path / "words.db").write_text("this is no database " * 100)
    with unchanged(tmp_path):
        for name in ("page.db", "words.db"):
            with pytest.raises(StoreDamaged, match=f"{name} is damaged .* sets it aside"):
                inspect_store(tmp_path / name, BOT)


def test_a_place_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    filled(tmp_path / "bot.db").close()
    with unchanged(tmp_path):
        with pytest.raises(StoreUnavailable, match="file is no folder"):
            inspect_store(tmp_path / "file" / "deep" / "bot.db", BOT)
        monkeypatch.setattr(os, "access", lambda path, *_, **__: path != tmp_path)
        for name in ("bot.db", "none.db", "deep/none.db"):
            with pytest.raises(StoreUnavailable, match=f"folder {tmp_path} cannot be written"):
                inspect_store(tmp_path / name, BOT)
        monkeypatch.setattr(os, "access", lambda path, *_, **__: path != tmp_path / "bot.db")
        with pytest.raises(StoreUnavailable, match=r"bot\.db does not work: it cannot be written"):
            inspect_store(tmp_path / "bot.db", BOT)
