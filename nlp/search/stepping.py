"""A model as search sees it: the `Stepper`, whose rows are hypotheses.

The rows of a batch lie source by source, the same number K for each: row b * K + k is hypothesis k of source b.

Shape letters in `nlp.search`: B open sources, K hypotheses per source, N = B * K rows, C candidates per row, T tokens
so far with BOS, S source tokens, W wanted tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from nlp.constraints import Edits
from nlp.errors import DecodingError

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
S = TypeVar("S")


@dataclass(frozen=True)
class Candidates:
    """What a step found for N rows."""

    tokens: Ints
    """(N, C) the best next tokens after the edits, best first."""
    log_probs: Floats
    """(N, C) their log-probabilities, edits added; -inf where an edit forbids."""
    wanted: Floats
    """(N, W) log-probabilities of the wanted tokens, edits added."""
    attention: Floats | None = None
    """(N, S) attention weights of this step; None from a model without attention."""
    gate: Floats | None = None
    """(N,) probability of taking the next token from the vocabulary, not from the source; None without copying."""


class Stepper(Protocol[S]):
    """A model. States are opaque and are never changed in place."""

    def start(self, sources: Sequence[Sequence[int]]) -> S:
        """The state before the first target token, one row for each source of ids.

        To a model that copies, the ids of a source from the vocabulary's size on are words that the vocabulary lacks
        (see `nlp.encoding`). They may follow as candidates and be fed like any other token of that source.
        """
        ...

    def step(self, tokens: Ints, state: S, edits: Edits, wanted: Ints, count: int) -> tuple[Candidates, S]:
        """Feed `tokens` (N,) and find the best `count` next ones (fewer if there are not so many).

        The log-probabilities are normalised over the whole vocabulary and all that can be copied; `edits` are added
        afterwards, before the cut, and nothing is normalised again. `wanted`, (N, W), names tokens whose
        log-probabilities are asked for whatever their rank.
        """
        ...

    def select(self, state: S, rows: Ints) -> S:
        """The state whose rows are the old `rows`, (B', K'): those of one line belong to one source."""
        ...


def require_numbers(candidates: Candidates, token: int) -> None:
    """See that a step's log-probabilities are numbers.

    Raises:
        DecodingError: one is not; the message names target token number `token`.
    """
    if np.isnan(candidates.log_probs).any() or np.isnan(candidates.wanted).any():
        raise DecodingError(
            f"The model gave a log-probability that is not a number at target token {token}. "
            "Its weights are damaged: export or download the model again."
        )
