"""Lanes with what a former process left, in virtual time: order, suspects alone, nothing refused, nobody held up."""

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lanes import Bounds, Work
from tests.bot.test_lanes import BOUNDS, WIDE, Event, Scene
from tests.bot.virtual_time import run_virtual

PATIENTLY = settings(max_examples=60, deadline=None)
OPENED_AT = 3.0


def play(events, bounds=WIDE, opened_at=OPENED_AT):
    """All events to their end; the replay is opened after so long."""

    async def main():
        scene = Scene(events, bounds)
        feeding = asyncio.create_task(scene.feed())
        await asyncio.sleep(opened_at)
        scene.lanes.open_replay()
        await asyncio.gather(*await feeding)
        assert scene.lanes.open == 0 and not scene.lanes._slots_taken and not scene.lanes._lines
        return scene.events

    return run_virtual(main())


def left(chat=1, attempts=0, lasts=1.0, work=Work.MODEL):
    """What a former process left: it comes first."""
    return Event(chat, chat, False, work, 0.0, lasts, attempts=attempts)


def new(chat=1, at=0.5, lasts=1.0, work=Work.MODEL):
    return Event(chat, chat, False, work, at, lasts)


CHATS, WORKS, SECONDS = st.integers(1, 5), st.sampled_from(Work), st.sampled_from([0.0, 0.3, 1.0, 5.0])
LEFT = st.lists(st.builds(left, CHATS, st.sampled_from([0, 0, 1, 2]), SECONDS, WORKS), max_size=20)
NEW = st.lists(st.builds(new, CHATS, st.sampled_from([0.5, 1.0, 3.0, 7.0]), SECONDS, WORKS), max_size=10)


@PATIENTLY
@given(LEFT, NEW, st.sampled_from([BOUNDS, WIDE]))
def test_what_was_left_is_all_done_in_order_once_the_models_are_loaded_and_suspects_alone(old, fresh, bounds):
    events = play(old + fresh, bounds)
    replayed = [event for event in events if event.attempts is not None]
    assert all(not event.refused and event.start >= OPENED_AT for event in replayed)
    for suspect in (event for event in replayed if event.attempts):
        for other in replayed:
            assert other is suspect or other.end <= suspect.start or suspect.end <= other.start
    for line in {event.line for event in events}:
        mine = [e for e in events if e.line == line and e.work is not Work.AT_ONCE and e.start is not None]
        assert all(before.end <= after.start for before, after in itertools.pairwise(mine))


@PATIENTLY
@given(LEFT, st.lists(st.builds(new, st.integers(6, 8), st.sampled_from([0.5, 4.0]), SECONDS, WORKS), max_size=8))
def test_what_is_new_in_other_chats_goes_as_if_nothing_were_left(old, fresh):
    with_backlog = [event.end for event in play(old + fresh) if event.attempts is None]
    assert with_backlog == pytest.approx([event.end for event in play(fresh)])


def test_what_waits_for_its_time_holds_no_slot():
    events = play([*(left(chat, attempts=1, lasts=9.0) for chat in (1, 2, 3)), new(4, at=4.0)], Bounds(slots=2))
    assert [event.start for event in events] == pytest.approx([3.0, 12.0, 21.0, 4.0])


def test_the_bounds_count_what_was_left_but_refuse_only_what_is_new():
    events = play([*(left() for _ in range(4)), new(at=0.5), new(2, at=0.5)], Bounds(of_person=2))
    assert [event.refused for event in events] == [False] * 4 + [True, False]


def test_a_stop_before_the_models_are_loaded_waits_for_nothing_that_was_left_and_keeps_the_order():
    async def main():
        scene = Scene([left(1), left(1), left(2, work=Work.AT_ONCE), new(1, at=0.1), new(3, at=0.1)])
        tasks = await scene.feed()
        await asyncio.sleep(0.1)
        await scene.lanes.drain(30.0)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert scene.now() == pytest.approx(1.1), "only the new message of another chat was finished"
        return [event.start for event in scene.events]

    assert run_virtual(main()) == [None, None, None, None, pytest.approx(0.1)]
