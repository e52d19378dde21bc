"""Bootstrap intervals against theory, and what must hold for any scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import metrics
from nlp.metrics.bootstrap import resampled_sums


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
@settings(max_examples=40)
def test_interval_holds_the_mean_within_the_range_and_ignores_no_item(values: list[float]) -> None:
    scores = np.array(values)
    interval = metrics.bootstrap_interval(scores)
    assert min(values) - 1e-9 <= interval.low <= scores.mean() + 1e-9
    assert scores.mean() - 1e-9 <= interval.high <= max(values) + 1e-9


def test_interval_has_the_width_that_theory_gives() -> None:
    scores = np.random.default_rng(5).normal(size=400)
    interval = metrics.bootstrap_interval(scores)
    # a mean of 400 has standard error s / 20, and a normal's middle 95 % is 2 * 1.96 wide
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * scores.std() / 20, rel=0.1)


def test_interval_is_seeded_and_independent_of_the_memory_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(7).random(50)
    assert metrics.bootstrap_interval(scores) == metrics.bootstrap_interval(scores)
    assert metrics.bootstrap_interval(scores) != metrics.bootstrap_interval(scores, seed=2)
    whole = resampled_sums(scores[:, None])
    monkeypatch.setattr("nlp.metrics.bootstrap._DRAWS_AT_ONCE", 170)  # three rows of 50 at a time
    assert resampled_sums(scores[:, None]) == pytest.approx(whole, abs=1e-9)


def test_resamples_draw_as_many_items_as_there_are() -> None:
    sums = resampled_sums(np.ones((9, 1)), resamples=20)
    assert sums.tolist() == [[9.0]] * 20


def test_paired_difference_is_sharper_than_two_intervals() -> None:
    draw = np.random.default_rng(11)
    second = draw.random(200)
    first = second + 0.02 + draw.normal(scale=0.01, size=200)
    difference = metrics.paired_bootstrap(first, second)
    assert difference.value == pytest.approx(first.mean() - second.mean())
    assert 0 < difference.interval.low < difference.value < difference.interval.high
    assert difference.wins == 1
    assert metrics.bootstrap_interval(first).low < metrics.bootstrap_interval(second).high  # alone they overlap


def test_paired_difference_of_equals_is_a_draw() -> None:
    scores = np.array([0.1, 0.9, 0.4])
    difference = metrics.paired_bootstrap(scores, scores)
    assert (difference.value, difference.interval.low, difference.interval.high, difference.wins) == (0, 0, 0, 0.5)


def test_paired_difference_refuses_other_items() -> None:
    with pytest.raises(ValueError, match="same items"):
        metrics.paired_bootstrap(np.zeros(3), np.zeros(1))
