"""Sampling: outputs drawn token by token, reproducible from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlp.config import SearchConfig
from nlp.search.decoding import Request
from nlp.search.hypotheses import Alive, Finished, Hypothesis
from nlp.search.stepping import Candidates, Ints, S
from nlp.tokenizers.protocol import EOS


def sample(request: Request[S]) -> list[list[Hypothesis]]:
    """For each source the `n_best` best-scored distinct outputs of `beam_size` draws, best first.

    The draws of a source depend on the seed and on the source alone, not on its batch. Log-probabilities and scores are
    the model's own, before temperature and cuts.
    """
    config, finished = request.config, request.finished()
    alive = _rows(len(request.sources), config.beam_size)
    state = request.stepper.start(request.sources)
    state = request.stepper.select(state, alive.parents)
    randoms = [_random(source, config.seed) for source in request.sources]
    everything = np.iinfo(np.int32).max
    for length in range(config.max_target_tokens + 1):
        candidates, state = request.step(alive, state, config.top_k or everything)
        if config.coverage_penalty:
            alive = alive.attended(candidates)
        if length == config.max_target_tokens:
            request.end_at_limit(alive, candidates, finished)
            break
        draws = np.stack([randoms[source].random(config.beam_size) for source in alive.sources])  # (B, K)
        grown = _extend(alive, candidates, _choose(candidates.log_probs, draws.reshape(-1), config), finished)
        stay = np.flatnonzero(np.isfinite(grown.totals).any(axis=1))
        if not len(stay):
            break
        alive = grown.of_sources(stay)
        state = request.stepper.select(state, alive.parents)
    return finished.best(config.n_best)


def _rows(sources: int, draws: int) -> Alive:
    """The empty hypothesis of each source, once for every draw."""
    start = Alive.before_the_first_token(sources)
    return Alive(
        start.sources,
        np.repeat(start.tokens, draws, axis=1),
        np.repeat(start.log_probs, draws, axis=1),
        np.repeat(start.totals, draws, axis=1),
        np.repeat(np.arange(sources)[:, None], draws, axis=1),
    )


def _random(source: Sequence[int], seed: int) -> np.random.Generator:
    """A generator that knows the source and not its place in a batch."""
    digest = hashlib.blake2b(np.asarray(source, np.int64).tobytes(), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])


def _choose(log_probs: NDArray[np.float32], draws: NDArray[np.float64], config: SearchConfig) -> Ints:
    """(N,) the candidate that each uniform draw falls on, of (N, C) sorted log-probabilities."""
    tempered = log_probs.astype(np.float64) / config.temperature
    best = np.maximum(tempered[:, :1], np.finfo(np.float64).min)  # a row without any candidate stays without a NaN
    probabilities = np.exp(tempered - best)
    cumulated = np.cumsum(probabilities, axis=1)
    if config.top_p < 1:
        # A candidate is in the nucleus if what comes before it does not reach top_p yet.
        inside = cumulated - probabilities < config.top_p * cumulated[:, -1:]
        cumulated = np.cumsum(np.where(inside, probabilities, 0.0), axis=1)
    targets = draws[:, None] * cumulated[:, -1:]
    last = np.maximum((probabilities > 0).sum(axis=1) - 1, 0)
    chosen: Ints = np.minimum((cumulated <= targets).sum(axis=1), last)
    return chosen


def _extend(alive: Alive, candidates: Candidates, chosen: Ints, finished: Finished) -> Alive:
    """Grow every row by its chosen candidate; rows that drew EOS are filed and dead from then on."""
    shape = alive.totals.shape
    tokens = np.take_along_axis(candidates.tokens, chosen[:, None], 1).reshape(shape)
    log_probs = np.take_along_axis(candidates.log_probs, chosen[:, None], 1).reshape(shape)
    totals = alive.totals + log_probs
    ends = (tokens == EOS) & np.isfinite(totals)
    for line, row in np.argwhere(ends):
        finished.add(alive, int(line), int(row), float(log_probs[line, row]))
    same_rows = np.tile(np.arange(shape[1]), (shape[0], 1))
    return alive.grown(same_rows, tokens, log_probs, np.where(ends, -np.inf, totals))
