"""Hypotheses: those alive, as arrays, and those that have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nlp.search.stepping import Candidates, Floats, Ints
from nlp.tokenizers.protocol import BOS

LEAST_COVERAGE = 1e-6
"""Attention below this counts as this much, so that its logarithm stays finite."""


@dataclass(frozen=True)
class Hypothesis:
    """One finished output."""

    tokens: tuple[int, ...]
    """Without BOS and EOS."""
    log_probs: tuple[float, ...]
    """Natural log-probability of each token, and of EOS at the end; penalties of constraints are in it."""
    score: float
    """Sum of `log_probs` over the length penalty, plus the coverage penalty where one is asked for."""


def length_penalty(tokens: int, alpha: float) -> float:
    """((5 + tokens) / 6) ** alpha, EOS counted: Wu et al. 2016, arXiv 1609.08144, equation 14."""
    return float(((5 + tokens) / 6) ** alpha)


def coverage_penalty(attention: Floats, beta: float) -> float:
    """beta * sum of log(min(attention, 1)) over source tokens: Wu et al. 2016, equation 14. Never above 0.

    `attention`, (S,), is the sum over all target tokens, EOS included.
    """
    return float(beta * np.log(np.clip(attention, LEAST_COVERAGE, 1.0)).sum())


@dataclass(frozen=True)
class Alive:
    """The hypotheses alive: row (b, k) of every array is hypothesis k of open source b."""

    sources: Ints
    """(B,) positions of the open sources in the request."""
    tokens: Ints
    """(B, K, T), BOS first."""
    log_probs: Floats
    """(B, K, T - 1) of each token after BOS."""
    totals: NDArray[np.float64]
    """(B, K) sums of `log_probs`; -inf marks a row without a hypothesis."""
    parents: Ints
    """(B, K) the row of the step before that each row continues."""
    coverage: Floats | None = None
    """(B, K, S) attention summed over the tokens so far; None unless a coverage penalty asks for it."""

    @staticmethod
    def before_the_first_token(sources: int) -> Alive:
        """One empty hypothesis for each source."""
        return Alive(
            sources=np.arange(sources),
            tokens=np.full((sources, 1, 1), BOS, np.int64),
            log_probs=np.zeros((sources, 1, 0), np.float32),
            totals=np.zeros((sources, 1)),
            parents=np.zeros((sources, 1), np.int64),
        )

    @property
    def prefixes(self) -> Ints:
        """(N, T) all rows one below the other."""
        return self.tokens.reshape(-1, self.tokens.shape[2])

    def attended(self, candidates: Candidates) -> Alive:
        """The same rows with the attention of their last step added to the coverage."""
        if candidates.attention is None:
            return self
        step = candidates.attention.reshape(*self.totals.shape, -1)
        return replace(self, coverage=step if self.coverage is None else self.coverage + step)

    def grown(self, parent: Ints, tokens: Ints, log_probs: Floats, totals: NDArray[np.float64]) -> Alive:
        """New rows, (B, K'): row k of source b continues row `parent[b, k]` of b by `tokens[b, k]`."""
        lines = np.arange(len(self.sources))[:, None]
        return Alive(
            self.sources,
            np.concatenate([self.tokens[lines, parent], tokens[:, :, None]], axis=2),
            np.concatenate([self.log_probs[lines, parent], log_probs[:, :, None]], axis=2),
            totals,
            lines * self.tokens.shape[1] + parent,
            None if self.coverage is None else self.coverage[lines, parent],
        )

    def of_sources(self, kept: Ints) -> Alive:
        """The rows of some of the sources."""
        coverage = None if self.coverage is None else self.coverage[kept]
        return Alive(
            self.sources[kept], self.tokens[kept], self.log_probs[kept], self.totals[kept], self.parents[kept], coverage
        )


class Finished:
    """The outputs found so far, source by source."""

    def __init__(self, sources: Sequence[Sequence[int]], alpha: float, beta: float) -> None:
        self._lengths = [len(source) for source in sources]
        self._alpha, self._beta = alpha, beta
        self._found: list[list[Hypothesis]] = [[] for _ in sources]

    def of(self, source: int) -> list[Hypothesis]:
        """What has ended for one source of the request, in the order of ending."""
        return self._found[source]

    def add(self, alive: Alive, line: int, row: int, end_log_prob: float) -> None:
        """End one row with EOS, unless the same output is there already."""
        source = int(alive.sources[line])
        tokens = tuple(alive.tokens[line, row, 1:].tolist())
        if any(known.tokens == tokens for known in self._found[source]):
            return
        log_probs = (*alive.log_probs[line, row].tolist(), end_log_prob)
        score = (float(alive.totals[line, row]) + end_log_prob) / length_penalty(len(log_probs), self._alpha)
        if self._beta and alive.coverage is not None:
            score += coverage_penalty(alive.coverage[line, row, : self._lengths[source]], self._beta)
        self._found[source].append(Hypothesis(tokens, log_probs, score))

    def best(self, count: int) -> list[list[Hypothesis]]:
        """The `count` best of each source, best first; equal scores stay in the order of ending."""
        return [sorted(each, key=lambda hypothesis: -hypothesis.score)[:count] for each in self._found]
