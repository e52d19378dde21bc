"""BLEU and chrF of a whole corpus, computed by sacreBLEU and given in [0, 1].

Neither is a mean over items: both sum match counts over the corpus and score the sums. So the per-item form is a table
of counts, and an interval comes from resampling its rows (see `CorpusScores.interval`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp.metrics.bootstrap import (
    RESAMPLES,
    SEED,
    Difference,
    FloatArray,
    Interval,
    percentile_interval,
    resampled_sums,
)
from nlp.metrics.libraries import missing_library


@dataclass(frozen=True)
class CorpusScores:
    """A corpus figure that can be computed again over any selection of items."""

    counts: FloatArray
    """Match counts, of shape (items, counts)."""
    score_sums: Callable[[FloatArray], float]
    """From counts summed over items, of shape (counts,), to the score in [0, 1]."""

    @property
    def value(self) -> float:
        """The score over all items."""
        return self.score_sums(self.counts.sum(axis=0))

    def interval(self, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
        """The 95 % bootstrap interval of `value`."""
        sums = resampled_sums(self.counts, resamples, seed)
        return percentile_interval(np.array([self.score_sums(row) for row in sums]))

    def minus(self, other: CorpusScores, resamples: int = RESAMPLES, seed: int = SEED) -> Difference:
        """How much higher than `other`'s `value` this is, resampling the items both were scored on.

        Raises:
            ValueError: the two were not scored on the same number of items.
        """
        if len(self.counts) != len(other.counts):
            raise ValueError(f"{len(self.counts)} and {len(other.counts)} items are not the same items")
        both = zip(*(resampled_sums(each.counts, resamples, seed) for each in (self, other)), strict=True)
        drawn = np.array([self.score_sums(mine) - other.score_sums(theirs) for mine, theirs in both])
        wins = np.mean(drawn > 0) + np.mean(drawn == 0) / 2
        return Difference(self.value - other.value, percentile_interval(drawn), float(wins))


def bleu(outputs: Sequence[str], references: Sequence[str], language: str) -> CorpusScores:
    """Corpus BLEU-4 with sacreBLEU's own tokenisation: `zh` for Chinese, `13a` for everything else.

    Raises:
        UsageError: sacrebleu is not installed.
        ValueError: the two sequences differ in length.
    """
    metrics = _sacrebleu_metrics()
    return _corpus_scores(metrics.BLEU(tokenize="zh" if language == "zh" else "13a", force=True), outputs, references)


def chrf(outputs: Sequence[str], references: Sequence[str]) -> CorpusScores:
    """Corpus chrF2: character n-grams up to 6, white space ignored, recall twice as heavy as precision.

    Raises:
        UsageError: sacrebleu is not installed.
        ValueError: the two sequences differ in length.
    """
    return _corpus_scores(_sacrebleu_metrics().CHRF(), outputs, references)


def _corpus_scores(metric: Any, outputs: Sequence[str], references: Sequence[str]) -> CorpusScores:
    if len(outputs) != len(references):
        raise ValueError(f"{len(outputs)} outputs, but {len(references)} references")
    # The two methods that sacreBLEU's own significance tests are built on; its public ones give no counts per item.
    counts = metric._extract_corpus_statistics(outputs, [references])

    def score_sums(sums: FloatArray) -> float:
        score: float = metric._compute_score_from_stats([int(count) for count in sums]).score
        return min(score / 100, 1.0)  # rounding can bring a perfect score above 100

    return CorpusScores(np.array(counts, dtype=np.float64), score_sums)


def _sacrebleu_metrics() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError as error:
        raise missing_library("sacrebleu") from error
    return metrics
