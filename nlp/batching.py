"""Padded NumPy batches of similar length, in an order that follows from the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.encoding import EncodedPairs
from nlp.tokenizers import BOS, EOS, PAD

SOURCE_STEP, TARGET_STEP = 8, 4
"""Padded lengths are multiples of these: few distinct shapes, because a backend compiles its graph anew for each."""

ROW_STEP = 8
"""Rows of a batch are a multiple of this: few shapes again, and they divide among several devices."""

MOST_SERVED_SOURCES, MOST_SERVED_TOKENS = 64, 6_400
"""Of one batch that is not learned from; tokens with their padding: a bound on memory, whatever the lengths."""

POOL_BATCHES = 64
"""Pairs are sorted by length within pools of about this many batches: little padding, and still a random order."""


@dataclass(frozen=True)
class Batch:
    """One step's worth of examples, and rows without weight that fill its shape."""

    source: NDArray[np.int32]
    """(B, S), padded on the right."""
    target_in: NDArray[np.int32]
    """(B, T): BOS and the target moved by one; what stands past its end is not counted in the loss."""
    target_out: NDArray[np.int32]
    """(B, T): the target, EOS included; all PAD in a row that fills the shape."""
    weights: NDArray[np.float32]
    """(B,), 0 where a row fills the shape."""
    pairs: int
    """Rows that are examples; they come first."""

    @property
    def tokens(self) -> int:
        """Real target tokens, EOS included."""
        return int(np.count_nonzero(self.target_out != PAD))


@dataclass(frozen=True)
class BatchPlan:
    """The pairs of a batch and its shape."""

    indices: NDArray[np.int64]
    rows: int
    source_length: int
    target_length: int


def pad(rows: Sequence[Sequence[int] | NDArray[np.integer]], step: int = 1) -> NDArray[np.int32]:
    """Stack `rows` of ids into (B, L), PAD on the right, L the longest length rounded up to a multiple of `step`."""
    return _stacked(rows, _rounded_up(max((len(row) for row in rows), default=1), step))


def _stacked(
    rows: Sequence[Sequence[int] | NDArray[np.integer]], width: int, count: int | None = None
) -> NDArray[np.int32]:
    padded = np.full((count or len(rows), width), PAD, np.int32)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return padded


def _rounded_up(length: int, step: int) -> int:
    return max(step, -(-length // step) * step)


def batch_rows(batch_tokens: int, source_length: int, target_length: int) -> int:
    """Rows of a batch of this shape: as many as `batch_tokens` hold, a multiple of ROW_STEP and never fewer."""
    return max(ROW_STEP, batch_tokens // (source_length + target_length) // ROW_STEP * ROW_STEP)


def plan_batches(pairs: EncodedPairs, batch_tokens: int, seed: int, epoch: int) -> list[BatchPlan]:
    """The batches of one epoch. Every pair appears exactly once, and a shape has always the same number of rows."""
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(pairs))
    source_lengths = -(-np.diff(pairs.source_starts) // SOURCE_STEP) * SOURCE_STEP
    target_lengths = -(-np.diff(pairs.target_starts) // TARGET_STEP) * TARGET_STEP
    tokens = int(source_lengths.sum() + target_lengths.sum())
    pool = max(1, POOL_BATCHES * batch_tokens * len(pairs) // max(1, tokens))
    plans: list[BatchPlan] = []
    for start in range(0, len(order), pool):
        chunk = order[start : start + pool]
        chunk = chunk[np.lexsort((target_lengths[chunk], source_lengths[chunk]))]
        plans.extend(_cut(chunk, source_lengths[chunk], target_lengths[chunk], batch_tokens))
    return [plans[i] for i in random.permutation(len(plans))]


def _cut(
    indices: NDArray[np.int64], source_lengths: NDArray[np.int64], target_lengths: NDArray[np.int64], batch_tokens: int
) -> list[BatchPlan]:
    """Pairs in order of length, cut into batches of `batch_tokens`."""
    plans: list[BatchPlan] = []
    start = 0
    while start < len(indices):
        # The source's length only grows; the target's longest so far follows from the pairs taken in.
        reach = batch_rows(batch_tokens, int(source_lengths[start]), TARGET_STEP)
        longest_source = source_lengths[start : start + reach]
        longest_target = np.maximum.accumulate(target_lengths[start : start + reach])
        fitting = batch_tokens // (longest_source + longest_target) // ROW_STEP * ROW_STEP
        room = np.maximum(fitting, ROW_STEP)
        count = int(np.count_nonzero(np.arange(1, len(room) + 1) <= room))
        shape = int(longest_source[count - 1]), int(longest_target[count - 1])
        plans.append(BatchPlan(indices[start : start + count], batch_rows(batch_tokens, *shape), *shape))
        start += count
    return plans


def make_batch(
    pairs: EncodedPairs, plan: BatchPlan, *, source_dropout: float = 0.0, random: np.random.Generator | None = None
) -> Batch:
    """Gather and pad the pairs of `plan`; `source_dropout` is the share of sources that `random` hides."""
    indices, filling = plan.indices, plan.rows - len(plan.indices)
    nothing = np.array([EOS], np.int32)
    sources = [pairs.source(i) for i in indices] + [nothing] * filling
    if source_dropout and random is not None:
        hidden = random.random(len(indices)) < source_dropout
        sources[: len(indices)] = [nothing if hide else source for hide, source in zip(hidden, sources, strict=False)]
    target_out = _stacked([pairs.target(i) for i in indices], plan.target_length, plan.rows)
    target_in = np.roll(target_out, 1, axis=1)
    target_in[:, 0] = BOS
    weights = np.concatenate([pairs.weights[indices], np.zeros(filling, np.float32)])
    return Batch(_stacked(sources, plan.source_length), target_in, target_out, weights, len(indices))


def batches_of_sources(sources: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Positions of the non-empty sources in batches of similar length, longest first, bounded in padded tokens."""
    order = sorted((i for i in range(len(sources)) if sources[i]), key=lambda i: -len(sources[i]))
    start = 0
    while start < len(order):
        size = max(1, min(MOST_SERVED_SOURCES, MOST_SERVED_TOKENS // len(sources[order[start]])))
        yield order[start : start + size]
        start += size
