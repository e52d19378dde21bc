"""What an output must not contain, as sparse edits of log-probabilities before the candidates are cut.

A new constraint is a class with one method, `edits`, and a line in `constraints_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nlp.config import SearchConfig
from nlp.tokenizers.protocol import BOS, EOS, PAD, SEP, UNK

FORBIDDEN = (PAD, UNK, BOS, SEP)
"""Ids that no output ever holds."""


class Edits(NamedTuple):
    """Sparse additions to a step's log-probabilities: `addends[i]` goes to row `rows[i]`, token `tokens[i]`.

    Each array is (M,); a (row, token) may occur several times, and -inf forbids.
    """

    rows: NDArray[np.int64]
    tokens: NDArray[np.int64]
    addends: NDArray[np.float32]

    @staticmethod
    def forbidding(rows: NDArray[np.int64], tokens: NDArray[np.int64]) -> Edits:
        """Edits that rule out each (row, token)."""
        return Edits(rows, tokens, np.full(len(rows), -np.inf, np.float32))

    @staticmethod
    def joined(parts: Sequence[Edits]) -> Edits:
        """All of `parts` in one."""
        if not parts:
            return NO_EDITS
        rows, tokens, addends = zip(*parts, strict=True)
        return Edits(np.concatenate(rows), np.concatenate(tokens), np.concatenate(addends))


NO_EDITS = Edits(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))


class Constraint(Protocol):
    """A rule about outputs."""

    def edits(self, prefixes: NDArray[np.int64]) -> Edits:
        """Edits for the token that follows each of `prefixes`, (N, T) ids with BOS first."""
        ...


@dataclass(frozen=True)
class ForbiddenTokens:
    """Some tokens never appear."""

    tokens: tuple[int, ...]

    def edits(self, prefixes: NDArray[np.int64]) -> Edits:
        """Rule the tokens out in every row."""
        rows = np.repeat(np.arange(len(prefixes)), len(self.tokens))
        return Edits.forbidding(rows, np.tile(np.array(self.tokens, np.int64), len(prefixes)))


@dataclass(frozen=True)
class MinimumLength:
    """The output has at least `tokens` tokens before EOS."""

    tokens: int

    def edits(self, prefixes: NDArray[np.int64]) -> Edits:
        """Rule EOS out while the prefix is too short."""
        if prefixes.shape[1] - 1 >= self.tokens:
            return NO_EDITS
        return Edits.forbidding(np.arange(len(prefixes)), np.full(len(prefixes), EOS, np.int64))


@dataclass(frozen=True)
class NoRepeatNgram:
    """An n-gram of `size` tokens appears at most once (Paulus et al. 2017, arXiv 1705.04304, section 2.5)."""

    size: int

    def edits(self, prefixes: NDArray[np.int64]) -> Edits:
        """Rule out each token that would complete an n-gram the prefix already holds."""
        output = prefixes[:, 1:]
        if output.shape[1] < self.size:
            return NO_EDITS
        ngrams = np.lib.stride_tricks.sliding_window_view(output, self.size, axis=1)  # (N, T - size, size)
        tail = output[:, output.shape[1] - self.size + 1 :]  # (N, size - 1)
        rows, starts = np.nonzero((ngrams[:, :, :-1] == tail[:, None, :]).all(axis=2))
        return Edits.forbidding(rows, ngrams[rows, starts, -1])


def constraints_of(config: SearchConfig) -> list[Constraint]:
    """The constraints that a search configuration asks for; UNK and the other specials are always ruled out."""
    constraints: list[Constraint] = [ForbiddenTokens(FORBIDDEN)]
    if config.min_target_tokens:
        constraints.append(MinimumLength(config.min_target_tokens))
    if config.no_repeat_ngram:
        constraints.append(NoRepeatNgram(config.no_repeat_ngram))
    return constraints
