"""The output that the others agree with: minimum Bayes-risk choice among what a search found.

Kumar and Byrne (2004, "Minimum Bayes-Risk Decoding for Statistical Machine Translation", HLT-NAACL): the likeliest
output is not the one with the least expected error. The gain of an output y is taken as the sum over all outputs h of
P(h) * F1(y, h), F1 being that of their tokens as multisets, which stands in for ROUGE, and P the softmax of the scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nlp.search.hypotheses import Hypothesis


def by_consensus(found: Sequence[Sequence[Hypothesis]]) -> list[list[Hypothesis]]:
    """The hypotheses of each source by falling expected gain; where that is equal, in the order given."""
    return [_ordered(each) for each in found]


def _ordered(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    if len(hypotheses) < 3:  # each of two is as near to the other as the other to it
        return list(hypotheses)
    scores = np.array([hypothesis.score for hypothesis in hypotheses])
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    bags = [Counter(hypothesis.tokens) for hypothesis in hypotheses]
    overlaps = np.eye(len(bags))
    for first in range(len(bags)):
        for second in range(first):
            overlaps[first, second] = overlaps[second, first] = _f1(bags[first], bags[second])
    gains = overlaps @ weights
    return [hypotheses[place] for place in np.argsort(-gains, kind="stable")]


def _f1(first: Counter[int], second: Counter[int]) -> float:
    """Twice the tokens in common over the tokens of both; 1 for two empty outputs."""
    tokens = first.total() + second.total()
    return 2 * (first & second).total() / tokens if tokens else 1.0
