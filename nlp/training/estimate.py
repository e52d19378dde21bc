"""What can be said about a training before its first step: its data, its time, its memory, and what will not work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nlp.batching import ROW_STEP, BatchPlan
from nlp.config import ModelConfig, TrainConfig
from nlp.durations import duration
from nlp.encoding import EncodedPairs
from nlp.tokenizers import UNK

FEW_PAIRS = 1_000
MUCH_CUT = 0.3
MUCH_UNKNOWN = 0.01
MUCH_TOO_LONG = 0.05
FASTEST_RATE = 0.02
BASE_MEGABYTES = 700
"""What a process takes with a backend loaded and nothing to train."""
STEP_NUMBERS = 20
"""Numbers that a recurrent layer keeps of each step for each of its units: gates, states and their gradients."""


@dataclass(frozen=True)
class DataFacts:
    """Encoded pairs in figures."""

    pairs: int
    mean_source: float
    """Tokens."""
    mean_target: float
    cut: float
    """Share of sources that fill the model's limit: of nearly all of them, something was cut off."""
    unknown: float
    """Share of tokens, source and target, that the vocabulary does not hold."""
    too_long: int
    """Pairs left out because their target is longer than the model's limit."""
    padding: float
    """Share of the batches' places that hold no token."""

    @classmethod
    def of(cls, pairs: EncodedPairs, plans: list[BatchPlan], config: ModelConfig) -> DataFacts:
        """Count."""
        sources, targets = np.diff(pairs.source_starts), np.diff(pairs.target_starts)
        tokens = int(sources.sum() + targets.sum())
        places = sum(plan.rows * (plan.source_length + plan.target_length) for plan in plans)
        unknown = sum(
            int(((ids == UNK) | (ids >= config.vocab_size)).sum()) for ids in (pairs.source_ids, pairs.target_ids)
        )
        return cls(
            len(pairs),
            float(sources.mean()),
            float(targets.mean()),
            float((sources >= config.max_source_tokens).mean()),
            unknown / max(1, tokens),
            pairs.too_long,
            1 - tokens / max(1, places),
        )

    def lines(self) -> list[str]:
        """For a person."""
        return [
            f"{self.pairs:,} pairs: {self.mean_source:.1f} tokens a source, {self.mean_target:.1f} a target; "
            f"{self.cut:.0%} of the sources are cut at the limit, {self.unknown:.2%} of the tokens are unknown, "
            f"{self.padding:.0%} of a batch is padding.",
            *([f"{self.too_long:,} pairs are left out: their target is too long."] if self.too_long else []),
        ]


def warnings(facts: DataFacts, model: ModelConfig, train: TrainConfig, steps: int, rows: int) -> Iterator[str]:
    """Settings that will not work as meant, for `steps` batches of mostly `rows` rows."""
    if facts.pairs < FEW_PAIRS:
        yield f"{facts.pairs:,} pairs are few: the model will learn them by heart and write little else."
    if facts.cut > MUCH_CUT:
        yield (
            f"{facts.cut:.0%} of the sources are cut at {model.max_source_tokens} tokens; what comes after is never "
            "read. Raise model.max_source_tokens if it matters."
        )
    if facts.unknown > MUCH_UNKNOWN and not model.copy:
        yield (
            f"{facts.unknown:.1%} of the tokens are unknown to the vocabulary and can never be written. Raise "
            "tokenizer.vocab_size, take tokenizer.kind = 'unigram', or set model.copy = true."
        )
    if facts.too_long > MUCH_TOO_LONG * facts.pairs:
        yield (
            f"{facts.too_long:,} pairs are left out for the length of their target. Raise model.max_target_tokens, "
            "unless that is meant."
        )
    if train.warmup_steps >= steps:
        yield (
            f"train.warmup_steps = {train.warmup_steps:,}, but the whole run has about {steps:,} steps: the rate would "
            f"never reach train.learning_rate. {max(1, steps // 10):,} is plenty."
        )
    if train.average and 3 / (1 - train.average) > steps:
        yield (
            f"train.average = {train.average} looks back over {1 / (1 - train.average):,.0f} steps and the run has "
            f"about {steps:,}: the average would be mostly of an untrained model. Lower it, or set it to 0."
        )
    if rows <= ROW_STEP:
        yield (
            f"train.batch_tokens = {train.batch_tokens:,} holds hardly more than {ROW_STEP} pairs at these lengths; "
            "learning will be slow and jumpy. 4096 suits most."
        )
    if train.learning_rate > FASTEST_RATE:
        yield f"train.learning_rate = {train.learning_rate:g} will hardly converge; 0.002 suits most."
    if train.validate_every_steps >= steps and train.patience:
        yield (
            f"train.validate_every_steps = {train.validate_every_steps:,} is more than the run has ({steps:,}): there "
            "is one validation, at its end, and nothing to stop early or to choose from. "
            f"{max(1, steps // 10):,} gives ten."
        )


def megabytes(model: ModelConfig, train: TrainConfig, parameters: int, plans: list[BatchPlan]) -> float:
    """About what memory the training will take at its largest batch."""
    copies = 4 + (train.average > 0) + (train.accumulate_batches > 1)  # weights, gradients, two moments
    largest = max(
        plan.rows
        * (
            3 * plan.target_length * model.vocab_size  # logits, their exponentials, their gradient
            + STEP_NUMBERS
            * model.encoder_layers
            * plan.source_length
            * model.encoder_units  # gates and states of each step
            + STEP_NUMBERS * model.decoder_layers * plan.target_length * model.decoder_units
        )
        for plan in plans
    )
    return BASE_MEGABYTES + 4 * (copies * parameters + largest) / 1e6


def forecast(config: TrainConfig, pairs: int, pairs_per_second: float) -> str:
    """How long `pairs` will take at a measured speed, and where a time limit will end that."""
    minutes = pairs * config.epochs / pairs_per_second / 60
    text = f"About {pairs_per_second:.0f} pairs/s here: {duration(60 * minutes)} for {config.epochs} epochs"
    if config.max_minutes and config.max_minutes < minutes:
        reached = config.epochs * config.max_minutes / minutes
        text += f"; train.max_minutes ends it after {duration(60 * config.max_minutes)}, in epoch {reached:.1f}"
    return f"{text}."
