"""Windows hold what they promise, by the server's clock, wherever between beginning and end the server acted."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.windows import Limit, Window

PATIENTLY = settings(max_examples=60, deadline=None)
LIMITS = st.builds(Limit, st.integers(1, 4), st.sampled_from([0.5, 1.0, 7.0]))


@PATIENTLY
@given(LIMITS, st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=30), st.randoms())
def test_no_window_of_the_servers_clock_holds_more(limit, calls, random):
    """Calls one after another (each: a pause before it, how long it takes), each as early as the window lets it."""
    window, now, handled = Window(limit), 0.0, []
    for pause, lasts in calls:
        now = max(now + pause, window.ready_at(now + pause))
        window.begin()
        handled.append(random.uniform(now, now + lasts))
        now += lasts
        window.end(now)
    for first in range(len(handled) - limit.count):
        assert handled[first + limit.count] - handled[first] >= limit.seconds - 1e-9


@PATIENTLY
@given(LIMITS, st.integers(0, 3))
def test_ready_is_when_enough_is_free_and_not_before(limit, spare):
    window, count = Window(limit), limit.count
    for at in range(count):
        window.begin()
        window.end(float(at))
    now = float(count - 1)
    ready = window.ready_at(now, spare)
    if spare >= count:
        assert ready == math.inf
        return
    assert ready <= now or window.free(math.nextafter(ready, -1)) <= spare
    assert window.free(ready) > spare


def test_calls_under_way_hold_their_place_without_a_time():
    window = Window(Limit(1, 1.0))
    window.begin()
    assert window.ready_at(100.0) == math.inf
    window.end(100.0)
    assert window.ready_at(100.5) == 101.0
    assert not window.is_idle(100.5)
    assert window.is_idle(101.0)


def test_what_was_never_made_does_not_count():
    window = Window(Limit(1, 1.0))
    window.begin()
    window.undo()
    assert window.ready_at(5.0) == 5.0


@pytest.mark.parametrize(("count", "seconds"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0), (1, math.nan)])
def test_limits_that_allow_nothing_are_refused(count, seconds):
    with pytest.raises(ValueError, match="at least one call"):
        Limit(count, seconds)
