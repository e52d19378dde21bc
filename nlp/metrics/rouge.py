"""ROUGE-1, ROUGE-2 and ROUGE-L F1 per item, computed by rouge-score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp.metrics.bootstrap import FloatArray
from nlp.metrics.libraries import missing_library
from nlp.metrics.tokens import Tokenize


@dataclass(frozen=True)
class RougeScores:
    """F1 of each item, in [0, 1]; an empty output or reference scores 0. All arrays have shape (items,)."""

    rouge_1: FloatArray
    """Overlap of single tokens."""
    rouge_2: FloatArray
    """Overlap of pairs of neighbouring tokens."""
    rouge_l: FloatArray
    """Longest common subsequence of tokens."""


@dataclass(frozen=True)
class _Cut:
    """The shape in which rouge-score takes a tokenizer of one's own."""

    tokenize: Tokenize


def rouge_scores(outputs: Sequence[str], references: Sequence[str], tokenize: Tokenize) -> RougeScores:
    """ROUGE F1 of every output against its reference, tokens as `tokenize` cuts them.

    Raises:
        UsageError: rouge-score is not installed.
        ValueError: the two sequences differ in length.
    """
    columns = _f_measures(outputs, references, tokenize, ["rouge1", "rouge2", "rougeL"])
    return RougeScores(rouge_1=columns[:, 0], rouge_2=columns[:, 1], rouge_l=columns[:, 2])


def rouge_l_scores(outputs: Sequence[str], references: Sequence[str], tokenize: Tokenize) -> FloatArray:
    """ROUGE-L F1 alone, of shape (items,), for choosing among many systems.

    Raises:
        UsageError: rouge-score is not installed.
        ValueError: the two sequences differ in length.
    """
    return _f_measures(outputs, references, tokenize, ["rougeL"])[:, 0]


def _f_measures(outputs: Sequence[str], references: Sequence[str], tokenize: Tokenize, kinds: list[str]) -> FloatArray:
    scorer = _scorer(kinds, tokenize)
    rows = [
        [score.fmeasure for score in scorer.score(reference, output).values()]
        for output, reference in zip(outputs, references, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(kinds))


def _scorer(kinds: list[str], tokenize: Tokenize) -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise missing_library("rouge-score") from error
    return RougeScorer(kinds, tokenizer=_Cut(tokenize))
