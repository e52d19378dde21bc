"""How far a figure could move had other items been drawn: percentile bootstrap, alone and paired."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
"""Resamples behind every interval."""
SEED = 1
"""Where the generator of resamples starts; one seed gives every metric the same resamples."""
_DRAWS_AT_ONCE = 2_000_000  # bounds memory: 16 MB of weights, whatever the number of items

FloatArray = NDArray[np.float64]
"""Scores of items, or sums of them."""


@dataclass(frozen=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """First system minus second, over the same items."""

    value: float
    """Difference of the means."""
    interval: Interval
    wins: float
    """Share of resamples in which the first system's mean is the higher one; ties count half."""


def bootstrap_intervals(scores: FloatArray, resamples: int = RESAMPLES, seed: int = SEED) -> list[Interval]:
    """The interval of the mean of each column of `scores`, of shape (items, columns), items at least 1."""
    means = resampled_sums(scores, resamples, seed) / len(scores)
    return [percentile_interval(column) for column in means.T]


def bootstrap_interval(scores: FloatArray, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The interval of the mean of `scores`, of shape (items,), items at least 1."""
    return bootstrap_intervals(scores[:, None], resamples, seed)[0]


def paired_bootstrap(first: FloatArray, second: FloatArray, resamples: int = RESAMPLES, seed: int = SEED) -> Difference:
    """The difference of two systems' means, resampling the items both were scored on (Koehn 2004, section 4).

    Both arrays have shape (items,), item i of one belonging to item i of the other.

    Raises:
        ValueError: the arrays differ in shape.
    """
    if first.shape != second.shape:
        raise ValueError(f"scores of shapes {first.shape} and {second.shape} do not belong to the same items")
    differences = first - second
    means = resampled_sums(differences[:, None], resamples, seed)[:, 0] / len(differences)
    wins = np.mean(means > 0) + np.mean(means == 0) / 2
    return Difference(float(differences.mean()), percentile_interval(means), float(wins))


def resampled_sums(values: FloatArray, resamples: int = RESAMPLES, seed: int = SEED) -> FloatArray:
    """Column sums of `values`, of shape (items, columns), over items drawn with replacement: (resamples, columns)."""
    items = len(values)
    generator = np.random.default_rng(seed)
    rows_at_once = max(1, _DRAWS_AT_ONCE // items)
    sums = []
    for start in range(0, resamples, rows_at_once):
        rows = min(rows_at_once, resamples - start)
        drawn = generator.integers(items, size=(rows, items)) + items * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * items).reshape(rows, items)
        sums.append(weights.astype(np.float64) @ values)
    return np.concatenate(sums)


def percentile_interval(resampled: FloatArray) -> Interval:
    """The middle 95 % of a figure's values over the resamples, of shape (resamples,)."""
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Interval(float(low), float(high))
