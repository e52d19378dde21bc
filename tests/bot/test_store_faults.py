"""The store on real faults: a full disk, locks of others, damaged files, files that are not its own."""

import logging
import os
import sqlite3
import stat

import pytest

from bot.store import Store, StoreDamaged, StoreError, StoreUnavailable, schema
from bot.store.database import connect
from tests.bot.bot_process import run_python
from tests.bot.store_samples import damage_a_page, exchange, message, overwrite

FILLED = 900
"""Enough updates for a few dozen pages of the file."""
WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from bot.store import Store, StoreUnavailable
from tests.bot.bot_process import run_python
from tests.bot.store_samples import exchange, message

def may_grow(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

store = Store(Path(sys.argv[1]))
store.add([message(1)])
may_grow(64 * 1024)
refused = []
for number in range(2, 200):
    try:
        store.add([message(number, "x" * 2000)])
    except StoreUnavailable as error:
        refused.append(number)
        assert "disk" in str(error), error
assert refused
try:
    store.finish(1, "answered", exchange=exchange(text="y" * 70000))
    raise SystemExit("there was room")
except StoreUnavailable:
    pass
assert store.counts()["waiting"] == 199 - len(refused)
may_grow(resource.RLIM_INFINITY)
assert store.finish(1, "answered", exchange=exchange())
assert store.add([message(number) for number in range(1, 200)]) == refused
assert store.counts()["waiting"] == 198
print("went on")
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "bot.db"


def test_what_was_stored_survives_a_power_cut_and_is_for_its_owner_only(path):
    store = Store(path)
    assert store.rows("PRAGMA synchronous") == [(2,)] and store.rows("PRAGMA journal_mode") == [("wal",)]
    store.add([message(1)])
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    store.close()


def test_a_disk_without_room_is_said_and_the_store_goes_on_once_there_is_some(path):
    done = run_python("-c", WITHOUT_ROOM, path)
    assert done.stdout == "went on\n", done.stderr


def test_a_file_that_may_not_grow_changes_nothing(path):
    store = Store(path)
    store.add([message(1)])
    ((pages,),) = store.rows("PRAGMA page_count")
    store.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailable, match=r"bot\.db .*the disk is full\. Free some space"):
        store.add([message(number, "x" * 1000) for number in range(2, 40)])
    assert [update.update_id for update in store.waiting()] == [1]
    store.rows("PRAGMA max_page_count = 100000")
    assert len(store.add([message(number, "x" * 1000) for number in range(2, 40)])) == 38
    store.close()


def test_a_lock_of_another_program_is_said_and_passes(path):
    store = Store(path, busy_seconds=0.01)
    store.add([message(1)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another program holds it locked"):
        store.finish(1, "answered")
    assert store.counts()["waiting"] == 1, "reading goes on"
    other.execute("COMMIT")
    other.close()
    assert store.finish(1, "answered")
    store.close()


def test_a_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match=r"bot\.db does not work .*permissions"):
        Store(tmp_path / "file" / "bot.db")


def filled(path):
    store = Store(path)
    store.add([message(number, f"text {number} " * 20) for number in range(FILLED)])
    store.finish(0, "answered", exchange=exchange())
    store.remember_settings(7, {"style": "playful"})
    store.close()


DAMAGES = {
    "its beginning": (lambda path: overwrite(path, 0, b"\x00" * 50), 0),
    "a page in the middle": (damage_a_page, 200),
    "half of it missing": (lambda path: os.truncate(path, path.stat().st_size // 2), 1),
    "not a database": (lambda path: path.write_text("Dear diary,\n" * 500), 0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_saved(path, caplog, damage):
    filled(path)
    break_it, least_saved = DAMAGES[damage]
    break_it(path)
    broken = path.read_bytes()
    with pytest.raises(StoreDamaged, match=r"bot\.db is damaged"):
        connect(path, 1.0)
    store = Store(path)
    (aside,) = path.parent.glob("*.damaged-*Z")
    assert aside.read_bytes() == broken
    (said,) = caplog.records
    assert said.levelno == logging.ERROR and aside.name in said.getMessage() and "damaged" in said.getMessage()
    assert least_saved <= len(store.waiting()) < FILLED
    again = store.add([message(number) for number in range(FILLED)])
    assert sorted(again + [update.update_id for update in store.waiting() if update.update_id not in again]) == list(
        range(0 if 0 in again else 1, FILLED)
    )
    store.close()
    Store(path).close()
    assert len(list(path.parent.glob("*.damaged-*Z"))) == 1


def test_two_damages_within_a_second_overwrite_nothing(path):
    for _ in range(2):
        path.parent.mkdir(exist_ok=True)
        path.write_text("not a database" * 100)
        Store(path, clock=lambda: 0.0).close()
    assert len(list(path.parent.glob("*.damaged-19700101T000000Z*"))) == 2


def test_damage_while_it_is_open_is_said_and_mended(path):
    filled(path)
    store = Store(path)
    store.rows("PRAGMA cache_size = 1")
    damage_a_page(path)
    with pytest.raises(StoreDamaged):
        store.waiting()
    store.reopen()
    assert store.waiting() and store.finish(5, "answered")
    assert list(path.parent.glob("*.damaged-*"))
    store.close()


def test_a_closed_store_opens_again_by_itself(path):
    store = Store(path)
    store.close()
    assert store.add([message(1)]) == [1]
    store.close()


def test_a_newer_schema_is_refused_and_left_alone(path):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer Kuaizui"):
        Store(path)
    assert [file.name for file in path.parent.iterdir()] == ["bot.db"]


def test_a_file_of_another_program_is_refused_and_left_alone(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_store_of_another_bot_is_refused(path):
    Store(path, bot_id=123).close()
    Store(path, bot_id=123).close()
    Store(path).close()
    with pytest.raises(StoreError, match=r"belongs to bot 123, not 456\. Give each bot a file of its own"):
        Store(path, bot_id=456)


def test_an_older_schema_is_migrated_step_by_step(path):
    filled(path)
    later = (
        *schema.MIGRATIONS,
        ["ALTER TABLE chats ADD COLUMN first TEXT"],
        ["ALTER TABLE chats ADD COLUMN second TEXT"],
    )
    connection = connect(path, 1.0)
    schema.migrate(connection, later)
    schema.migrate(connection, later)
    assert schema.version_of(connection) == len(later)
    assert connection.execute("SELECT settings, first, second FROM chats").fetchall() == [
        ('{"style": "playful"}', None, None)
    ]
    connection.close()


def test_a_migration_that_fails_changes_nothing(path):
    filled(path)
    connection = connect(path, 1.0)
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, (*schema.MIGRATIONS, ["DROP TABLE chats", "DROP TABLE nothing"]))
    assert schema.version_of(connection) == len(schema.MIGRATIONS)
    assert connection.execute("SELECT COUNT(*) FROM chats").fetchone() == (1,)
    connection.close()
