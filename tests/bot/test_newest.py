"""Of what a person wants one after another, only the newest is done; what others want is not touched."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.newest import Newest, Superseded
from tests.bot.virtual_time import run_virtual

WORK_SECONDS = 1.0
WISHES = st.lists(st.tuples(st.integers(1, 2), st.sampled_from([0.0, 0.3, 0.9, 1.1, 2.5])), max_size=12)


async def wish(newest, person, number, at, done):
    async def work():
        await asyncio.sleep(WORK_SECONDS)
        done.append((person, number))

    await asyncio.sleep(at)
    try:
        await newest.work(person, number, work())
    except Superseded:
        return (person, number)


@settings(max_examples=60, deadline=None)
@given(WISHES)
def test_each_wish_is_done_or_superseded_by_a_newer_one_that_came_before_its_end(wishes):
    numbered = [(person, number, at) for number, (person, at) in enumerate(sorted(wishes, key=lambda wish: wish[1]))]
    done = []

    async def scene():
        newest = Newest(1)
        return await asyncio.gather(*(wish(newest, *each, done) for each in numbered))

    superseded = [each for each in run_virtual(scene()) if each]
    assert Counter(done + superseded) == Counter((person, number) for person, number, _ in numbered)
    for person, number, at in numbered:
        newer = [later for who, other, later in numbered if who == person and other > number]
        assert ((person, number) in superseded) == any(later < at + WORK_SECONDS for later in newer)


def test_an_older_wish_that_comes_late_does_not_end_the_newer():
    done = []

    async def scene():
        newest = Newest(1)
        return await asyncio.gather(wish(newest, 1, 8, 0.0, done), wish(newest, 1, 7, 0.5, done))

    assert run_virtual(scene()) == [None, (1, 7)] and done == [(1, 8)]


def test_who_is_cancelled_while_waiting_is_cancelled_and_not_superseded():
    done = []

    async def scene():
        newest = Newest(1)
        task = asyncio.create_task(wish(newest, 1, 1, 0.0, done))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await wish(newest, 1, 0, 0.0, done)  # nothing newer is open any more

    assert run_virtual(scene()) is None and done == [(1, 0)]


def test_what_fails_fails_for_the_one_who_wanted_it():
    async def failing():
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        run_virtual(Newest(1).work(1, 1, failing()))
