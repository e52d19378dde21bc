"""The first stages of a training: corpora to pairs, pairs to a tokenizer. Both come from the cache where they can."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import chain

import click

from corpora import Problem, prepare, read_prepared
from corpora.prepared import split_path
from nlp.errors import UsageError
from nlp.tags import tag
from nlp.text import normalize
from nlp.tokenizers import Tokenizer, load_tokenizer, train_tokenizer
from scripts.preparation_cache import cache_key, fetch, store
from scripts.recipe import Recipe
from scripts.run_folder import RunFolder

SHOWN_PROBLEMS = 5
"""Unusable lines named one by one; the report counts all."""


def prepare_pairs(run: RunFolder, recipe: Recipe) -> None:
    """Fill `run.data`.

    Raises:
        CorpusError: a corpus cannot be read.
        UsageError: too little is left to train and to measure with.
    """
    if run.report.exists():
        click.echo(f"Pairs: as prepared before in {run.data}.")
        return
    for source in recipe.corpora:
        if not source.path.exists():  # before the cache reads it, which has no words for that
            prepare(recipe.corpora, recipe.prepare, run.data, normalize, lambda problem: None)
    settings = [(source.path.name, *_settings(source)) for source in recipe.corpora]
    files = [file for source in recipe.corpora for file in source.files()]
    key = "pairs-" + cache_key(settings, recipe.prepare, files=files)
    if fetch(key, run.data):
        counts = json.loads(run.report.read_text(encoding="utf8"))["counts"]
        figures = ", ".join(f"{split} {count:,}" for split, count in counts.items())
        click.echo(f"Pairs: as prepared before from the same corpora in the same way: {figures}.")
        return
    _prepare_anew(run, recipe)
    store(key, run.data)


def _settings(source: object) -> list[object]:
    return [value for name, value in sorted(vars(source).items()) if name != "path"]


def _prepare_anew(run: RunFolder, recipe: Recipe) -> None:
    click.echo(f"Reading {len(recipe.corpora)} corpus file{'s' if len(recipe.corpora) > 1 else ''} ...")
    prepared = prepare(recipe.corpora, recipe.prepare, run.data, normalize, problem_teller())
    for split in ("validation", "test"):
        if not prepared.counts[split]:
            raise UsageError(
                "\n".join(prepared.lines())
                + f"\nTraining needs {split} pairs to measure itself with. Give more data, or "
                f"raise split.{split}_share (dialogue: or lower split.block_lines), for instance with --set."
            )
    run.report.write_text(json.dumps(prepared.as_dict(), ensure_ascii=False, indent=2) + "\n", encoding="utf8")
    click.echo("\n".join(prepared.lines()))


def problem_teller() -> Callable[[Problem], None]:
    """What names the first unusable lines of a preparation, each with its place."""
    shown = iter(range(SHOWN_PROBLEMS))

    def tell(problem: Problem) -> None:
        if next(shown, None) is not None:
            click.echo(f"  left out: {problem}", err=True)

    return tell


def prepare_tokenizer(run: RunFolder, recipe: Recipe) -> Tokenizer:
    """The tokenizer of the run, trained on its training pairs."""
    if run.tokenizer.exists():
        return load_tokenizer(run.tokenizer)
    key = "tokenizer-" + cache_key(recipe.tokenizer, recipe.model.tags, files=[split_path(run.data, "train")])
    partial = run.root / "tokenizer.partial"
    shutil.rmtree(partial, ignore_errors=True)
    if not fetch(key, partial):
        click.echo(f"Training the tokenizer ({recipe.tokenizer.kind}, up to {recipe.tokenizer.vocab_size:,} ids) ...")
        tokenizer = train_tokenizer(recipe.tokenizer, tokenizer_texts(run, tags=recipe.model.tags))
        partial.mkdir()
        tokenizer.save(partial)
        store(key, partial)
    partial.rename(run.tokenizer)
    return load_tokenizer(run.tokenizer)


def tokenizer_texts(run: RunFolder, *, tags: bool) -> Iterator[str]:
    """Sources and targets of the training pairs, as a tokenizer is given them."""
    pairs = read_prepared(split_path(run.data, "train"))
    texts = chain.from_iterable((*pair.turns, pair.target) for pair in pairs)
    return (tag(text).text for text in texts) if tags else texts
