"""Against dull replies: what a model would say to anything counts less (Li et al. 2016, arXiv 1510.03055).

The same network over an empty source is the language model, if its training hid some sources
(`train.source_dropout`); without that, what it says of an empty source means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nlp.config import SearchConfig
from nlp.search.hypotheses import Hypothesis, length_penalty
from nlp.search.scoring import score_targets
from nlp.search.stepping import S, Stepper
from nlp.tokenizers.protocol import EOS, UNK

EMPTY_SOURCE = (EOS,)


def against_language_model(
    stepper: Stepper[S], found: Sequence[Sequence[Hypothesis]], config: SearchConfig, vocab_size: int
) -> list[list[Hypothesis]]:
    """The hypotheses of each source in the order of log p(T|S) - lambda * log p(first tokens of T), best first.

    Equations 9 and 11 there: only the first `anti_language_model_tokens` tokens count against an output, because what
    it begins with decides what it says, and the rest of a language model's score keeps it grammatical. Both terms are
    divided by the length penalty of the search. A word that was copied and that the vocabulary of `vocab_size` lacks is
    UNK to the language model.
    """
    first = config.anti_language_model_tokens
    openings = [
        [token if token < vocab_size else UNK for token in (*hypothesis.tokens, EOS)][:first]
        for each in found
        for hypothesis in each
    ]
    scores = score_targets(stepper, [EMPTY_SOURCE] * len(openings), openings)
    said_to_anything = iter(scores)
    reranked = []
    for each in found:
        rescored = []
        for hypothesis in each:
            penalty = length_penalty(len(hypothesis.log_probs), config.length_penalty)
            taken = config.anti_language_model * next(said_to_anything).log_prob / penalty
            rescored.append(replace(hypothesis, score=hypothesis.score - taken))
        reranked.append(sorted(rescored, key=lambda hypothesis: -hypothesis.score))
    return reranked
