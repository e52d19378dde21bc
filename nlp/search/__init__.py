"""Search over anything that can say what comes next: beams, samples, constraints, scores.

It knows no framework and no text: a `Stepper` stands for the model, constraints for the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nlp.config import SearchConfig
from nlp.constraints import Constraint, constraints_of
from nlp.search.beam import beam_search
from nlp.search.decoding import Request
from nlp.search.diverse import diverse_search
from nlp.search.hypotheses import Hypothesis, coverage_penalty, length_penalty
from nlp.search.sampling import sample
from nlp.search.scoring import TargetScore, score_targets
from nlp.search.stepping import Candidates, Floats, Ints, S, Stepper

__all__ = [
    "Candidates",
    "Floats",
    "Hypothesis",
    "Ints",
    "S",
    "Stepper",
    "TargetScore",
    "coverage_penalty",
    "length_penalty",
    "score_targets",
    "search",
]


def search(
    stepper: Stepper[S],
    sources: Sequence[Sequence[int]],
    config: SearchConfig,
    constraints: Sequence[Constraint] | None = None,
    *,
    surfaces: Sequence[str] = (),
    unknown: Sequence[Sequence[str]] = (),
    openings: Sequence[Sequence[int]] = (),
) -> list[list[Hypothesis]]:
    """For each source of ids its `n_best` distinct hypotheses or fewer, best first; all of them end in EOS.

    `constraints` default to those that `config` asks for; rules about text read `surfaces`, what each id adds to a
    text, and `unknown`, the same for each source's words outside the vocabulary, whose ids follow the vocabulary's (see
    `nlp.encoding`); a model that does not copy has none. `openings` are tokens that the output of each
    source must begin with. A source for which the constraints bar every way is decoded again under the hard ones alone
    (see `Constraint.hard`); it has no hypothesis only if these bar every way too.

    Raises:
        DecodingError: the model gave a log-probability that is not a number.
    """
    if not sources:
        return []
    rules = constraints_of(config, surfaces) if constraints is None else constraints
    decode = _strategy(config)
    request = Request(stepper, sources, config, rules, surfaces, unknown, openings)
    found = decode(request)
    hard = [rule for rule in rules if rule.hard]
    stuck = [position for position, hypotheses in enumerate(found) if not hypotheses]
    if stuck and len(hard) < len(rules):
        again = replace(request.only(stuck), constraints=hard)
        for position, hypotheses in zip(stuck, decode(again), strict=True):
            found[position] = hypotheses
    return found


def _strategy(config: SearchConfig) -> Callable[[Request[S]], list[list[Hypothesis]]]:
    if config.diversity_penalty and config.n_best > 1:
        return diverse_search
    return sample if config.strategy == "sampling" else beam_search
