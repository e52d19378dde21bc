"""The store: each update once and with one final state, what was said, settings, and what a person may delete."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import STATES, Store
from bot.store.incoming import read_update
from bot.store.schema import TABLES
from bot.store.updates import MOST_ATTEMPTS
from tests.bot.store_samples import DAY, bytes_on_disk, exchange, message, press

pytestmark = pytest.mark.usefixtures("unflushed")


def test_a_second_delivery_is_known_by_its_number_whatever_the_order(store):
    assert store.add([message(12), message(10), message(12)]) == [12, 10]
    assert store.add([message(10), message(3), message(12)]) == [3]
    assert [update.update_id for update in store.waiting()] == [12, 10, 3]


def test_a_finished_update_is_a_duplicate_too(store):
    store.add([message(5)])
    assert store.finish(5, "answered")
    assert store.add([message(5)]) == []
    assert store.waiting() == []


def test_what_waits_comes_back_as_telegram_sent_it(store, clock):
    raw = message(5, "快嘴 \ud83d lone", thread=1)
    store.add([raw])
    (waiting,) = store.waiting()
    assert (waiting.raw, waiting.kind, waiting.received_at) == (raw, "message", clock.now)


@pytest.mark.parametrize("state", STATES)
def test_only_the_first_final_state_counts(store, state):
    store.add([message(5)])
    assert store.finish(5, state, "why", exchange() if state == "answered" else None)
    assert not store.finish(5, "busy", "again", exchange(message_id=9))
    assert store.counts() == {"waiting": 0, **dict.fromkeys(STATES, 0), state: 1}
    assert len(store.history(7)) == (state == "answered")


def test_an_update_lost_with_a_damaged_file_can_still_be_finished_once(store):
    assert store.finish(5, "answered", exchange=exchange())
    assert not store.finish(5, "answered")
    assert store.add([message(5)]) == [] and store.counts()["answered"] == 1


def test_a_failed_finish_leaves_neither_state_nor_history(store):
    store.add([message(5)])
    with pytest.raises(sqlite3.IntegrityError):
        store.finish(5, "answered", exchange=exchange(kind=None))
    assert store.counts()["waiting"] == 1 and store.history(7) == []


def test_a_finished_update_keeps_nothing_of_the_person(store):
    store.add([message(5, "secret words")])
    store.finish(5, "busy")
    store.wipe_log()
    assert store.rows("SELECT raw, chat_id, thread_id, user_id FROM updates") == [(None,) * 4]
    assert b"secret words" not in bytes_on_disk(store)


def test_a_dead_letter_is_kept_to_be_looked_at(store, clock):
    store.add([message(5, "odd"), message(6)])
    store.finish(5, "dead", "cannot be read")
    (letter,) = store.dead_letters()
    assert (letter.update_id, letter.kind, letter.detail, letter.finished_at) == (
        5,
        "message",
        "cannot be read",
        clock.now,
    )
    assert "odd" in letter.raw


def test_what_kills_the_process_each_time_is_given_up(store):
    store.add([message(5), message(6)])
    assert store.begin(5)
    store.spare([5, 6, 404])
    assert [update.attempts for update in store.waiting()] == [0, 0]
    assert [store.begin(5) for _ in range(MOST_ATTEMPTS + 2)] == [True] * MOST_ATTEMPTS + [False, False]
    assert store.counts()["dead"] == 1 and [update.update_id for update in store.waiting()] == [6]
    assert not store.begin(404)


def test_history_is_of_one_chat_and_thread_and_oldest_first(store):
    for number in range(1, 6):
        store.remember_exchange(exchange(number, f"q{number}", thread_id=number % 2))
    store.remember_exchange(exchange(7, "an article", thread_id=1, kind="headline"))
    store.remember_exchange(exchange(8, chat=8, thread_id=1))
    assert [said.text for said in store.history(7, 1, most=2)] == ["q3", "q5"]
    assert [said.text for said in store.history(7, 1, before=5)] == ["q1", "q3"]
    assert store.forget_talk(7, 1) == 4
    assert [said.text for said in store.history(7, 0)] == ["q2", "q4"] and store.history(7, 1) == []


def test_an_edited_message_takes_the_place_of_the_earlier(store):
    store.remember_exchange(exchange(3, "helo", "what?", reply_message_ids=(40, 41)))
    store.remember_exchange(exchange(4, "and?", "well", reply_message_ids=(42,)))
    store.remember_exchange(exchange(3, "hello", "hi", reply_message_ids=(40,), model="chat-en"))
    assert [said.text for said in store.history(7)] == ["hello", "and?"]
    assert store.exchange_about(7, 3) == exchange(3, "hello", "hi", reply_message_ids=(40,), model="chat-en")
    assert store.exchange_of_reply(7, 42).message_id == 4
    assert store.exchange_of_reply(7, 41) is None and store.exchange_about(8, 3) is None


def test_the_latest_exchange_is_the_one_said_or_changed_last_and_no_offer(store, clock):
    assert store.latest(7) is None
    for number, kind in ((1, "chat"), (2, "headline"), (3, "offer")):
        store.remember_exchange(exchange(number, kind=kind))
        clock.now += 1
    assert store.latest(7).message_id == 2 and store.latest(7, 5) is None
    store.remember_exchange(exchange(1, text="edited"))
    assert store.latest(7).text == "edited"


def test_settings_are_changed_one_by_one_and_kept(store, tmp_path):
    store.remember_settings(7, {"style": "playful", "language": "zh"})
    assert store.remember_settings(7, {"style": None, "old": 1}) == {"language": "zh", "old": 1}
    store.remember_person(7, {"consent": True})
    store.close()
    assert store.chat_settings(7) == {"language": "zh", "old": 1} and store.chat_settings(8) == {}
    assert store.person(7) == {"consent": True} and store.person(8) == {}


def test_a_chat_is_inactive_until_somebody_writes_again(store):
    store.remember_settings(7, {"style": "playful"})
    store.mark_inactive(7)
    assert store.is_inactive(7) and not store.is_inactive(8)
    store.mark_active(7)
    assert not store.is_inactive(7) and store.chat_settings(7) == {"style": "playful"}


def fill_for_two_people(store):
    """Person 7 in private and in group -5, person 8 in the group."""
    store.add([message(1, "mine", user=7), message(2, "mine", chat=-5, user=7), message(3, "theirs", chat=-5, user=8)])
    store.add([press(4, user=7, chat=-5), message(5, "/forget"), message(6, "mine", user=7)])
    store.finish(6, "dead", "cannot be read")
    store.remember_exchange(exchange(10, "mine", "to me", user=7))
    store.remember_exchange(exchange(11, "mine", "to me", chat=-5, user=7, reply_message_ids=(50,)))
    store.remember_exchange(exchange(12, "theirs", "to them", chat=-5, user=8))
    store.remember_settings(7, {"style": "mine"})
    store.remember_settings(-5, {"style": "theirs"})
    store.remember_person(7, {"language": "mine"})


def test_forgetting_deletes_all_of_one_person_and_nothing_of_another(store):
    fill_for_two_people(store)
    assert b"mine" in bytes_on_disk(store)
    assert store.forget(7, asking=5) == [1, 2, 4]
    assert b"mine" not in bytes_on_disk(store) and b"theirs" in bytes_on_disk(store)
    assert [update.update_id for update in store.waiting()] == [3, 5]
    assert store.counts() == {"waiting": 2, "answered": 0, "busy": 0, "expired": 0, "refused": 3, "dead": 1}
    assert store.finish(5, "answered") and not store.finish(1, "answered", exchange=exchange())
    assert not any(store.export(7).values())
    assert [said.text for said in store.history(-5)] == ["theirs"] and store.chat_settings(-5)
    assert store.exchange_of_reply(-5, 50) is None


def test_an_export_holds_what_forgetting_deletes(store):
    fill_for_two_people(store)
    exported = store.export(7)
    assert [said["text"] for said in exported["exchanges"]] == ["mine", "mine"]
    assert [update["update_id"] for update in exported["updates"]] == [1, 2, 4, 5, 6]
    assert exported["person"] == [{"facts": '{"language": "mine"}'}]
    assert exported["settings"] == [{"settings": '{"style": "mine"}', "inactive_since": None}]


def test_every_table_that_names_a_person_is_forgotten_and_exported(store):
    names = {name for (name,) in store.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert names - {"sqlite_sequence"} == set(TABLES)
    personal = {
        table
        for table in TABLES
        for (_, column, *_) in store.rows(f"PRAGMA table_info({table})")
        if column in ("user_id", "chat_id")
    }
    # Whoever adds a table with a person in it adds it to `Privacy`, to the tests above, and here. What is judged is
    # tested in test_store_feedback, what is compared in test_store_arena.
    assert personal == {"updates", "exchanges", "replies", "chats", "people", "feedback", "feedback_people", "arena"}


def test_old_exchanges_go_first_and_a_few_at_a_time(store, clock):
    for number in range(1, 501):
        store.remember_exchange(exchange(number, thread_id=1))
        clock.now += 1
    rounds = 0
    while store.prune(days=30, exchanges=90):
        rounds += 1
    assert rounds > 1
    assert [said.message_id for said in store.history(7, 1, most=500)] == list(range(411, 501))
    clock.now += 30 * DAY - 10
    assert store.prune(days=30, exchanges=90) == 80
    assert store.prune(days=30, exchanges=90) == 0


def test_what_was_pruned_is_not_left_on_the_disk(store, clock):
    store.remember_exchange(exchange(text="old words"))
    clock.now += 31 * DAY
    assert store.prune(days=30) == 1 and store.prune(days=30) == 0
    assert b"old words" not in bytes_on_disk(store)


def test_pruning_shrinks_no_count_and_touches_nothing_that_waits(store, clock):
    store.add([message(number) for number in range(1, 5)])
    store.finish(1, "answered")
    store.finish(2, "dead")
    before = store.counts()
    clock.now += 8 * DAY
    store.finish(3, "answered")
    before |= {"answered": 2, "waiting": 1}
    store.prune(days=30)
    assert store.counts() == before and [update.update_id for update in store.waiting()] == [4]
    assert len(store.dead_letters()) == 1
    assert store.add([message(3)]) == [], "its number is kept for a week"
    assert store.add([message(1)]) == [1], "after a quiet week, numbers start anew"
    clock.now += 31 * DAY
    store.prune(days=30)
    assert store.dead_letters() == [] and store.counts()["dead"] == 1


@pytest.mark.parametrize(
    ("raw", "chat", "thread", "user", "kind"),
    [
        (message(1, chat=-5, user=8), -5, 0, 8, "message"),
        (message(1, message_thread_id=3), 7, 0, 7, "message"),
        (message(1, message_thread_id=3, is_topic_message=True), 7, 3, 7, "message"),
        (press(1, user=8, chat=-5), -5, 0, 8, "callback_query"),
        ({"update_id": 1, "inline_query": {"id": "1", "from": {"id": 8}}}, None, 0, 8, "inline_query"),
        ({"update_id": 1, "message_reaction": {"chat": {"id": -5}, "user": {"id": 8}}}, -5, 0, 8, "message_reaction"),
        ({"message": {"from": {"id": "8"}, "chat": [1]}, "update_id": 1}, None, 0, None, "message"),
        ({"update_id": 1}, None, 0, None, ""),
    ],
)
def test_what_is_read_of_an_update(raw, chat, thread, user, kind):
    update = read_update(raw)
    assert (update.chat_id, update.thread_id, update.user_id, update.kind) == (chat, thread, user, kind)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None, categories=None)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["update_id", "message", "chat", "from", "id", "message_thread_id"]) | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    batch=st.lists(
        json_values | st.fixed_dictionaries({"update_id": st.integers(0, 9), "message": json_values}), max_size=4
    )
)
def test_any_json_can_be_stored(tmp_path_factory, batch):
    store = Store(tmp_path_factory.mktemp("any") / "bot.db")
    try:
        new = store.add(batch)
        numbered = {update.update_id for update in map(read_update, batch) if update}
        assert set(new) == numbered and len(new) == len(numbered)
        assert [update.update_id for update in store.waiting()] == new
    finally:
        store.close()
