"""Groups that become supergroups: what the store has of them follows, whoever speaks of which number, and when."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Store, migration, schema
from bot.store.feedback import DOWN, UP
from bot.store.migration import SHIFT, seen_from_old
from tests.bot.feedback_samples import feedback, judged
from tests.bot.store_samples import Clock, exchange

pytestmark = pytest.mark.usefixtures("unflushed")
OLD, NEW, OTHER = -50, -1_000_000_000_050, -60


@pytest.fixture
def store(store):
    for number in (500, 510):
        said = exchange(number, f"question {number}", f"answer {number}", chat=OLD, reply_message_ids=(number + 1,))
        store.remember_exchange(said)
    store.remember_exchange(exchange(500, "elsewhere", "there", chat=OTHER, reply_message_ids=(501,)))
    return store


def texts(exchanges):
    return [each.text for each in exchanges]


def columns_of(store, table):
    return [column for _, column, *_ in store.rows(f"PRAGMA table_info({table})")]


def rows(store):
    """All that follows a group, in words of the store, without times and numbers of rows."""
    return [
        store.rows(f"SELECT {columns} FROM {table} ORDER BY {columns}")
        for table, columns in (
            ("exchanges", "chat_id, message_id, thread_id, user_id, kind, text, reply, model"),
            ("replies JOIN exchanges USING (exchange)", "replies.chat_id, reply_message_id, part, text"),
            ("feedback", "chat_id, reply_message_id, user_id, rating, correction, question_message_id, prompt, reply"),
            ("chats", "chat_id, settings"),
            ("moves", "old_chat_id, new_chat_id"),
        )
    ]


def test_the_talk_goes_on_in_the_new_chat_whose_messages_are_numbered_from_one(store):
    assert store.move_chat(OLD, NEW)
    store.remember_exchange(exchange(3, "question 3", "answer 3", chat=NEW, reply_message_ids=(4,)))
    assert texts(store.history(NEW, before=5)) == ["question 500", "question 510", "question 3"]
    assert store.latest(NEW).text == "question 3"
    assert texts(store.history(OTHER)) == ["elsewhere"]


def test_equal_numbers_in_both_chats_are_different_messages(store):
    store.move_chat(OLD, NEW)
    store.remember_exchange(exchange(500, "new", "new one", chat=NEW, reply_message_ids=(501,)))
    assert texts(store.history(NEW)) == ["question 500", "question 510", "new"]
    assert store.exchange_of_reply(NEW, 501).text == "new" and store.exchange_about(NEW, 510) is None
    assert store.exchange_of_reply(OLD, 501).text == "question 500"


def test_judgements_follow_and_can_still_be_taken_back_and_corrected_from_either_chat(store):
    store.asked(judged(store, DOWN, 501, chat=OLD, update=1).number, 520)
    store.move_chat(OLD, NEW)
    assert feedback(store) == [(-1, "", "question 500", "answer 500")]
    assert store.question(NEW, 520, 7) is None
    assert store.correct(store.question(OLD, 520, 7), "better") == "kept"
    assert judged(store, UP, 501, chat=OLD, update=2).rating == UP and len(feedback(store)) == 1
    assert judged(store, UP, 501, chat=NEW, update=3) is None
    store.remember_exchange(exchange(500, "new", "new one", chat=NEW, reply_message_ids=(501,)))
    assert judged(store, DOWN, 501, chat=NEW, update=4).rating == DOWN
    assert [prompt for _, _, prompt, _ in feedback(store)] == ["question 500", "new"]


def test_settings_follow_and_those_of_the_new_chat_go_before(store):
    store.remember_settings(OLD, {"style": "playful", "language": "zh"})
    store.remember_settings(NEW, {"style": "precise"})
    store.move_chat(OLD, NEW)
    assert store.chat_settings(NEW) == store.chat_settings(OLD) == {"style": "precise", "language": "zh"}
    store.remember_settings(OLD, {"language": None})
    assert store.chat_settings(NEW) == {"style": "precise"}
    assert store.rows("SELECT chat_id FROM chats") == [(NEW,)]


def test_it_is_said_twice_and_happens_once(store):
    store.move_chat(OLD, NEW)
    store.remember_exchange(exchange(3, chat=NEW))
    before = rows(store)
    assert not store.move_chat(OLD, NEW) and not store.move_chat(OLD, OTHER) and not store.move_chat(NEW, NEW)
    assert rows(store) == before
    assert store.former_chat(NEW) == OLD and store.former_chat(OLD) is None


def test_a_chat_that_moved_is_not_the_one_that_refuses_the_bot(store):
    store.move_chat(OLD, NEW)
    store.mark_inactive(OLD)
    assert not store.is_inactive(NEW) and store.rows("SELECT * FROM chats") == []
    store.mark_inactive(NEW)
    assert store.is_inactive(NEW)


def test_reset_in_either_chat_forgets_the_whole_talk(store):
    store.move_chat(OLD, NEW)
    store.remember_exchange(exchange(3, chat=NEW))
    assert store.forget_talk(OLD) == 3 and store.history(NEW) == []


def test_what_a_person_wants_to_be_forgotten_is_forgotten_after_the_move_too(store):
    judged(store, DOWN, 501, chat=OLD, update=1)
    store.move_chat(OLD, NEW)
    store.forget(7)
    assert [len(found) for found in rows(store)] == [0, 0, 0, 0, 1]


def test_every_table_that_knows_chats_follows(store):
    """Of updates only the number and the state stay, once they are finished; those that wait hold the old chat."""
    known = {table for table in schema.TABLES for column in columns_of(store, table) if column == "chat_id"}
    following = {statement.split()[1] for statement in migration._FOLLOWING}
    assert known - {"chats", "updates"} == following
    for table in following:
        assert "message_id" in " ".join(columns_of(store, table))


def test_a_move_that_fails_half_way_has_not_begun(store, monkeypatch):
    store.remember_settings(OLD, {"style": "playful"})
    before = rows(store)
    monkeypatch.setattr(migration, "_FOLLOWING", (*migration._FOLLOWING, "UPDATE exchanges SET text = NULL"))
    with pytest.raises(sqlite3.IntegrityError):
        store.move_chat(OLD, NEW)
    assert rows(store) == before


def test_a_store_of_the_version_before_learns_of_moves(tmp_path):
    with sqlite3.connect(tmp_path / "old.db", isolation_level=None) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:2])
    connection.close()
    store = Store(tmp_path / "old.db")
    store.remember_exchange(exchange(500, chat=OLD))
    assert store.move_chat(OLD, NEW) and texts(store.history(NEW)) == ["hello"]
    store.close()


# What was under way speaks of the old chat, before the move and after it: the outcome must not depend on when it came.


def write(store, number):
    """An exchange whose reply had a second part, which went to the new chat already."""
    replies = (number + 1, seen_from_old(number))
    store.remember_exchange(exchange(number, f"text {number}", chat=OLD, reply_message_ids=replies))


def judge(store, number):
    """Whatever comes of a 👎 under its second part, and of the question, which goes to the new chat."""
    vote = judged(store, DOWN, seen_from_old(number), chat=OLD, update=number)
    if vote is not None:
        store.asked(vote.number, seen_from_old(number + 500))
        store.correct(store.question(OLD, seen_from_old(number + 500), 7), "better")


def change(store, number):
    """An exchange is looked up and written again, as an edited message has it."""
    found = store.exchange_about(OLD, number)
    if found is not None:
        assert (found.chat_id, found.message_id) == (OLD, number)
        assert store.history(OLD, before=number + 1)[-1] == store.exchange_of_reply(OLD, number + 1) == found
        store.remember_exchange(exchange(number, "changed", chat=OLD, reply_message_ids=found.reply_message_ids))


def prefer(store, number):
    store.remember_settings(OLD, {"style": str(number)})


STEPS = st.lists(st.tuples(st.sampled_from([write, judge, change, prefer]), st.sampled_from([10, 20, 30])), max_size=12)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.integers(0, 12))
def test_when_the_move_came_makes_no_difference(tmp_path_factory, steps, when):
    outcomes = []
    for moment in (when, len(steps)):
        store = Store(tmp_path_factory.mktemp("moved") / "bot.db", clock=Clock())
        for step, number in steps[:moment]:
            step(store, number)
        store.move_chat(OLD, NEW)
        for step, number in steps[moment:]:
            step(store, number)
        outcomes.append(rows(store))
        store.close()
    assert outcomes[0] == outcomes[1]
    assert all(0 < number < SHIFT // 2 or number < 0 for _, number, *_ in outcomes[0][1])
