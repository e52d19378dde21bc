"""All figures of one system over one set of references, with intervals and the scores of each item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.metrics.bootstrap import SEED, FloatArray, Interval, bootstrap_intervals
from nlp.metrics.diversity import (
    distinct,
    empty_outputs,
    exact_matches,
    lengths,
    most_frequent_share,
    repetitions,
    unknown_marks,
)
from nlp.metrics.overlap import bleu, chrf
from nlp.metrics.rouge import rouge_scores
from nlp.metrics.tokens import TOKENIZATIONS, main_tokenization


@dataclass(frozen=True)
class Figure:
    """One number about a system, and its 95 % interval where resampling items means something."""

    value: float
    interval: Interval | None = None

    def to_json(self) -> dict[str, float]:
        """`{"value", "low", "high"}`, the last two only with an interval."""
        bounds = {} if self.interval is None else {"low": self.interval.low, "high": self.interval.high}
        return {"value": self.value, **bounds}


@dataclass(frozen=True)
class SystemScores:
    """Every figure of one system, by name; all are shares in [0, 1] except `mean_length`."""

    figures: Mapping[str, Figure]
    items: Mapping[str, FloatArray]
    """Scores of each item, of shape (items,), under the names of the figures that are their means."""


def main_figure(language: str) -> str:
    """Name of the figure that systems are ranked by: ROUGE-L by word (English) or by character (Chinese)."""
    return f"rouge_l_{main_tokenization(language)[0]}"


def score_system(outputs: Sequence[str], references: Sequence[str], language: str, seed: int = SEED) -> SystemScores:
    """All figures of `outputs` against `references`, one of each per item, at least one item.

    Raises:
        UsageError: rouge-score or sacrebleu is not installed.
        ValueError: the two sequences differ in length.
    """
    items = _overlap_items(outputs, references, language) | _form_items(outputs, references, language)
    intervals = bootstrap_intervals(np.stack(list(items.values()), axis=1), seed=seed)
    means = {
        name: Figure(float(scores.mean()), interval)
        for (name, scores), interval in zip(items.items(), intervals, strict=True)
    }
    corpus_scores = {"bleu": bleu(outputs, references, language), "chrf": chrf(outputs, references)}
    corpus = {name: Figure(score.value, score.interval(seed=seed)) for name, score in corpus_scores.items()}
    _, tokenize = main_tokenization(language)
    whole = {
        "distinct_1": Figure(distinct(outputs, 1, tokenize)),
        "distinct_2": Figure(distinct(outputs, 2, tokenize)),
        "most_frequent_output": Figure(most_frequent_share(outputs)),
    }
    return SystemScores(means | corpus | whole, items)


def _overlap_items(outputs: Sequence[str], references: Sequence[str], language: str) -> dict[str, FloatArray]:
    items: dict[str, FloatArray] = {}
    for unit, tokenize in TOKENIZATIONS[language].items():
        scores = rouge_scores(outputs, references, tokenize)
        items |= {
            f"rouge_1_{unit}": scores.rouge_1,
            f"rouge_2_{unit}": scores.rouge_2,
            f"rouge_l_{unit}": scores.rouge_l,
        }
    return items


def _form_items(outputs: Sequence[str], references: Sequence[str], language: str) -> dict[str, FloatArray]:
    _, tokenize = main_tokenization(language)
    return {
        "exact_match": exact_matches(outputs, references),
        "repetition": repetitions(outputs, tokenize),
        "unknown": unknown_marks(outputs),
        "empty": empty_outputs(outputs),
        "mean_length": lengths(outputs, tokenize),
    }
