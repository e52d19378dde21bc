"""`kuaizui bot export-feedback`: what `kuaizui retrain --corpus` reads, while the bot is at work in the store."""

import json
import sqlite3
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feedback_file import feedback_lines, write_lines
from bot.store import Store, StoreError, schema
from bot.store.feedback import DOWN, UP, Rated
from corpora.readers import read_records
from nlp.errors import UsageError
from scripts.cli import run
from tests.bot.feedback_samples import judged
from tests.bot.store_samples import Clock, exchange

pytestmark = pytest.mark.usefixtures("unflushed")
KEYS = ["prompt", "context", "reply", "rating", "correction", "model", "at"]


@pytest.fixture
def store(store, monkeypatch):
    """A store that is open, as in a bot at work, and named in the environment; there is no token."""
    monkeypatch.setenv("KUAIZUI_BOT_STORE", str(store.path))
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    return store


def remembered(store, number, rating, correction="", kind="chat", prompt="hello", reply="hi there", **more):
    """A judgement of 7 on a reply of its own."""
    about = Rated(kind, prompt, more.get("context", ()), reply, more.get("model", "chat-en"), frozenset({7}))
    store.remember_exchange(exchange(number, prompt, reply, reply_message_ids=(number,)))
    vote = judged(store, rating, number, update=number, describe=lambda *_: about)
    if correction:
        store.correct(vote.number, correction)
    store.clock.now += 1


def fill(store):
    remembered(store, 1, UP, prompt="早上好", reply="你好", context=("earlier", "before that"), model="chat-zh")
    remembered(store, 2, DOWN, "good\nday")
    remembered(store, 3, DOWN)
    remembered(store, 4, UP, kind="aside", reply="Tell me more.")
    remembered(store, 5, DOWN, "I like tea", kind="aside", reply="Tell me more.")
    judged(store, UP, 6, update=6)
    remembered(store, 7, UP)
    judged(store, UP, 7, update=8, describe=lambda *_: Rated("chat", "hello", (), "hi there", "chat-en"))


def test_the_file_is_a_corpus_in_which_what_was_liked_or_corrected_is_learned(store, tmp_path, capsys):
    fill(store)
    file = tmp_path / "feedback.jsonl"
    assert run(["bot", "export-feedback", "-o", str(file)]) == 0
    assert "4 judged replies" in capsys.readouterr().err
    pairs = [record.pair for record in read_records(file)]
    assert [(pair.turns, pair.target, pair.weight) for pair in pairs] == [
        (("earlier", "before that", "早上好"), "你好", 1.0),
        (("hello",), "good\nday", 2.0),
        (("hello",), "hi there", 0.0),
        (("hello",), "I like tea", 2.0),
    ]


def test_a_line_says_what_was_judged_and_nothing_of_the_person(store):
    fill(store)
    lines = [json.loads(line) for line in feedback_lines(store.path)]
    assert all(list(line) == KEYS for line in lines)
    assert lines[0] == {
        **{"prompt": "早上好", "context": ["earlier", "before that"], "reply": "你好", "rating": "up"},
        **{"correction": "", "model": "chat-zh", "at": "2023-11-14T22:13:20+00:00"},
    }


def test_without_a_file_it_goes_to_standard_output_and_one_model_can_be_asked_for(store, capsys):
    fill(store)
    assert run(["bot", "export-feedback", "--model", "chat-zh"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["reply"] == "你好"


def test_the_store_may_be_named_in_the_settings_before_or_after_the_command(store, tmp_path, monkeypatch, capsys):
    fill(store)
    monkeypatch.delenv("KUAIZUI_BOT_STORE")
    config = tmp_path / "bot.toml"
    config.write_text(f"store = '{store.path}'\n")
    for arguments in (["--config", str(config), "export-feedback"], ["export-feedback", "--config", str(config)]):
        assert run(["bot", *arguments]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 4


def test_the_bot_writes_and_wipes_while_its_store_is_read(store):
    fill(store)
    lines = feedback_lines(store.path)
    first = next(lines)
    remembered(store, 20, UP)
    store.forget(7)
    assert "good" not in store.path.with_name("bot.db-wal").read_text(errors="replace")
    assert len([first, *lines]) == 4 and list(feedback_lines(store.path)) == []


def test_a_store_that_nobody_has_open_is_read_and_not_changed(store):
    fill(store)
    store.close()
    before = store.path.read_bytes()
    assert len(list(feedback_lines(store.path))) == 4 and store.path.read_bytes() == before


def test_the_file_is_there_whole_or_as_it_was_before_and_for_its_owner_only(tmp_path):
    def broken():
        yield "a line"
        raise StoreError("the disk is gone")

    file = tmp_path / "feedback.jsonl"
    file.write_text("before")
    with pytest.raises(StoreError):
        write_lines(broken(), file, tmp_path / "bot.db")
    assert file.read_text() == "before" and list(tmp_path.iterdir()) == [file]
    assert write_lines(["a", "b"], file, tmp_path / "bot.db") == 2
    assert file.read_text() == "a\nb\n" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_work_is_said(store, tmp_path, monkeypatch, capsys):
    with pytest.raises(UsageError, match="is the store itself"):
        write_lines([], store.path, store.path)
    assert run(["bot", "export-feedback", "-o", str(tmp_path / "nowhere" / "file")]) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err
    monkeypatch.setenv("KUAIZUI_BOT_STORE", str(tmp_path / "none.db"))
    assert run(["bot", "export-feedback"]) == 1
    assert "There is no store" in capsys.readouterr().err and not (tmp_path / "none.db").exists()
    (tmp_path / "none.db").write_text("this is no database " * 100)
    assert run(["bot", "export-feedback"]) == 1
    assert "none.db is damaged" in capsys.readouterr().err
    monkeypatch.setenv("KUAIZUI_BOT_THREADS", "many")
    assert run(["bot", "export-feedback"]) == 2
    assert "threads = 'many'" in capsys.readouterr().err


def test_a_store_from_before_there_was_feedback_is_left_as_it_is(tmp_path):
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    schema.migrate(connection, schema.MIGRATIONS[: schema.FEEDBACK_SINCE - 1])
    connection.close()
    with pytest.raises(StoreError, match="Start the bot once"):
        list(feedback_lines(tmp_path / "old.db"))


words = st.text(st.characters(codec=None, categories=None), min_size=1, max_size=20)


@settings(deadline=None, max_examples=30)
@given(prompt=words, context=st.lists(words, max_size=2), reply=words, correction=words)
def test_whatever_people_write_the_reader_takes_every_line(tmp_path_factory, prompt, context, reply, correction):
    folder = tmp_path_factory.mktemp("any")
    store = Store(folder / "bot.db")
    remembered_with = {"prompt": prompt, "reply": reply, "context": tuple(context)}
    store.clock = Clock()
    remembered(store, 1, DOWN, correction, **remembered_with)
    remembered(store, 2, UP, **remembered_with)
    assert write_lines(feedback_lines(store.path), folder / "out.jsonl", store.path) == 2
    store.close()
    assert len(list(read_records(folder / "out.jsonl"))) == 2
