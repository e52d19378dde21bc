"""Who is let in of what a former process left; and over many lives, that only what kills the process is given up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.replay import Replay
from bot.store.updates import MOST_ATTEMPTS


def replay_of(attempts, most_together=2):
    """An open replay in which these have asked, and the list of those that were let in."""
    let_in = []
    replay = Replay(let_in.append, most_together)
    for entry, times in attempts.items():
        replay.ask(entry, times)
    assert not let_in and not replay.is_open
    replay.open()
    return replay, let_in


def test_those_without_attempts_go_together_and_first_then_each_suspect_alone_and_fewest_attempts_first():
    replay, let_in = replay_of({"c": 3, "a": 0, "b": 1, "d": 0, "e": 0})
    assert let_in == ["a", "d"]
    for leaving, after in [("d", "ade"), ("a", "ade"), ("e", "adeb"), ("b", "adebc"), ("c", "adebc")]:
        replay.leave(leaving)
        assert "".join(let_in) == after


def test_who_asks_while_a_suspect_is_at_work_waits_and_goes_before_the_next():
    replay, let_in = replay_of({"a": 1, "b": 1})
    replay.ask("c", 0)
    assert let_in == ["a"]
    replay.leave("a")
    assert let_in == ["a", "c"]
    replay.leave("c")
    assert let_in == ["a", "c", "b"]


def test_who_gives_up_waiting_is_not_let_in_and_who_never_asked_may_leave():
    replay, let_in = replay_of({"a": 1, "b": 1, "c": 2})
    replay.leave("b")
    replay.leave("nobody")
    replay.leave("a")
    assert let_in == ["a", "c"]


def test_a_replay_that_lets_nobody_in_is_refused():
    with pytest.raises(ValueError, match="most_together = 0"):
        Replay(print, 0)


class Lives:
    """Chats of numbered messages, worked on in one life after another, as `Lanes`, `Arrivals` and the store do it."""

    def __init__(self, chats, poison, most_together, draw):
        self.chats, self.poison, self.most_together, self.draw = chats, poison, most_together, draw
        self.attempts = {number: 0 for chat in chats for number in chat}
        self.answered, self.dead, self.deaths = [], [], 0

    def live(self):
        """One life; whether it came to its end with all done."""
        at_work, known = [], dict(self.attempts)
        replay = Replay(at_work.append, self.most_together)

        def ask(chat):
            if chat:
                replay.ask(chat[0], known[chat[0]])

        for chat in self.chats:
            ask(chat)
        replay.open()
        begun = set()
        while at_work:
            for number in [number for number in at_work if number not in begun]:
                begun.add(number)
                self.attempts[number] += 1
            number = self.draw(st.sampled_from(at_work))
            is_given_up = self.attempts[number] > MOST_ATTEMPTS
            if number in self.poison and not is_given_up:
                self.deaths += 1
                return False
            (self.dead if is_given_up else self.answered).append(number)
            at_work.remove(number)
            chat = next(chat for chat in self.chats if chat and chat[0] == number)
            chat.pop(0)
            ask(chat)
            replay.leave(number)
        return True


@settings(max_examples=100, deadline=None)
@given(st.data(), st.lists(st.integers(1, 4), min_size=1, max_size=8), st.integers(1, 4))
def test_over_many_lives_only_what_kills_the_process_is_given_up_and_all_else_is_answered_in_order(data, sizes, most):
    numbers = iter(range(sum(sizes)))
    chats = [[next(numbers) for _ in range(size)] for size in sizes]
    poison = data.draw(st.sets(st.integers(0, sum(sizes) - 1), max_size=3))
    lives = Lives([list(chat) for chat in chats], poison, most, data.draw)
    while not lives.live():
        pass
    assert set(lives.dead) == poison and lives.deaths <= MOST_ATTEMPTS * len(poison)
    for chat in chats:
        mine = [number for number in lives.answered if number in chat]
        assert mine == [number for number in chat if number not in poison]
    assert all(lives.attempts[number] <= 2 for number in lives.answered)
