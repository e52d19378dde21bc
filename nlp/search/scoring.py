"""Teacher-forced scoring: how likely a model finds outputs that are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.constraints import NO_EDITS
from nlp.search.stepping import S, Stepper, require_numbers
from nlp.tokenizers.protocol import BOS, EOS


@dataclass(frozen=True)
class TargetScore:
    """How likely a given output is."""

    log_prob: float
    """Sum of natural log-probabilities, EOS included."""
    tokens: int
    """Tokens summed, EOS included."""
    correct_tokens: int
    """Tokens that were the model's own first choice."""


def score_targets(
    stepper: Stepper[S], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> list[TargetScore]:
    """Teacher-forced scores of `targets`, ids ending in EOS, after their `sources`.

    Raises:
        DecodingError: the model gave a log-probability that is not a number.
    """
    if not sources:
        return []
    lengths = np.array([len(target) for target in targets])
    padded = np.full((len(targets), int(lengths.max())), EOS, np.int64)
    for row, target in enumerate(targets):
        padded[row, : len(target)] = target
    state, previous = stepper.start(sources), np.full(len(targets), BOS, np.int64)
    totals, correct = np.zeros(len(targets)), np.zeros(len(targets), np.int64)
    for column in range(padded.shape[1]):
        gold = padded[:, column]
        candidates, state = stepper.step(previous, state, NO_EDITS, gold[:, None], 1)
        require_numbers(candidates, column + 1)
        counted = column < lengths
        totals += np.where(counted, candidates.wanted[:, 0], 0.0)
        correct += counted & (candidates.tokens[:, 0] == gold)
        previous = gold
    return [TargetScore(*row) for row in zip(totals.tolist(), lengths.tolist(), correct.tolist(), strict=True)]
