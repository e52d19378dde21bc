"""`kuaizui retrain --from BUNDLE --corpus FILE`: new texts in, a better model out, the old skill kept.

kuaizui retrain --from headlines-en --corpus mine.tsv --dry-run
kuaizui retrain --from headlines-en --corpus mine.tsv -o runs/mine
kuaizui models promote runs/mine

The stages are those of `train` with three before the training: the vocabulary grows, the parent teaches, the pairs are
mixed. After an interruption, `--resume` goes on with the stage it was in. The parent is only ever read.
"""

from __future__ import annotations

import dataclasses
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nlp.errors import UsageError
from scripts.preparation import prepare_pairs
from scripts.retraining_estimate import (
    count_pairs,
    encoded_sample,
    forecast_lines,
    require_room,
    settled,
    steps_per_epoch,
)
from scripts.retraining_request import Retraining, read_request
from scripts.run_folder import RunFolder
from scripts.train import open_run
from scripts.training_libraries import load_training_libraries, require_training_libraries
from scripts.versions import installed_versions

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(name="retrain")
@click.option("--from", "bundle", required=True, metavar="BUNDLE", help="A model's name or folder, or that of its run.")
@click.option("--corpus", "corpora", multiple=True, required=True, type=_FILE, help="New texts; may be given often.")
@click.option("--replay", multiple=True, type=_FILE, help="Old pairs, to be learned again; may be given often.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the run; default runs/NAME-retrained.")
@click.option("--resume", is_flag=True, help="Go on with the run in that folder.")
@click.option("--overwrite", is_flag=True, help="Throw away the run in that folder and start anew.")
@click.option("--dry-run", is_flag=True, help="Say what would be learned, and what it would take; write nothing.")
@click.option("--set", "changes", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a setting.")
def command(
    bundle: str,
    corpora: tuple[Path, ...],
    replay: tuple[Path, ...],
    output: Path | None,
    resume: bool,
    overwrite: bool,
    dry_run: bool,
    changes: tuple[str, ...],
) -> None:
    """Teach a model new texts.

    --set changes settings of the sections cleaning, split, train, search and retrain, such as train.max_minutes=15.
    """
    require_training_libraries("Retraining")
    request = read_request(bundle, corpora, replay, changes)
    run = RunFolder(output or Path("runs") / request.recipe.name)
    _require_elsewhere(run, request)
    require_room(run.root, request.parent.info.parameters, [*request.recipe.corpora, *request.replay])
    if dry_run:
        _rehearse(request)
        return
    if open_run(run, request.recipe, resume=resume, overwrite=overwrite):
        run.write_record(
            {
                "name": (output.resolve().name if output else "") or request.recipe.name,
                "task": request.recipe.task,
                "language": request.recipe.language,
                "command": retrain_command(request.parent.info.name, corpora, replay, changes),
                "recipe": request.recipe.values,
                "parent": {"name": request.parent.info.name, "sha256": request.digest, "origin": request.origin},
                "versions": installed_versions(),
            }
        )
    retrain_run(run, request, resume=resume)


def retrain_command(parent: str, corpora: Sequence[Path], replay: Sequence[Path], changes: Sequence[str]) -> str:
    """The command that starts such a retraining, as others may read it: files by name, without their folders."""
    arguments = ["kuaizui", "retrain", "--from", parent]
    for option, files in (("--corpus", corpora), ("--replay", replay)):
        for file in files:
            arguments += [option, file.name]
    for change in changes:
        arguments += ["--set", change]
    return shlex.join(arguments)


def _require_elsewhere(run: RunFolder, request: Retraining) -> None:
    """See that the run does not write over its parent.

    Raises:
        UsageError: it would.
    """
    parent = request.parent.info.path.resolve()
    if parent.is_relative_to(run.root.resolve()):
        raise UsageError(f"{run.root}: the parent model lies in this folder; choose another one with --output.")


def _rehearse(request: Retraining) -> None:
    """Say all that is known before a retraining, and leave nothing behind."""
    from nlp.growth import grow_parent
    from scripts.retraining_stages import REPLAY, grow_for, replayed, require_readable

    with tempfile.TemporaryDirectory() as scratch:
        run = RunFolder(Path(scratch) / "run")
        prepare_pairs(run, request.recipe)
        require_readable(run, request.parent)
        grown = grow_parent(request.parent, grow_for(run, request))
        replayed(run, request)
        load_training_libraries()
        click.echo("\n".join(forecast_lines(run.data, run.root / REPLAY, request, grown)))
    click.echo("Nothing was written. Leave --dry-run out to begin.")


def retrain_run(run: RunFolder, request: Retraining, *, resume: bool) -> None:
    """Run all stages in `run`."""
    prepare_pairs(run, request.recipe)
    from scripts.remembering import keep_memory
    from scripts.retraining_stages import (
        MIXED,
        grow,
        have_answered,
        have_taught,
        make_probe,
        mix,
        replayed,
        require_readable,
    )

    require_readable(run, request.parent)
    keep_memory(run, request.parent.info.path)
    grown, growth = grow(run, request)
    probe = make_probe(run, request)
    have_taught(run, request)
    replayed(run, request)
    have_answered(run, request)
    counts = mix(run, request, probe)

    load_training_libraries()
    from nlp.growth import give_weights
    from scripts.export import export_run
    from scripts.fitting import Start, fit
    from scripts.retraining_scoreboard import Judge

    mixed = run.root / MIXED
    pairs = mixed / "train.jsonl"
    batches = steps_per_epoch(encoded_sample([pairs], grown), count_pairs(pairs), request.recipe.train.batch_tokens)
    train = settled(request.recipe.train, batches, request.recipe.values["train"].keys())
    recipe = dataclasses.replace(request.recipe, model=grown.config.model, train=train)
    steps = {"warmup_steps": train.warmup_steps, "validate_every_steps": train.validate_every_steps}
    _record(run, growth, {"steps": steps, "retraining": {"pairs": counts}})

    words = f"grown from {request.digest}"
    start = Start(mixed, lambda network: give_weights(grown, network), words)
    fit(run, recipe, grown.tokenizer, resume=resume, start=start)
    judge = Judge(run)
    export_run(run, run.bundle, complete=judge)
    judge.conclude(run.bundle)
    click.echo(f"To use it as {request.origin}: kuaizui models promote {run.root}")


def _record(run: RunFolder, growth: dict[str, int], more: dict[str, Any]) -> None:
    """Add to run.json what became known; what was said of the growth when it happened stays."""
    record = run.read_record()
    known = record.get("retraining", {}).get("growth", growth)
    run.write_record({**record, **more, "retraining": {**more["retraining"], "growth": known}})
