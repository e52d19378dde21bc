"""The stage of a training that learns: pairs and texts to ids, pretraining, the loop, and what is said about it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click
import numpy as np

from corpora import read_prepared
from corpora.prepared import split_path
from nlp.config import ModelConfig, TrainConfig
from nlp.encoding import EncodedPairs, encode_pairs
from nlp.errors import UsageError
from nlp.health import DataShares, Finding, ValidationOutputs, check_health
from nlp.pretraining import encode_texts, split_off
from nlp.tokenizers import Tokenizer
from nlp.training import TrainingRun, greedy_outputs, load_weights, read_header, trained_model
from nlp.training.checkpoint import newest_whole
from nlp.training.compiled import know_frequencies
from nlp.training.estimate import DataFacts, megabytes, warnings
from nlp.vectors import read_vectors
from scripts.recipe import Recipe
from scripts.run_folder import RunFolder
from scripts.training_curves import write_curves
from scripts.training_history import read_history
from scripts.training_log import TrainingLog, known_text

FEW_VALIDATION_PAIRS = 50
HEALTH_PAIRS = 200
"""Validation sources that the finished network writes for, to be judged."""
PRETRAINING_SHARE = 0.01
"""Part of the texts that pretraining is validated on."""


@dataclasses.dataclass(frozen=True)
class Start:
    """What a training begins with that is no first one, in place of random weights and the pairs of its run."""

    pairs: Path
    """Folder of the training and validation pairs."""
    initialize: Callable[[Any], None]
    """Puts weights into the fresh network."""
    words: str
    """Says what `initialize` does; a run is resumed only where they are the same."""


def fit(run: RunFolder, recipe: Recipe, tokenizer: Tokenizer, *, resume: bool, start: Start | None = None) -> None:
    """Train the network of `recipe` in `run`, and say before, during and after what there is to know."""
    data = start.pairs if start else run.data
    model_config = dataclasses.replace(recipe.model, vocab_size=tokenizer.vocab_size)

    train = encode_pairs(
        tokenizer,
        read_prepared(split_path(data, "train")),
        model_config,
        recipe.task,
        style_dropout=recipe.train.style_dropout,
        lower_case_share=recipe.train.lower_case_share,
        context_dropout=recipe.train.context_dropout,
        seed=recipe.train.seed,
    )
    held_out = islice(read_prepared(split_path(data, "validation")), recipe.train.max_validation_pairs)
    validation = encode_pairs(tokenizer, held_out, model_config, recipe.task)
    if start:
        initialize, beginning = start.initialize, start.words
    else:
        initialize, beginning = _beginning(run, recipe, model_config, tokenizer, train, resume=resume)
    with TrainingLog(run.root, tokenizer, validation, resume=resume) as log:
        training = TrainingRun(run.root, model_config, recipe.train, train, validation, log.add, initialize, beginning)
        facts = _say_before(training)
        _run(training, run.root, resume=resume)
    _say_after(run, recipe, training, facts, tokenizer)


def _run(training: TrainingRun, place: Path, *, resume: bool) -> None:
    try:
        training.fit(resume=resume)
    except KeyboardInterrupt:
        saved = newest_whole(training.latest)
        state = f"the state after step {read_header(saved)[0].step:,} is saved" if saved else "nothing was learned yet"
        click.echo(f"\nStopped; {state}. Go on with the same command and --resume (the run is in {place}).", err=True)
        raise


def _beginning(
    run: RunFolder, recipe: Recipe, model: ModelConfig, tokenizer: Tokenizer, train: EncodedPairs, *, resume: bool
) -> tuple[Callable[[Any], None], str]:
    """What the network begins with besides random weights, and words for it."""
    if recipe.pretrain.task != "none":
        checkpoint = _pretrain(run, recipe, model, tokenizer, resume=resume)
        return lambda network: _take_over(network, checkpoint, train), f"pretrained {recipe.pretrain}"
    if recipe.train.word_vectors:
        path = Path(recipe.train.word_vectors)
        return lambda network: _fill_table(network, path, tokenizer, train), f"word vectors {path.name}"
    return lambda _: None, ""


def _take_over(network: Any, checkpoint: Path, train: EncodedPairs) -> None:
    load_weights(checkpoint, network)
    know_frequencies(network, train)  # the texts that it was pretrained on use other words more


def _fill_table(network: Any, path: Path, tokenizer: Tokenizer, train: EncodedPairs) -> None:
    table = np.array(network.embedding.embeddings, np.float32)
    counts = np.bincount(np.concatenate([train.source_ids, train.target_ids]), minlength=len(table))[: len(table)]
    click.echo("\n".join(read_vectors(path, tokenizer, table, counts).lines()))
    network.embedding.embeddings.assign(table)


def _pretrain(run: RunFolder, recipe: Recipe, model: ModelConfig, tokenizer: Tokenizer, *, resume: bool) -> Path:
    """The checkpoint of a pretrained network."""
    folder, settings = run.root / "pretraining", recipe.pretrain
    assert settings.task != "none"
    encoded = encode_texts(
        tokenizer,
        _texts(run, settings.texts),
        task=settings.task,
        max_tokens=model.max_source_tokens,
        noise=settings.noise,
        seed=recipe.train.seed,
    )
    if len(encoded) < 2:
        raise UsageError(
            f"Pretraining found {len(encoded)} texts with words in them and needs more; see pretrain.texts, or set "
            "pretrain.task = 'none'."
        )
    held_out = max(1, min(round(PRETRAINING_SHARE * len(encoded)), recipe.train.max_validation_pairs))
    config = dataclasses.replace(
        recipe.train,
        epochs=settings.epochs,
        max_minutes=settings.max_minutes,
        own_words="none",
        source_dropout=0.0,
        word_vectors="",
    )
    train, validation = split_off(encoded, held_out)
    what = "to write a text again after reading it" if settings.task == "autoencoder" else "as a language model"
    click.echo(f"Pretraining {what}, on {len(train):,} texts:")
    folder.mkdir(parents=True, exist_ok=True)
    with TrainingLog(folder, tokenizer, validation, resume=resume) as log:
        training = TrainingRun(folder, model, config, train, validation, log.add)
        _run(training, run.root, resume=resume)
    return training.best


def _texts(run: RunFolder, files: tuple[str, ...]) -> Iterator[str]:
    if not files:
        return chain.from_iterable(pair.turns for pair in read_prepared(split_path(run.data, "train")))
    return chain.from_iterable(map(_lines, files))


def _lines(file: str) -> Iterator[str]:
    try:
        with open(file, encoding="utf8", errors="replace") as lines:
            yield from lines
    except OSError as error:
        raise UsageError(f"{file}: this file of [pretrain] texts cannot be read ({error.strerror}).") from None


def _say_before(training: TrainingRun) -> DataFacts:
    """Data facts, size, and settings that will not work."""
    plans = training.plan(0)
    facts = DataFacts.of(training.train, plans, training.model_config)
    config: TrainConfig = training.config
    parameters = training.model_config.parameters
    memory = megabytes(training.model_config, config, parameters, plans)
    limit = f", at most {config.max_minutes:g} minutes" if config.max_minutes else ""
    click.echo("\n".join(facts.lines()))
    epochs = f"{config.epochs} epoch{'s' if config.epochs > 1 else ''}"
    click.echo(
        f"Training {parameters:,} parameters: {epochs} of about {len(plans):,} steps"
        f"{limit}; about {memory / 1000:.1f} GB of memory; validating on {len(training.validation):,} pairs."
    )
    rows = int(np.median([plan.rows for plan in plans]))
    for warning in warnings(facts, training.model_config, config, training.total_steps, rows):
        click.echo(f"Warning: {warning}", err=True)
    if len(training.validation) < FEW_VALIDATION_PAIRS:
        click.echo(
            f"Warning: {len(training.validation)} validation pairs are too few to choose the best state by. Give more "
            "data, or raise split.validation_share.",
            err=True,
        )
    return facts


def _say_after(run: RunFolder, recipe: Recipe, training: TrainingRun, facts: DataFacts, tokenizer: Tokenizer) -> None:
    """Curves, and a health check in words."""
    history = read_history(run.log)
    pictures = write_curves(run.log, run.root)
    model, validation = trained_model(training.best, training.model_config), training.validation
    indices = range(min(HEALTH_PAIRS, len(validation)))
    sources = [validation.source(index).tolist() for index in indices]
    written = greedy_outputs(model, sources, training.model_config.max_target_tokens)
    outputs = ValidationOutputs(
        sources=[known_text(tokenizer, ids) for ids in sources],
        references=[known_text(tokenizer, validation.target(index).tolist()) for index in indices],
        outputs=[known_text(tokenizer, ids) for ids in written],
        language=recipe.language,
    )
    shares = DataShares(facts.unknown, facts.cut, facts.too_long / (facts.pairs + facts.too_long))
    findings = check_health(history, outputs, shares)
    _tell_health(findings)
    record = [dataclasses.asdict(finding) for finding in findings]
    (run.root / "health.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf8")
    click.echo(f"Curves: {', '.join(str(picture) for picture in pictures)}.")


def _tell_health(findings: tuple[Finding, ...]) -> None:
    click.echo("Health check, of what the network writes by itself, without beam or rules:")
    for finding in findings:
        if finding.severity != "fine":
            click.echo(f"  {finding.severity}: {finding.message}")
    fine = [finding.kind for finding in findings if finding.severity == "fine"]
    click.echo(f"  fine: {', '.join(fine) or 'nothing'}.")
