"""What the bot counts of itself: percentiles, histograms, and the interval of a share."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.measures import LATEST_ANSWERS, Histogram, Measures, resident_bytes, wilson_interval

SECONDS = st.lists(st.floats(0, 100), min_size=1, max_size=50)


@given(SECONDS, st.floats(0.01, 1))
def test_a_percentile_is_the_smallest_value_that_enough_answers_do_not_exceed(seconds, share):
    measures = Measures()
    for each in seconds:
        measures.finished("answered", each)
    found = measures.latest_seconds(share)
    assert found in seconds
    below = sum(each <= found for each in seconds)
    assert below >= share * len(seconds) - 1e-9 and sum(each < found for each in seconds) < share * len(seconds)


def test_only_answers_of_this_process_have_a_latency_and_all_ends_are_counted():
    measures = Measures()
    assert measures.latest_seconds(0.5) is None
    measures.finished("answered")
    measures.finished("refused", 9.0)
    measures.finished("answered", 2.0)
    assert (measures.states["answered"], measures.states["refused"], measures.states["dead"]) == (2, 1, 0)
    assert (measures.latest, measures.latest_seconds(0.5), measures.answer_seconds.sum) == (1, 2.0, 2.0)


def test_only_the_latest_answers_make_the_percentiles():
    measures = Measures()
    for seconds in (50.0, *[1.0] * LATEST_ANSWERS):
        measures.finished("answered", seconds)
    assert measures.latest_seconds(1.0) == 1.0
    assert measures.answer_seconds.cumulative()[-1] == (math.inf, LATEST_ANSWERS + 1)


@given(st.lists(st.floats(0, 10)))
def test_a_histogram_counts_what_does_not_exceed_each_bound(values):
    histogram = Histogram((0.5, 2.0))
    for value in values:
        histogram.add(value)
    expected = [(bound, sum(value <= bound for value in values)) for bound in (0.5, 2.0, math.inf)]
    assert histogram.cumulative() == expected


def test_this_process_holds_some_memory():
    assert 2**20 < resident_bytes() < 2**40


# From the closed form solved by hand: bounds p with |p - share| = z * sqrt(p * (1 - p) / n).
@pytest.mark.parametrize(("successes", "trials"), [(0, 4), (4, 4), (5, 10), (81, 263), (1, 1)])
def test_the_bounds_of_an_interval_are_as_far_from_the_share_as_the_score_test_allows(successes, trials):
    share = successes / trials
    for bound in wilson_interval(successes, trials):
        deviation = 1.959964 * math.sqrt(bound * (1 - bound) / trials)
        assert abs(bound - share) == pytest.approx(deviation, abs=1e-6)


@given(st.integers(0, 200).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_an_interval_holds_the_share_and_stays_a_share(counts):
    successes, trials = counts
    low, high = wilson_interval(successes, trials)
    assert 0 <= low < high <= 1
    assert trials == 0 or low - 1e-9 <= successes / trials <= high + 1e-9
    mirrored = wilson_interval(trials - successes, trials)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high))
