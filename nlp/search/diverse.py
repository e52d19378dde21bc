"""Candidates that differ: each is decoded with a penalty on the tokens of those before it.

On 150 English validation articles, three candidates each: the best of the three reached ROUGE-L 40.2 this way (penalty
1), 38.5 as the n-best of a beam of 10, whose candidates hardly differ, 38.7 with diverse groups (Hamming diversity,
Vijayakumar et al. 2016, arXiv 1610.02424, one group after another), and 38.9 as the best three of 20 samples. Two
candidates shared 33 % of their words here, against 75, 60 and 60 %. (One trial, made to choose; the other ways are not
kept, so no command repeats it.)
"""

from __future__ import annotations

from dataclasses import replace

from nlp.constraints.diversity import UnlikeEarlier
from nlp.search.beam import beam_search
from nlp.search.decoding import Request
from nlp.search.hypotheses import Hypothesis, length_penalty
from nlp.search.sampling import sample
from nlp.search.stepping import S

PASSES_PER_CANDIDATE = 2
"""A pass that brings what is there already costs it double from then on; after so many, fewer candidates must do."""


def diverse_search(request: Request[S]) -> list[list[Hypothesis]]:
    """For each source `n_best` distinct hypotheses or fewer, best first, decoded one after another.

    Scores and log-probabilities are without the penalty, so that they compare with those of any other search.
    """
    found: list[list[Hypothesis]] = [[] for _ in request.sources]
    decoded: list[list[tuple[int, ...]]] = [[] for _ in request.sources]  # one that comes twice stands in it twice
    for _ in range(PASSES_PER_CANDIDATE * request.config.n_best):
        lacking = [source for source, each in enumerate(found) if len(each) < request.config.n_best]
        if not lacking:
            break
        rule = UnlikeEarlier([list(decoded[source]) for source in lacking], request.config.diversity_penalty)
        for position, hypotheses in enumerate(_decode_once(request.only(lacking), rule)):
            source = lacking[position]
            for hypothesis in hypotheses:
                if hypothesis.tokens not in decoded[source]:
                    found[source].append(_without(rule, position, hypothesis, request.config.length_penalty))
                decoded[source].append(hypothesis.tokens)
    return [sorted(each, key=lambda hypothesis: -hypothesis.score) for each in found]


def _decode_once(request: Request[S], rule: UnlikeEarlier) -> list[list[Hypothesis]]:
    config = replace(request.config, n_best=1, diversity_penalty=0.0)
    decode = sample if config.strategy == "sampling" else beam_search
    return decode(replace(request, config=config, constraints=[*request.constraints, rule]))


def _without(rule: UnlikeEarlier, source: int, hypothesis: Hypothesis, alpha: float) -> Hypothesis:
    costs = [rule.cost(source, token) for token in hypothesis.tokens] + [0.0]
    log_probs = tuple(log_prob + cost for log_prob, cost in zip(hypothesis.log_probs, costs, strict=True))
    return Hypothesis(
        hypothesis.tokens, log_probs, hypothesis.score + sum(costs) / length_penalty(len(log_probs), alpha)
    )
