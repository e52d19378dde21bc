"""What a retraining will take: steps, time, memory, room on the disk."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from corpora import CorpusSource, Pair, read_prepared
from corpora.prepared import split_path
from nlp.bundle import LANGUAGE_NAMES
from nlp.config import ModelConfig, TrainConfig
from nlp.durations import duration
from nlp.encoding import EncodedPairs, encode_pairs
from nlp.errors import UsageError
from nlp.growth import Parent
from scripts.retraining_request import Retraining

if TYPE_CHECKING:
    from nlp.generator import TextGenerator

BYTES_PER_PARAMETER = 64
"""Four checkpoints of a weight and two moments each, one of them being written; the beginning; a bundle, twice."""
UNPACKED = {".xz": 6.0, ".gz": 4.0}
"""About how much larger a packed corpus is as text."""
COPIES_OF_CORPORA = 4
SPARE_BYTES = 50_000_000
SAMPLED_PAIRS = 500
"""Pairs by which the number of steps is estimated."""
MEASURED_SOURCES = 48
VALIDATIONS_PER_EPOCH, WARMUP_PART, MOST_WARMUP = 2, 0.1, 200


def require_room(folder: Path, parameters: int, corpora: Sequence[CorpusSource]) -> None:
    """See that the disk of `folder` can hold the run.

    Raises:
        UsageError: it cannot.
    """
    texts = sum(source.path.stat().st_size * UNPACKED.get(source.path.suffix, 1.0) for source in corpora)
    needed = SPARE_BYTES + BYTES_PER_PARAMETER * parameters + int(COPIES_OF_CORPORA * texts)
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise UsageError(
            f"{folder}: too little space on the disk: {free / 1e6:,.0f} MB are free, and this retraining writes about "
            f"{needed / 1e6:,.0f} MB. Make room, or choose another folder with --output."
        )


def settled(config: TrainConfig, epoch_steps: int, given: Collection[str]) -> TrainConfig:
    """Warm-up and the steps between validations by the length of the run, but for settings whose names are `given`."""
    if "warmup_steps" not in given:
        warmup = round(WARMUP_PART * epoch_steps * config.epochs)
        config = replace(config, warmup_steps=max(1, min(MOST_WARMUP, warmup)))
    if "validate_every_steps" not in given:
        config = replace(config, validate_every_steps=max(1, epoch_steps // VALIDATIONS_PER_EPOCH))
    return config


def steps_per_epoch(sample: EncodedPairs, pairs: int, batch_tokens: int) -> int:
    """About the batches that `pairs` pairs like those of `sample` make."""
    from nlp.batching import plan_batches

    return max(1, round(len(plan_batches(sample, batch_tokens, 0, 0)) * pairs / max(1, len(sample))))


def count_pairs(path: Path) -> int:
    """The pairs of a prepared file; 0 where there is no such file."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(1 for _ in file)


def encoded_sample(files: Sequence[Path], grown: Parent) -> EncodedPairs:
    """The first pairs of prepared files as the network reads them, of each file as many as its part in all pairs."""
    counts = [count_pairs(file) for file in files]
    first: list[Pair] = []
    for file, count in zip(files, counts, strict=True):
        first += islice(read_prepared(file), math.ceil(SAMPLED_PAIRS * count / max(1, sum(counts))))
    return encode_pairs(grown.tokenizer, first, grown.config.model, grown.info.task)


def forecast_lines(data: Path, replay: Path, request: Retraining, grown: Parent) -> list[str]:
    """Time and memory, from measurements on this machine.

    New pairs are prepared in `data`, and old ones in `replay`, which need not be there.
    """
    from nlp.generator import TextGenerator

    new, old, others = split_path(data, "train"), split_path(replay, "train"), request.settings.practice_pairs
    new_pairs, replayed = count_pairs(new), count_pairs(old)
    taught = round(request.settings.taught_share * new_pairs) if request.recipe.task == "headlines" else 0
    held_out = [count_pairs(split_path(folder, "test")) for folder in (data, replay)]
    written = taught + 2 * others + sum(min(count, request.settings.test_pairs) for count in held_out)
    sources = [pair.turns for pair in islice(read_prepared(new), MEASURED_SOURCES)]
    per_source = _seconds_per_source(TextGenerator.load(request.parent.info.path), sources)
    sample = encoded_sample([new, old] if replayed else [new], grown)
    pairs = new_pairs + taught + others + replayed
    seconds, memory = _training(sample, pairs, request.recipe.train, grown.config.model)
    limit = request.recipe.train.max_minutes
    return [
        f"Pairs to learn from: {new_pairs:,} new, {taught:,} of them taught by the parent too, {others:,} others "
        f"that it writes for{f', and at most {replayed:,} replayed' if replayed else ''}.",
        f"The parent's teaching, and its outputs to compare with: about {duration(per_source * written)}.",
        f"Training: {request.recipe.train.epochs} epochs of about "
        f"{steps_per_epoch(sample, pairs, request.recipe.train.batch_tokens):,} steps, about {duration(seconds)} here"
        f"{f' ({limit:g} minutes at most)' if limit else ''}; it may stop early.",
        f"Memory: about {memory / 1000:.1f} GB. Language: {LANGUAGE_NAMES[request.recipe.language]}.",
    ]


def _seconds_per_source(parent: TextGenerator, sources: Sequence[tuple[str, ...]]) -> float:
    parent.generate(sources[:2])  # what is loaded with the first call
    started = time.monotonic()
    parent.generate(sources)
    return (time.monotonic() - started) / max(1, len(sources))


def _training(sample: EncodedPairs, pairs: int, config: TrainConfig, model: ModelConfig) -> tuple[float, float]:
    """Seconds and megabytes of the training."""
    from nlp.batching import make_batch, plan_batches
    from nlp.training import compile_model
    from nlp.training.estimate import megabytes
    from nlp.training.precision import dtypes_in_hardware, pairs_per_second

    plans = plan_batches(sample, config.batch_tokens, 0, 0)
    middle = sorted(plans, key=lambda plan: plan.source_length + plan.target_length)[len(plans) // 2]
    dtype = dtypes_in_hardware()[-1] if config.dtype == "auto" else config.dtype
    speed = pairs_per_second(compile_model(model, config, dtype), make_batch(sample, middle))
    return pairs * config.epochs / speed, megabytes(model, config, model.parameters, plans)
