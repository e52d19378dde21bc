"""Beam search (greedy is a beam of one) over anything that can say what comes next.

Search knows no framework: it sees a `Stepper`, whose rows are hypotheses. The rows of a batch lie source by source,
the same number K for each: row b * K + k is hypothesis k of source b. Each source is decoded as if it were alone: what
its batch mates do changes neither its hypotheses nor the moment it closes.

Shape letters: B open sources, K hypotheses per source, N = B * K rows, C candidates per row, T tokens so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from nlp.config import SearchConfig
from nlp.constraints import NO_EDITS, Constraint, Edits, constraints_of
from nlp.errors import DecodingError
from nlp.tokenizers.protocol import BOS, EOS

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


class Stepper(Protocol[S]):
    """A model as search sees it. States are opaque and are never changed in place."""

    def start(self, sources: Sequence[Sequence[int]]) -> S:
        """The state before the first target token, one row for each source of ids."""
        ...

    def step(self, tokens: Ints, state: S, edits: Edits, wanted: Ints, count: int) -> tuple[Candidates, S]:
        """Feed `tokens` (N,) and find the best `count` next ones (fewer if the vocabulary is smaller).

        Log-softmax runs over the whole vocabulary; `edits` are added afterwards, before the cut, and nothing is
        normalised again. `wanted`, (N, W), names tokens whose log-probabilities are asked for whatever their rank.
        """
        ...

    def select(self, state: S, rows: Ints) -> S:
        """The state whose rows are the old `rows`, (B', K'): those of one line belong to one source."""
        ...


@dataclass(frozen=True)
class Hypothesis:
    """One finished output."""

    tokens: tuple[int, ...]
    """Without BOS and EOS."""
    log_probs: tuple[float, ...]
    """Natural log-probability of each token, and of EOS at the end."""
    score: float
    """Sum of `log_probs` over the length penalty."""


def length_penalty(tokens: int, alpha: float) -> float:
    """((5 + tokens) / 6) ** alpha, EOS counted: Wu et al. 2016, arXiv 1609.08144, equation 14."""
    return float(((5 + tokens) / 6) ** alpha)


def search(stepper: Stepper[S], sources: Sequence[Sequence[int]], config: SearchConfig) -> list[list[Hypothesis]]:
    """For each source of ids its `n_best` hypotheses or fewer, best first; all of them end in EOS. There are none where
    the constraints bar every way to `min_target_tokens`.

    A source closes when nothing alive can be expected to reach its `n_best` (see `_still_open`). A hypothesis of
    `max_target_tokens` tokens that did not end by itself is ended with EOS at its true log-probability.

    Raises:
        DecodingError: the model gave a log-probability that is not a number.
    """
    finished: list[list[Hypothesis]] = [[] for _ in sources]
    if not sources:
        return []
    beam = _Beam.of(len(sources))
    state = stepper.start(sources)
    constraints = constraints_of(config)
    for length in range(config.max_target_tokens + 1):
        candidates, state = _step(stepper, beam, state, config, constraints)
        grown = _extend(beam, candidates, config, finished)
        if length == config.max_target_tokens:
            _end_the_rest(beam, candidates, config, finished)
            break
        stay = _still_open(grown, finished, config)
        if not len(stay):
            break
        beam = grown.of_sources(stay)
        state = stepper.select(state, beam.parents)
    return [sorted(each, key=lambda h: -h.score)[: config.n_best] for each in finished]


@dataclass(frozen=True)
class _Beam:
    """The hypotheses alive: row (b, k) of every array is hypothesis k of open source b."""

    sources: Ints
    """(B,) positions of the open sources in the request."""
    tokens: Ints
    """(B, K, T), BOS first."""
    log_probs: Floats
    """(B, K, T - 1) of each token after BOS."""
    totals: NDArray[np.float64]
    """(B, K) sums of `log_probs`; -inf marks a row without a hypothesis."""
    parents: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    """(B, K) the row of the step before that each row continues."""

    @staticmethod
    def of(sources: int) -> _Beam:
        return _Beam(
            np.arange(sources),
            np.full((sources, 1, 1), BOS, np.int64),
            np.zeros((sources, 1, 0), np.float32),
            np.zeros((sources, 1)),
        )

    def of_sources(self, kept: Ints) -> _Beam:
        return _Beam(self.sources[kept], self.tokens[kept], self.log_probs[kept], self.totals[kept], self.parents[kept])

    def hypothesis(self, source: int, row: int, last_log_prob: float, alpha: float) -> Hypothesis:
        log_probs = (*self.log_probs[source, row].tolist(), last_log_prob)
        score = (float(self.totals[source, row]) + last_log_prob) / length_penalty(len(log_probs), alpha)
        return Hypothesis(tuple(self.tokens[source, row, 1:].tolist()), log_probs, score)


def _step(
    stepper: Stepper[S], beam: _Beam, state: S, config: SearchConfig, constraints: Sequence[Constraint]
) -> tuple[Candidates, S]:
    open_sources, width, length = beam.tokens.shape
    prefixes = beam.tokens.reshape(open_sources * width, length)
    edits = Edits.joined([constraint.edits(prefixes) for constraint in constraints])
    ends = np.full((len(prefixes), 1), EOS, np.int64)
    # Of one row's candidates at most beam_size continue and one is EOS.
    candidates, state = stepper.step(prefixes[:, -1], state, edits, ends, config.beam_size + 1)
    _require_numbers(candidates, length)
    return candidates, state


def _require_numbers(candidates: Candidates, position: int) -> None:
    if np.isnan(candidates.log_probs).any() or np.isnan(candidates.wanted).any():
        raise DecodingError(
            f"The model gave a log-probability that is not a number at target token {position}. "
            "Its weights are damaged: export or download the model again."
        )


def _extend(beam: _Beam, candidates: Candidates, config: SearchConfig, finished: list[list[Hypothesis]]) -> _Beam:
    """Grow every source by one token, file what ends, and keep the best `beam_size` of what goes on."""
    open_sources, width, _ = beam.tokens.shape
    count = candidates.tokens.shape[1]
    totals = (beam.totals[:, :, None] + candidates.log_probs.reshape(open_sources, width, count)).reshape(
        open_sources, -1
    )
    tokens = candidates.tokens.reshape(open_sources, -1)  # (B, K * C)
    order = np.argsort(-totals, axis=1, kind="stable")  # ties fall to the earlier row: never to chance
    ends = np.take_along_axis(tokens, order, 1) == EOS
    possible = np.isfinite(np.take_along_axis(totals, order, 1))
    for source, rank in np.argwhere(ends[:, : config.beam_size] & possible[:, : config.beam_size]):
        row = int(order[source, rank]) // count
        last = float(candidates.log_probs[source * width + row, order[source, rank] % count])
        finished[beam.sources[source]].append(beam.hypothesis(source, row, last, config.length_penalty))
    # Those that go on come first, the rest after them in any order; rows past the last one alive are marked -inf.
    going = np.argsort(ends | ~possible, axis=1, kind="stable")[:, : config.beam_size]
    picked = np.take_along_axis(order, going, 1)  # (B, K')
    alive = np.take_along_axis(~ends & possible, going, 1)
    parent = picked // count  # (B, K') row within the source
    lines = np.arange(open_sources)[:, None]
    new_tokens = np.take_along_axis(tokens, picked, 1)
    new_log_probs = candidates.log_probs.reshape(open_sources, -1)[lines, picked]
    grown = _Beam(
        beam.sources,
        np.concatenate([beam.tokens[lines, parent], new_tokens[:, :, None]], axis=2),
        np.concatenate([beam.log_probs[lines, parent], new_log_probs[:, :, None]], axis=2),
        np.where(alive, np.take_along_axis(totals, picked, 1), -np.inf),
        lines * width + parent,
    )
    return grown.of_sources(np.flatnonzero(alive.any(axis=1)))


def _end_the_rest(beam: _Beam, candidates: Candidates, config: SearchConfig, finished: list[list[Hypothesis]]) -> None:
    """End with EOS, where it was not among the best, all hypotheses that live at the length limit."""
    last = candidates.wanted.reshape(beam.totals.shape)
    known = [{hypothesis.tokens for hypothesis in finished[source]} for source in beam.sources]
    for line, row in np.argwhere(np.isfinite(beam.totals + last)):
        ended = beam.hypothesis(line, row, float(last[line, row]), config.length_penalty)
        if ended.tokens not in known[line]:
            finished[beam.sources[line]].append(ended)


def _still_open(beam: _Beam, finished: list[list[Hypothesis]], config: SearchConfig) -> Ints:
    """Lines of the sources that another step may still improve.

    Totals only fall, so a live total over a length penalty bounds what it can become. While fewer than `beam_size`
    have finished, the longest length gives the bound, and nothing is missed. After that the next length does, which is
    nearly always right and much sooner. To close at `beam_size` whatever they score, as many toolkits do, lets poor
    short outputs of the lower ranks shut out a good one that is not yet at its end.
    """
    best = beam.totals.max(axis=1)
    longest = length_penalty(config.max_target_tokens + 1, config.length_penalty)  # with EOS
    following = length_penalty(beam.tokens.shape[2], config.length_penalty)

    def is_open(line: int) -> bool:
        scores = sorted((h.score for h in finished[beam.sources[line]]), reverse=True)
        if len(scores) < config.n_best:
            return True
        if config.beam_size == 1:
            return False  # greedy: the first end is the end
        reach = best[line] / (longest if len(scores) < config.beam_size else following)
        return bool(scores[config.n_best - 1] < reach)

    return np.array([line for line in range(len(beam.sources)) if is_open(line)], np.int64)


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
        _require_numbers(candidates, column + 1)
        counted = column < lengths
        totals += np.where(counted, candidates.wanted[:, 0], 0.0)
        correct += counted & (candidates.tokens[:, 0] == gold)
        previous = gold
    return [TargetScore(*row) for row in zip(totals.tolist(), lengths.tolist(), correct.tolist(), strict=True)]
