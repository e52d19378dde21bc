"""`kuaizui train RECIPE`: corpora in, a measured model folder out.

A run has five stages, each of which says what it does: prepare the corpora, train the tokenizer, train the network,
export it, evaluate what was exported. After an interruption, `--resume` goes on with the stage it was in.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from nlp.errors import UsageError
from scripts.preparation import prepare_pairs, prepare_tokenizer
from scripts.recipe import Recipe, find_recipe, preset_names, read_recipe
from scripts.run_folder import RunFolder
from scripts.training_libraries import load_training_libraries, require_training_libraries
from scripts.versions import installed_versions

_FOLDERS = re.compile(r"(?<=[=\"'\[,])\s*(?:[A-Za-z]:|~)?[\\/](?:[^\"',\]]*[\\/])?")
"""The folder of each absolute path among the values of a change."""


FREE = {"train.patience", "train.max_validation_pairs", "train.checkpoint_minutes"}
"""Settings that a resumed run may change, besides those of the search: they decide no step."""


@click.command(name="train")
@click.argument("recipe")
@click.option("--set", "changes", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a value of the recipe.")
@click.option(
    "--preset", metavar="NAME", help=f"Sizes and settings in place of the recipe's: {', '.join(preset_names())}."
)
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
    preset: str | None,
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
    chosen = read_recipe(find_recipe(recipe), changes, corpus_files, corpora_directory, preset)
    run = RunFolder(output or Path("runs") / chosen.name)
    if open_run(run, chosen, resume=resume, overwrite=overwrite):
        run.write_record(
            {
                "name": (output.resolve().name if output else "") or chosen.name,
                "task": chosen.task,
                "language": chosen.language,
                "command": train_command(recipe, corpus_files, changes, preset),
                "recipe": chosen.values,
                "versions": installed_versions(),
            }
        )
    train_run(run, chosen, resume=resume)


def train_command(recipe: str, corpus_files: Sequence[Path], changes: Sequence[str], preset: str | None = None) -> str:
    """The command that starts such a training, as others may read it: files by name, without their folders."""
    arguments = ["kuaizui", "train", Path(recipe).name]
    if preset:
        arguments += ["--preset", preset]
    for file in corpus_files:
        arguments += ["--corpus", file.name]
    for change in changes:
        arguments += ["--set", _FOLDERS.sub("", change)]
    return shlex.join(arguments)


def open_run(run: RunFolder, recipe: Recipe, *, resume: bool, overwrite: bool) -> bool:
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
        else:
            _require_same_recipe(run, json.loads(json.dumps(recipe.values)))
            return False
    else:
        run.require_free()
        if resume:
            raise UsageError(f"{run.root}: there is no run to go on with here; check --output, or leave --resume out.")
    return True


def _require_same_recipe(run: RunFolder, values: dict[str, Any]) -> None:
    """See that a run is resumed with what it was started with; settings that change no step are taken over.

    Raises:
        UsageError: another setting differs; it is named.
    """
    record = run.read_record()
    differing = set(_differing(record["recipe"], values))
    bound = sorted(name for name in differing if name not in FREE and not name.startswith("search."))
    if bound:
        raise UsageError(
            f"{run.root}: the run there was started with another recipe or other --set values: {', '.join(bound)}. "
            "Resume with the same ones, or start anew in another --output folder."
        )
    if differing:
        run.write_record({**record, "recipe": values})


def _differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """The names of the settings that differ between two recipes, as --set writes them."""
    for key in {**then, **now}:
        one, other = then.get(key), now.get(key)
        if isinstance(one, dict) or isinstance(other, dict):
            yield from (f"{key}.{name}" for name in _differing(one or {}, other or {}))
        elif one != other:
            yield key


def train_run(run: RunFolder, recipe: Recipe, *, resume: bool) -> None:
    """Run all stages in `run`."""
    prepare_pairs(run, recipe)
    tokenizer = prepare_tokenizer(run, recipe)
    load_training_libraries()
    from scripts.export import export_run  # Keras and ONNX: not needed to read the corpora
    from scripts.fitting import fit

    fit(run, recipe, tokenizer, resume=resume)
    export_run(run, run.bundle)
