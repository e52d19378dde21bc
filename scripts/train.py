"""`kuaizui train RECIPE`: corpora in, a measured model folder out.

A run has five stages, each of which says what it does: prepare the corpora, train the tokenizer, train the network,
export it, evaluate what was exported. After an interruption, `--resume` goes on with the stage it was in.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

from corpora import Pair, Problem, prepare, read_prepared
from corpora.prepared import split_path
from nlp.config import ModelConfig
from nlp.errors import UsageError
from nlp.text import normalize
from nlp.tokenizers import Tokenizer, load_tokenizer, train_tokenizer
from scripts.recipe import Recipe, find_recipe, read_recipe
from scripts.run_folder import RunFolder
from scripts.training_libraries import require_training_libraries
from scripts.training_log import TrainingLog
from scripts.versions import installed_versions

SHOWN_PROBLEMS = 5
"""Unusable lines named one by one; the report counts all."""


@click.command(name="train")
@click.argument("recipe")
@click.option("--set", "changes", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a value of the recipe.")
@click.option(
    "--corpora",
    "corpora_directory",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder that ${KUAIZUI_CORPORA} stands for in recipes.",
)
@click.option(
    "--corpus",
    "corpus_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Train on this file instead of the recipe's corpora; may be given several times.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the run; default runs/NAME.")
@click.option("--resume", is_flag=True, help="Go on with the run in that folder.")
@click.option("--overwrite", is_flag=True, help="Throw away the run in that folder and start anew.")
def command(
    recipe: str,
    changes: tuple[str, ...],
    corpora_directory: Path | None,
    corpus_files: tuple[Path, ...],
    output: Path | None,
    resume: bool,
    overwrite: bool,
) -> None:
    """Train a model from RECIPE: the name of one that comes with Kuaizui, or a .toml file.

    The model is called as the folder of --output, where that is given, or as the recipe.
    """
    require_training_libraries("Training")
    chosen = read_recipe(find_recipe(recipe), changes, corpus_files, corpora_directory)
    run = RunFolder(output or Path("runs") / chosen.name)
    if _open_run(run, chosen, resume=resume, overwrite=overwrite):
        run.write_record(
            {
                "name": (output.resolve().name if output else "") or chosen.name,
                "task": chosen.task,
                "language": chosen.language,
                "command": train_command(recipe, corpus_files, changes),
                "recipe": chosen.values,
                "versions": installed_versions(),
            }
        )
    train_run(run, chosen, resume=resume)


def train_command(recipe: str, corpus_files: Sequence[Path], changes: Sequence[str]) -> str:
    """The command that starts such a training, as others may read it: files by name, without their folders."""
    arguments = ["kuaizui", "train", Path(recipe).name]
    for file in corpus_files:
        arguments += ["--corpus", file.name]
    for change in changes:
        arguments += ["--set", change]
    return shlex.join(arguments)


def _open_run(run: RunFolder, recipe: Recipe, *, resume: bool, overwrite: bool) -> bool:
    """Make the folder ready; whether the run is a new one, to be recorded.

    Raises:
        UsageError: what lies in the folder forbids it.
    """
    if resume and overwrite:
        raise UsageError("--resume goes on with a run and --overwrite throws it away; give one of them.")
    if run.holds_run():
        if overwrite:
            run.read_record()  # or the file is none of ours, and neither is the rest
            run.clear(keep=[source.path for source in recipe.corpora])
        elif not resume:
            raise UsageError(
                f"{run.root} already holds a run. Go on with --resume, start anew with --overwrite, or "
                "choose another folder with --output."
            )
        elif run.read_record()["recipe"] != json.loads(json.dumps(recipe.values)):
            raise UsageError(
                f"{run.root}: the run there was started with another recipe or other --set values. "
                "Resume with the same ones, or start anew in another --output folder."
            )
        else:
            return False
    else:
        run.require_free()
        if resume:
            raise UsageError(f"{run.root}: there is no run to go on with here; check --output, or leave --resume out.")
    return True


def train_run(run: RunFolder, recipe: Recipe, *, resume: bool) -> None:
    """Run all stages in `run`."""
    _prepare(run, recipe)
    tokenizer = _tokenizer(run, recipe)
    model_config = dataclasses.replace(recipe.model, vocab_size=tokenizer.vocab_size)
    _fit(run, recipe, model_config, tokenizer, resume=resume)
    from scripts.export import export_run  # Keras and ONNX: not needed to read the corpora

    export_run(run, run.bundle)


def _prepare(run: RunFolder, recipe: Recipe) -> None:
    if run.report.exists():
        click.echo(f"Pairs: as prepared before in {run.data}.")
        return
    click.echo(f"Reading {len(recipe.corpora)} corpus file{'s' if len(recipe.corpora) > 1 else ''} ...")
    shown = iter(range(SHOWN_PROBLEMS))

    def tell(problem: Problem) -> None:
        if next(shown, None) is not None:
            click.echo(f"  left out: {problem}", err=True)

    prepared = prepare(recipe.corpora, recipe.prepare, run.data, normalize, tell)
    for split in ("validation", "test"):
        if not prepared.counts[split]:
            raise UsageError(
                "\n".join(prepared.lines())
                + f"\nTraining needs {split} pairs to measure itself with. Give more data, or "
                f"raise split.{split}_share (dialogue: or lower split.block_lines), for instance with --set."
            )
    run.report.write_text(json.dumps(prepared.as_dict(), ensure_ascii=False, indent=2) + "\n", encoding="utf8")
    click.echo("\n".join(prepared.lines()))


def _tokenizer(run: RunFolder, recipe: Recipe) -> Tokenizer:
    if run.tokenizer.exists():
        return load_tokenizer(run.tokenizer)
    click.echo(f"Training the tokenizer ({recipe.tokenizer.kind}, {recipe.tokenizer.vocab_size} ids) ...")
    tokenizer = train_tokenizer(recipe.tokenizer, _texts(run))
    partial = run.root / "tokenizer.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    tokenizer.save(partial)
    partial.rename(run.tokenizer)
    return tokenizer


def _texts(run: RunFolder) -> Iterator[str]:
    return chain.from_iterable((*pair.turns, pair.target) for pair in read_prepared(split_path(run.data, "train")))


def _fit(run: RunFolder, recipe: Recipe, model_config: ModelConfig, tokenizer: Tokenizer, *, resume: bool) -> None:
    # TensorFlow prints pages about the processor unless told not to before it is imported.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from nlp.encoding import EncodedPairs, encode_pairs
    from nlp.training import TrainingRun

    def encode(pairs: Iterator[Pair]) -> EncodedPairs:
        return encode_pairs(
            tokenizer,
            pairs,
            task=recipe.task,
            max_source_tokens=model_config.max_source_tokens,
            max_target_tokens=model_config.max_target_tokens,
        )

    train = encode(read_prepared(split_path(run.data, "train")))
    held_out = list(read_prepared(split_path(run.data, "validation")))[: recipe.train.max_validation_pairs]
    validation = encode(iter(held_out))
    if train.too_long:
        click.echo(
            f"{train.too_long:,} training pairs are left out: their target is longer than "
            f"{model_config.max_target_tokens} tokens."
        )
    with TrainingLog(run.log, resume=resume) as log:
        training = TrainingRun(run.root, model_config, recipe.train, train, validation, log.add)
        log.start(training)
        try:
            training.fit(resume=resume)
        except KeyboardInterrupt:
            click.echo(f"\nStopped; the state is saved. Go on with: kuaizui train ... -o {run.root} --resume", err=True)
            raise
