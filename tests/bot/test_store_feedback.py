"""What people think of replies, in the store: one judgement a person and reply, whatever they tap and in what order."""

import contextlib
import itertools
import sqlite3
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Store, schema
from bot.store.feedback import DOWN, NONE, UP, Vote
from tests.bot.feedback_samples import described, feedback, judged
from tests.bot.store_samples import DAY, bytes_on_disk, damage_a_page, exchange

pytestmark = pytest.mark.usefixtures("unflushed")


@pytest.fixture
def store(store):
    store.remember_exchange(exchange(1, "earlier", "before that", reply_message_ids=(40,)))
    store.remember_exchange(exchange(2, "hello", "hi there", model="chat-en", reply_message_ids=(50,)))
    return store


def test_a_judgement_holds_all_that_training_needs(store, clock):
    vote = judged(store, UP, update=1)
    assert astuple(vote) == (1, UP, "chat", "hello", 0, False)
    columns = "kind, prompt, context, reply, rating, correction, model, at"
    assert store.rows(f"SELECT {columns} FROM feedback") == [
        ("chat", "hello", '["earlier", "before that"]', "hi there", 1, "", "chat-en", clock.now)
    ]


def test_another_tap_changes_the_judgement_and_the_same_takes_it_back_with_all_its_text(store):
    assert [judged(store, tap, update=number).rating for number, tap in enumerate((UP, DOWN, DOWN, DOWN))] == [
        1,
        -1,
        0,
        -1,
    ]
    assert feedback(store) == [(-1, "", "hello", "hi there")]
    judged(store, DOWN, update=9)
    assert feedback(store) == [(0, "", "", "")] and store.rows("SELECT * FROM feedback_people") == []


def test_a_reaction_says_what_is_now(store):
    assert judged(store, NONE, update=1, toggles=False) is None
    assert [judged(store, DOWN, update=number, toggles=False).rating for number in (2, 3)] == [DOWN, DOWN]
    assert judged(store, NONE, update=4, toggles=False).rating == NONE


def test_an_update_that_is_worked_on_twice_counts_once(store):
    first = judged(store, DOWN, update=1)
    assert judged(store, DOWN, update=1) == first and first.asks
    store.asked(first.number, 60)
    assert judged(store, DOWN, update=1) == Vote(*astuple(first)[:-1], asks=False)


def test_a_better_answer_is_asked_for_once(store):
    votes = [judged(store, DOWN, update=number) for number in range(5)]
    assert [vote.asks for vote in votes] == [True, False, False, False, False]
    assert not judged(store, DOWN, 40, update=10, may_ask=False).asks
    judged(store, DOWN, 40, update=11)
    assert judged(store, DOWN, 40, update=12).asks  # this time it may be


def test_the_better_answer_is_of_the_person_who_was_asked_and_goes_with_the_thumb(store):
    store.asked(judged(store, DOWN, update=1).number, 60)
    assert store.question(7, 60, 8) is store.question(8, 60, 7) is store.question(7, 50, 7) is None
    number = store.question(7, 60, 7)
    assert [store.correct(number, each) for each in ("good day \ud83d", "hello to you", "hello to you")] == [
        *("kept", "kept", "same")
    ]
    assert feedback(store) == [(-1, "hello to you", "hello", "hi there")]
    judged(store, DOWN, update=2, toggles=False)
    assert feedback(store)[0][1] == "hello to you"
    judged(store, UP, update=3)
    assert feedback(store) == [(1, "", "hello", "hi there")]
    assert store.correct(number, "too late") == "withdrawn" and store.correct(404, "gone") is None


def test_each_person_has_a_judgement_of_their_own(store):
    judged(store, UP, update=1)
    judged(store, DOWN, user=8, update=2)
    assert [rating for rating, *_ in feedback(store)] == [1, -1]


def test_what_is_not_there_or_not_to_be_judged_is_not(store):
    assert judged(store, UP, 99, update=1) is None
    assert judged(store, UP, update=2, describe=lambda *_: None) is None
    assert feedback(store) == []


def test_a_long_reply_is_one_whichever_of_its_messages_is_judged(store):
    store.remember_exchange(exchange(3, "more", "long", reply_message_ids=(51, 52)))
    judged(store, DOWN, 51, update=1, toggles=False)
    assert judged(store, DOWN, 52, update=2).rating == NONE


def test_messages_of_headlines_are_judged_one_by_one(store):
    store.remember_exchange(exchange(3, "news", "a\nb", kind="headline", reply_message_ids=(51, 52)))
    assert [judged(store, UP, number, update=number).rating for number in (51, 52)] == [UP, UP]


def test_a_judgement_outlives_the_talk_and_can_still_be_changed(store):
    judged(store, UP, update=1)
    store.forget_talk(7)
    assert judged(store, DOWN, update=2).prompt == "hello"
    assert judged(store, DOWN, update=3).rating == NONE
    assert judged(store, DOWN, update=4) is None, "nothing is left that could be judged"


def test_an_edited_reply_is_judged_anew(store):
    store.asked(judged(store, DOWN, update=1).number, 60)
    store.correct(1, "good day")
    store.remember_exchange(exchange(2, "hello again", "welcome back", model="chat-en", reply_message_ids=(50,)))
    again = judged(store, DOWN, update=2)
    assert again.rating == DOWN and again.asks and store.question(7, 60, 7) is None
    assert feedback(store) == [(-1, "", "hello again", "welcome back")]


@settings(deadline=None, max_examples=60)
@given(
    taps=st.lists(
        st.tuples(st.sampled_from([UP, DOWN, NONE]), st.booleans(), st.booleans(), st.booleans()), max_size=12
    )
)
def test_any_sequence_of_taps_ends_as_counted_by_hand(tmp_path_factory, taps):
    """Each tap: what it says, whether it is a button, whether its update comes twice, whether an answer follows."""
    store = Store(tmp_path_factory.mktemp("taps") / "bot.db")
    store.remember_exchange(exchange(2, "hello", "hi there", reply_message_ids=(50,)))
    stands, better, asked = NONE, "", 0
    for number, (rating, is_button, twice, corrects) in enumerate(taps):
        if is_button and rating == NONE:
            continue
        before, stands = stands, NONE if is_button and rating == stands else rating
        better = better if stands == before else ""
        votes = [judged(store, rating, update=number, toggles=is_button) for _ in range(1 + twice)]
        assert votes[0] == votes[-1] and (votes[0].rating if votes[0] else NONE) == stands
        if votes[0] and votes[0].asks:
            asked += 1
            store.asked(votes[0].number, 60)
        if corrects and (question := store.question(7, 60, 7)):
            became = store.correct(question, f"better {number}")
            assert became == ("kept" if stands == DOWN else "withdrawn")
            better = f"better {number}" if became == "kept" else better
        texts = ("hello", "hi there") if stands else ("", "")
        assert feedback(store) in ([(stands, better, *texts)], [] if stands == NONE else None)
    assert asked == any(rating == DOWN for rating, *_ in [(NONE,), *history(taps)])
    store.close()


def history(taps):
    """The judgement after each tap, counted by hand."""
    stands = NONE
    for rating, is_button, *_ in taps:
        if is_button and rating == NONE:
            continue
        stands = NONE if is_button and rating == stands else rating
        yield (stands,)


def group_of_two(store):
    """In group -5: 7 speaks, then 8; each judges what was said to the other."""
    store.remember_exchange(exchange(3, "mine", "to me", chat=-5, user=7, reply_message_ids=(70,)))
    store.remember_exchange(exchange(4, "theirs", "to them", chat=-5, user=8, reply_message_ids=(80,)))
    judged(store, UP, 70, user=8, chat=-5, update=1)
    judged(store, UP, 80, user=7, chat=-5, update=2)
    alone = lambda exchange, before, number: described(exchange, (), number)  # noqa: E731
    store.correct(judged(store, DOWN, 80, user=9, chat=-5, update=3, describe=alone).number, "of nine")


def test_forgetting_deletes_what_a_person_judged_and_what_holds_their_words(store):
    judged(store, UP, update=9)
    group_of_two(store)
    judged(store, DOWN, 80, user=8, chat=-5, update=4)  # 7 said what was before
    store.forget(7)
    assert feedback(store) == [(-1, "of nine", "theirs", "to them")]
    store.forget(9)
    assert feedback(store) == store.rows("SELECT * FROM feedback_people") == []
    assert b"of nine" not in bytes_on_disk(store)


def test_an_export_holds_what_a_person_judged_and_their_words_but_not_who_else_judged_them(store):
    group_of_two(store)
    exported = store.export(8)
    assert [(each["rating"], each["prompt"], each["context"]) for each in exported["feedback"]] == [(1, "mine", "[]")]
    assert [each["prompt"] for each in exported["feedback_of_others"]] == ["theirs", "theirs"]
    assert not {"rating", "correction", "user_id"} & exported["feedback_of_others"][0].keys()
    assert store.export(9)["feedback"][0]["correction"] == "of nine" and not store.export(9)["feedback_of_others"]
    assert not any(store.export(10).values())


def test_judgements_go_with_time_and_the_oldest_beyond_a_number(store, clock):
    for number in range(60, 70):
        store.remember_exchange(exchange(number, reply_message_ids=(number,)))
        judged(store, UP, number, update=number)
        clock.now += DAY
    while store.prune(days=8, exchanges=4):
        pass
    assert store.rows("SELECT reply_message_id FROM feedback") == [(66,), (67,), (68,), (69,)]
    while store.prune(days=2.5):
        pass
    assert store.rows("SELECT reply_message_id FROM feedback") == [(68,), (69,)]
    judged(store, DOWN, 68, update=100)
    clock.now += 2 * DAY
    while store.prune(days=2.5):
        pass
    assert store.rows("SELECT reply_message_id FROM feedback") == [(68,)], "counted from the last change"


def test_judgements_outlive_a_damaged_file(store):
    for number in itertools.islice(itertools.count(100), 300):
        store.remember_exchange(exchange(number, "x" * 300, reply_message_ids=(number,)))
        judged(store, UP, number, update=number)
    store.close()
    damage_a_page(store.path)
    assert len(feedback(store)) > 200 and store.rows("SELECT * FROM feedback_people")
    assert list(store.path.parent.glob("*.damaged-*"))


def test_a_store_from_before_there_was_feedback_is_migrated_with_what_was_said(tmp_path):
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    schema.migrate(connection, schema.MIGRATIONS[: schema.FEEDBACK_SINCE - 1])
    with contextlib.closing(connection):
        columns = "chat_id, thread_id, user_id, message_id, kind, text, reply, model, at"
        connection.execute(
            f"INSERT INTO exchanges ({columns}) VALUES (7, 0, 7, 2, 'chat', 'hello', 'hi', 'chat-en', 0)"
        )
        connection.execute("INSERT INTO replies VALUES (7, 50, 0, 1)")
    store = Store(tmp_path / "old.db")
    assert judged(store, UP, update=1).prompt == "hello"
    store.close()
