"""Beam search; greedy is a beam of one.

Each source is decoded as if it were alone: what its batch mates do changes neither its hypotheses nor the moment it
closes.
"""

from __future__ import annotations

import numpy as np

from nlp.config import SearchConfig
from nlp.search.decoding import Request
from nlp.search.hypotheses import Alive, Finished, Hypothesis, length_penalty
from nlp.search.stepping import Candidates, Ints, S
from nlp.tokenizers.protocol import EOS


def beam_search(request: Request[S]) -> list[list[Hypothesis]]:
    """For each source its `n_best` hypotheses or fewer, best first.

    A source closes when nothing alive can be expected to reach its `n_best` (see `_still_open`). A hypothesis of
    `max_target_tokens` tokens that did not end by itself is ended with EOS at its true log-probability.
    """
    config, finished = request.config, request.finished()
    alive = Alive.before_the_first_token(len(request.sources))
    state = request.stepper.start(request.sources)
    for length in range(config.max_target_tokens + 1):
        # Of one row's candidates at most beam_size continue and one is EOS.
        candidates, state = request.step(alive, state, config.beam_size + 1)
        if config.coverage_penalty:
            alive = alive.attended(candidates)
        if length == config.max_target_tokens:
            request.end_at_limit(alive, candidates, finished)
            break
        grown = _extend(alive, candidates, config, finished)
        stay = _still_open(grown, finished, config)
        if not len(stay):
            break
        alive = grown.of_sources(stay)
        state = request.stepper.select(state, alive.parents)
    return finished.best(config.n_best)


def _extend(alive: Alive, candidates: Candidates, config: SearchConfig, finished: Finished) -> Alive:
    """Grow every source by one token, file what ends, and keep the best `beam_size` of what goes on."""
    open_sources = len(alive.sources)
    count = candidates.tokens.shape[1]
    tokens = candidates.tokens.reshape(open_sources, -1)  # (B, K * C)
    log_probs = candidates.log_probs.reshape(open_sources, -1)
    totals = np.repeat(alive.totals, count, axis=1) + log_probs
    order = np.argsort(-totals, axis=1, kind="stable")  # ties fall to the earlier row: never to chance
    ends = np.take_along_axis(tokens, order, 1) == EOS
    possible = np.isfinite(np.take_along_axis(totals, order, 1))
    ranked_ends = (ends & possible)[:, : config.beam_size]
    for line, rank in np.argwhere(ranked_ends):
        place = int(order[line, rank])
        finished.add(alive, int(line), place // count, float(log_probs[line, place]))
    # Those that go on come first, the rest after them in any order; rows past the last one alive are marked -inf.
    going = np.argsort(ends | ~possible, axis=1, kind="stable")[:, : config.beam_size]
    picked = np.take_along_axis(order, going, 1)  # (B, K')
    goes_on = np.take_along_axis(~ends & possible, going, 1)
    grown = alive.grown(
        picked // count,
        np.take_along_axis(tokens, picked, 1),
        np.take_along_axis(log_probs, picked, 1),
        np.where(goes_on, np.take_along_axis(totals, picked, 1), -np.inf),
    )
    return grown.of_sources(np.flatnonzero(goes_on.any(axis=1)))


def _still_open(alive: Alive, finished: Finished, config: SearchConfig) -> Ints:
    """Lines of the sources that another step may still improve.

    Totals only fall, so a live total over a length penalty bounds what it can become (a coverage penalty only lowers
    it). While fewer than `beam_size` have finished, the longest length gives the bound, and nothing is missed. After
    that the next length does, which is nearly always right and much sooner. To close at `beam_size` whatever they
    score, as many toolkits do, lets poor short outputs of the lower ranks shut out a good one not yet at its end.
    """
    best = alive.totals.max(axis=1, initial=-np.inf)
    longest = length_penalty(config.max_target_tokens + 1, config.length_penalty)  # with EOS
    following = length_penalty(alive.tokens.shape[2], config.length_penalty)

    def is_open(line: int) -> bool:
        scores = sorted((hypothesis.score for hypothesis in finished.of(alive.sources[line])), reverse=True)
        if len(scores) < config.n_best:
            return True
        if config.beam_size == 1:
            return False  # greedy: the first end is the end
        reach = best[line] / (longest if len(scores) < config.beam_size else following)
        return bool(scores[config.n_best - 1] < reach)

    return np.array([line for line in range(len(alive.sources)) if is_open(line)], np.int64)
