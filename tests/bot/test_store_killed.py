"""The store after SIGKILL at named points of a real process: each transaction happened whole or not at all."""

import signal
import sqlite3
from pathlib import Path

import pytest

from bot.store import Store, schema
from tests.bot.bot_process import run_python
from tests.bot.store_samples import damage_a_page, message

BATCH = list(range(100, 110))


def kill(path, point):
    done = run_python(Path(__file__).with_name("killable_store.py"), path, point)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bot.db"


@pytest.mark.parametrize(
    ("point", "waiting", "said"),
    [
        ("half a batch stored", [], 0),
        ("a batch stored", BATCH, 0),
        ("between state and exchange", BATCH, 0),
        ("between exchange and replies", BATCH, 0),
        ("finished", BATCH[1:], 1),
        ("while a person is forgotten", BATCH[1:], 1),
        ("the end", [], 0),
    ],
)
def test_what_a_killed_process_leaves(path, point, waiting, said):
    if point == "while a person is forgotten":
        store = Store(path)
        store.remember_person(7, {"language": "en"})
        store.close()
    kill(path, point)
    store = Store(path)
    assert [update.update_id for update in store.waiting()] == waiting
    assert len(store.history(7)) == said
    assert store.counts()["answered"] == len(BATCH) - len(waiting) if said else True
    assert store.exchange_of_reply(7, 51) == (store.history(7)[0] if said else None)
    assert set(store.add([message(number) for number in BATCH])) == (set(BATCH) if point.startswith("half") else set())
    store.close()


def test_a_first_start_killed_in_its_migration_starts_again(path):
    kill(path, "in the first migration")
    store = Store(path)
    assert store.add([message(1)]) == [1]
    store.close()


def test_a_later_migration_that_is_killed_leaves_the_old_schema_whole(path):
    store = Store(path)
    store.remember_settings(7, {"style": "playful"})
    store.close()
    kill(path, "in a later migration")
    store = Store(path)
    assert store.chat_settings(7) == {"style": "playful"}
    assert store.rows("SELECT name FROM sqlite_schema WHERE name = 'later'") == []
    assert store.rows("PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    store.close()


@pytest.mark.parametrize("point", ["before a damaged file is set aside", "after a damaged file is set aside"])
def test_what_was_saved_of_a_damaged_file_outlives_a_kill(path, point):
    store = Store(path)
    store.add([message(number, "x" * 400) for number in range(300)])
    store.close()
    damage_a_page(path)
    kill(path, point)
    store = Store(path)
    assert len(store.waiting()) > 200
    store.close()
    assert len(list(path.parent.glob("*.damaged-*"))) == 1 and not list(path.parent.glob("*.new*"))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_log_that_was_not_written_back_makes_up_for_a_damaged_file(path):
    kill(path, "a batch stored")
    path.write_text("not a database" * 100)
    store = Store(path)
    assert [update.update_id for update in store.waiting()] == BATCH
    store.close()
    assert not list(path.parent.glob("*.damaged-*"))
