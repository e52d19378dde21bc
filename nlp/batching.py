"""Padded NumPy batches of similar length, in an order that follows from the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.encoding import EncodedPairs
from nlp.tokenizers import BOS, PAD

SOURCE_STEP, TARGET_STEP = 8, 4
"""Padded lengths are multiples of these: few distinct shapes, because Keras traces its graph anew for each."""

POOL_BATCHES = 64
"""Pairs are sorted by length within pools of this many batches: little padding, and still a random order."""


@dataclass(frozen=True)
class Batch:
    """One step's worth of examples."""

    source: NDArray[np.int32]
    """(B, S), padded on the right."""
    target_in: NDArray[np.int32]
    """(B, T): BOS and the target moved by one; what stands past its end is not counted in the loss."""
    target_out: NDArray[np.int32]
    """(B, T): the target, EOS included."""
    weights: NDArray[np.float32]
    """(B,)."""

    @property
    def tokens(self) -> int:
        """Real target tokens, EOS included."""
        return int(np.count_nonzero(self.target_out != PAD))


def pad(rows: Sequence[Sequence[int] | NDArray[np.int32]], step: int = 1) -> NDArray[np.int32]:
    """Stack `rows` of ids into (B, L), PAD on the right, L the longest length rounded up to a multiple of `step`."""
    longest = max((len(row) for row in rows), default=0)
    width = max(step, -(-longest // step) * step)
    padded = np.full((len(rows), width), PAD, np.int32)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return padded


def plan_batches(pairs: EncodedPairs, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The batches of one epoch as arrays of pair indices. Every pair appears exactly once."""
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(pairs))
    source_buckets = -(-np.diff(pairs.source_starts) // SOURCE_STEP)
    target_buckets = -(-np.diff(pairs.target_starts) // TARGET_STEP)
    batches: list[NDArray[np.int64]] = []
    pool = batch_size * POOL_BATCHES
    for start in range(0, len(order), pool):
        chunk = order[start : start + pool]
        chunk = chunk[np.lexsort((target_buckets[chunk], source_buckets[chunk]))]
        batches.extend(chunk[i : i + batch_size] for i in range(0, len(chunk), batch_size))
    return [batches[i] for i in random.permutation(len(batches))]


def make_batch(pairs: EncodedPairs, indices: NDArray[np.int64]) -> Batch:
    """Gather and pad the pairs at `indices`."""
    target_out = pad([pairs.target(i) for i in indices], TARGET_STEP)
    target_in = np.roll(target_out, 1, axis=1)
    target_in[:, 0] = BOS
    return Batch(pad([pairs.source(i) for i in indices], SOURCE_STEP), target_in, target_out, pairs.weights[indices])
