"""What a search found, put in another order than that of its scores."""

from __future__ import annotations

from nlp.anti_language_model import against_language_model
from nlp.config import SearchConfig
from nlp.consensus import by_consensus
from nlp.search.hypotheses import Hypothesis
from nlp.search.stepping import S, Stepper


def reranked(
    stepper: Stepper[S], found: list[list[Hypothesis]], config: SearchConfig, vocab_size: int
) -> list[list[Hypothesis]]:
    """The hypotheses of each source, best first, as `config` asks for it."""
    if config.anti_language_model:
        found = against_language_model(stepper, found, config, vocab_size)
    return by_consensus(found) if config.consensus else found
