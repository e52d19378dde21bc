"""Any sequence of deliveries, answers, crashes, deletions: nothing is lost, nothing doubled, one final state each."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.store import STATES, Store
from tests.bot.store_samples import DAY, Clock, exchange, message

pytestmark = pytest.mark.usefixtures("unflushed")
NUMBERS = st.integers(1, 8)
USERS = st.sampled_from([7, 8])


class Sequences(RuleBasedStateMachine):
    """A store beside what a dictionary remembers: the state of each update, in the order of arrival."""

    @initialize()
    def open(self):
        self.folder, self.generation, self.clock = Path(tempfile.mkdtemp()), 0, Clock()
        self.states, self.user_of, self.said, self.forgotten = {}, {}, {}, 0
        self.store = Store(self.folder / "bot.db", clock=self.clock)

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder)

    @rule(batch=st.lists(st.tuples(NUMBERS, USERS), max_size=4))
    def deliver(self, batch):
        new = self.store.add([message(number, user=user, chat=-5) for number, user in batch])
        fresh = dict.fromkeys(number for number, _ in batch if number not in self.states)
        assert new == list(fresh)
        for number, user in reversed(batch):
            if number in fresh:
                self.user_of[number] = user
        self.states |= dict.fromkeys(fresh, "waiting")

    @rule(number=NUMBERS, state=st.sampled_from(STATES))
    def finish(self, number, state):
        known = number in self.states
        said = exchange(number, f"text {number}", chat=-5, user=self.user_of.get(number))
        counts = self.store.finish(number, state, exchange=said if state == "answered" else None)
        assert counts == (not known or self.states[number] == "waiting")
        if counts:
            self.states[number] = state
            self.said |= {number: self.user_of.get(number)} if state == "answered" else {}

    @rule(number=NUMBERS)
    def fail_to_finish(self, number):
        with pytest.raises(Exception, match="NOT NULL"):
            if not self.store.finish(number, "answered", exchange=exchange(number, chat=-5, model=None)):
                raise AssertionError("finished before, so nothing is written: NOT NULL")

    @rule(user=USERS)
    def forget(self, user):
        ended = [
            number for number, whose in self.user_of.items() if whose == user and self.states.get(number) == "waiting"
        ]
        assert sorted(self.store.forget(user)) == sorted(ended)
        self.states |= dict.fromkeys(ended, "refused")
        self.said = {number: whose for number, whose in self.said.items() if whose != user}

    @rule(days=st.sampled_from([0.5, 8]))
    def prune(self, days):
        self.clock.now += days * DAY
        while self.store.prune(days=1000):
            pass
        if days > 7:  # numbers of finished updates may come again, except those of dead letters
            gone = [number for number, state in self.states.items() if state not in ("waiting", "dead")]
            self.forgotten += len(gone)
            self.states = {number: state for number, state in self.states.items() if number not in gone}

    @rule()
    def restart(self):
        self.store.close()

    @rule()
    def crash(self):
        """The files as they lie there while the process is killed, opened by the next one."""
        folder = self.folder / str(self.generation)
        self.generation += 1
        folder.mkdir()
        for name in ("bot.db", "bot.db-wal"):
            if (self.store.path.parent / name).exists():
                shutil.copy(self.store.path.parent / name, folder)
        self.store.close()
        self.store = Store(folder / "bot.db", clock=self.clock)

    @invariant()
    def nothing_is_lost_or_doubled(self):
        waiting = [update.update_id for update in self.store.waiting()]
        assert waiting == [number for number, state in self.states.items() if state == "waiting"]
        assert {update.raw["update_id"] for update in self.store.waiting()} == set(waiting)
        counts = self.store.counts()
        assert sum(counts.values()) == len(self.states) + self.forgotten
        assert {said.message_id for said in self.store.history(-5, most=99)} == set(self.said)


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
