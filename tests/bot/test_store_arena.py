"""Matches in the store: a verdict counts once, belongs to its person, and goes with them and with time."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import Store
from bot.store.arena import Answer, Contender, Match, Standing
from tests.bot.store_samples import DAY, exchange

pytestmark = pytest.mark.usefixtures("unflushed")
PRECISE, PLAYFUL, OTHER = Contender("chat-en", "precise"), Contender("chat-en", "playful"), Contender("mine", "precise")


def match(message=1, one=PRECISE, other=PLAYFUL, user=7):
    return Match(user, message, 0, user, f"prompt {message}", Answer(one, "calm"), Answer(other, "merry"))


def test_the_first_verdict_counts_and_its_answer_becomes_what_the_bot_said(store):
    number = store.open_match(match())
    judged, counts = store.judge_match(number, 7, "second", shown_in=50)
    assert counts and judged.verdict == "second" and judged.better == Answer(PLAYFUL, "merry")
    again, counts_again = store.judge_match(number, 7, "first", shown_in=50)
    assert not counts_again and again == judged
    (said,) = store.history(7)
    assert (said.text, said.reply, said.model, said.reply_message_ids) == ("prompt 1", "merry", "chat-en", (50,))


def test_what_the_bot_said_before_stays_what_it_said(store):
    store.remember_exchange(exchange(1, "prompt 1", "as always", reply_message_ids=(40,)))
    store.judge_match(store.open_match(match()), 7, "first", shown_in=50)
    assert [each.reply for each in store.history(7)] == ["as always"]


def test_a_match_is_its_persons_own_and_a_lost_one_is_none(store):
    number = store.open_match(match())
    assert store.judge_match(number, 8, "first", shown_in=50) is None
    assert store.judge_match(number + 1, 7, "first", shown_in=50) is None
    assert store.standings() == []


def test_an_open_match_is_replaced_and_a_judged_one_is_not(store):
    earlier = store.open_match(match())
    number = store.open_match(match(one=PLAYFUL, other=PRECISE))
    assert store.judge_match(earlier, 7, "first", shown_in=50) is None, "nobody sees those two answers any more"
    judged, _ = store.judge_match(number, 7, "first", shown_in=50)
    assert judged.better.contender == PLAYFUL
    assert store.open_match(match()) is None


def test_an_open_match_can_be_withdrawn_and_a_judged_one_not(store):
    open_one, judged = store.open_match(match(1)), store.open_match(match(2))
    store.judge_match(judged, 7, "tie", shown_in=50)
    for message in (1, 2):
        store.withdraw_match(7, message)
    assert store.judge_match(open_one, 7, "first", shown_in=50) is None
    assert store.judge_match(judged, 7, "first", shown_in=50)[0].verdict == "tie"


def test_two_answers_are_no_history_until_one_is_chosen(store):
    store.remember_exchange(exchange(1, "prompt 1", "", kind="match", reply_message_ids=(50,)))
    assert store.history(7) == [] and store.latest(7) is None
    assert store.exchange_about(7, 1).reply_message_ids == (50,)
    store.judge_match(store.open_match(match()), 7, "second", shown_in=50)
    assert [(each.reply, each.kind) for each in store.history(7)] == [("merry", "chat")]


PAIRS = st.sampled_from([(PRECISE, PLAYFUL), (PLAYFUL, PRECISE), (OTHER, PRECISE), (PRECISE, OTHER)])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(PAIRS, st.sampled_from(["first", "second", "tie", ""]))))
def test_a_standing_counts_the_same_whoever_was_shown_first(tmp_path_factory, matches):
    store = Store(tmp_path_factory.mktemp("arena") / "bot.db")
    try:
        for number, ((one, other), verdict) in enumerate(matches):
            opened = store.open_match(match(number, one, other))
            if verdict:
                store.judge_match(opened, 7, verdict, shown_in=number + 1000)
        found = store.standings()
    finally:
        store.close()
    for each in found:
        assert each.one < each.other
        wins = {"first": 0, "second": 1}
        won = [
            pair[wins[verdict]] for pair, verdict in matches if verdict in wins and set(pair) == {each.one, each.other}
        ]
        ties = sum(verdict == "tie" and set(pair) == {each.one, each.other} for pair, verdict in matches)
        assert (each.won, each.lost, each.tied) == (won.count(each.one), won.count(each.other), ties)
    assert sum(each.won + each.lost + each.tied for each in found) == sum(verdict != "" for _, verdict in matches)


def test_matches_are_exported_forgotten_and_pruned(store, clock):
    numbers = [store.open_match(match(message, user=user)) for message, user in ((1, 7), (2, 7), (3, 8))]
    store.judge_match(numbers[0], 7, "tie", shown_in=50)
    exported = store.export(7)["arena"]
    assert [(each["prompt"], each["verdict"]) for each in exported] == [("prompt 1", "tie"), ("prompt 2", "")]
    assert exported[0]["second_setting"] == "playful" and exported[0]["first_reply"] == "calm"
    store.forget(7)
    assert not store.export(7)["arena"] and len(store.export(8)["arena"]) == 1
    clock.now += 31 * DAY
    store.open_match(match(9, user=9))
    while store.prune(30):
        pass
    assert not store.export(8)["arena"] and len(store.export(9)["arena"]) == 1


def test_a_tie_has_a_standing_too(store):
    numbers = count(1)
    for verdict in ("tie", "second"):
        store.judge_match(store.open_match(match(next(numbers), PLAYFUL, PRECISE)), 7, verdict, shown_in=90)
    assert store.standings() == [Standing(PLAYFUL, PRECISE, 0, 1, 1)]
