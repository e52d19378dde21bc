"""Teacher-forced tracing: what a model attended to at each token of an output that is given, and what else it had in
mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.constraints import FORBIDDEN, NO_EDITS, Edits
from nlp.search.stepping import Candidates, Floats, Ints, S, Stepper, require_numbers
from nlp.tokenizers.protocol import BOS, EOS

LOOKAHEAD = 4
"""Tokens after which the continuation of an alternative is cut; few words have more pieces than this and one."""


@dataclass(frozen=True)
class Alternative:
    """A token that could have come instead, and how the model would have gone on greedily."""

    tokens: tuple[int, ...]
    """The token and up to `LOOKAHEAD` more; EOS is the last where it comes."""
    log_probs: tuple[float, ...]
    """Natural log-probability of each of them."""


@dataclass(frozen=True)
class StepTrace:
    """One token of a given output."""

    token: int
    log_prob: float
    """Natural logarithm."""
    alternatives: tuple[Alternative, ...]
    """Likeliest first, without the token itself and those that no output holds."""
    attention: Floats | None
    """(S,) weights over the tokens of the source, summing to 1; None from a model without attention."""
    gate: float | None
    """Probability of taking the token from the vocabulary, not from the source; None without copying."""


def trace(
    stepper: Stepper[S], source_ids: Sequence[int], target_ids: Sequence[int], count: int, lookahead: int = LOOKAHEAD
) -> list[StepTrace]:
    """A step for each of `target_ids`, which end in EOS, after the one source, with up to `count` alternatives.

    Raises:
        DecodingError: the model gave a log-probability that is not a number.
    """
    state, previous, steps = stepper.start([source_ids]), BOS, []
    for number, token in enumerate(target_ids, start=1):
        wanted = np.array([[token]], np.int64)
        # Nothing is forbidden, so that log-probabilities are those of `score_targets`; what must go is dropped below.
        most = count + len(FORBIDDEN) + 1
        candidates, state = stepper.step(np.array([previous], np.int64), state, NO_EDITS, wanted, most)
        require_numbers(candidates, number)
        others = _others(candidates, token, count)
        steps.append(
            StepTrace(
                token,
                float(candidates.wanted[0, 0]),
                tuple(_continued(stepper, state, others, lookahead, number)) if others else (),
                None if candidates.attention is None else candidates.attention[0, : len(source_ids)],
                None if candidates.gate is None else float(candidates.gate[0]),
            )
        )
        previous = token
    return steps


def _others(candidates: Candidates, token: int, count: int) -> list[Alternative]:
    """The best `count` single tokens of a step of one row."""
    pairs = zip(candidates.tokens[0].tolist(), candidates.log_probs[0].tolist(), strict=True)
    others = [Alternative((other,), (log_prob,)) for other, log_prob in pairs if other not in (token, *FORBIDDEN)]
    return [other for other in others if np.isfinite(other.log_probs[0])][:count]


def _continued(
    stepper: Stepper[S], state: S, others: Sequence[Alternative], lookahead: int, number: int
) -> list[Alternative]:
    """`others` with what the model would write after each of them; `state` has one row, and all start from it."""
    state = stepper.select(state, np.zeros((1, len(others)), np.int64))
    tokens: list[Ints] = [np.array([other.tokens[0] for other in others], np.int64)]
    log_probs: list[Floats] = [np.array([other.log_probs[0] for other in others], np.float32)]
    rows = np.repeat(np.arange(len(others)), len(FORBIDDEN))
    edits = Edits.forbidding(rows, np.tile(np.array(FORBIDDEN, np.int64), len(others)))
    for ahead in range(lookahead):
        if (np.stack(tokens) == EOS).any(axis=0).all():
            break
        candidates, state = stepper.step(tokens[-1], state, edits, tokens[-1][:, None], 1)
        require_numbers(candidates, number + ahead + 1)
        tokens.append(candidates.tokens[:, 0])
        log_probs.append(candidates.log_probs[:, 0])
    return [_ended(*row) for row in zip(np.stack(tokens).T.tolist(), np.stack(log_probs).T.tolist(), strict=True)]


def _ended(tokens: Sequence[int], log_probs: Sequence[float]) -> Alternative:
    end = tokens.index(EOS) + 1 if EOS in tokens else len(tokens)
    return Alternative(tuple(tokens[:end]), tuple(log_probs[:end]))
