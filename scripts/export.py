"""`kuaizui export RUN`: the best checkpoint of a training run becomes a model folder, measured as it ships.

The figures in the bundle come from the exported int8 graphs with the search settings that the bundle ships, on the test
pairs of the run, which training never saw.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora import read_prepared
from corpora.prepared import split_path
from nlp import bundle
from nlp.bundle import BundleConfig, BundleInfo, BundleWriter
from nlp.config import Language, ModelConfig, SearchConfig, Task, TokenizerConfig, TrainConfig, read_config
from nlp.errors import UsageError
from nlp.tokenizers import load_tokenizer
from scripts.card import card_text
from scripts.changes import apply_change
from scripts.remembering import write_memory
from scripts.run_folder import RunFolder
from scripts.training_libraries import load_training_libraries, require_training_libraries
from scripts.versions import installed_versions

if TYPE_CHECKING:
    from nlp.evaluation import Evaluation, Example
    from nlp.generator import TextGenerator
    from nlp.model import Seq2Seq

Completion = Callable[["TextGenerator", Path], str]
"""Told of the exported model and the folder of its files; returns Markdown for the card."""

AGREEMENT_PAIRS = 1_000
"""Test pairs on which int8 is compared with float32."""
CARD_SAMPLES = {"headlines": 20, "dialogue": 50}
FEWEST_OF_A_REGISTER = 50
"""Test pairs that a register needs to be measured by itself."""


@dataclass(frozen=True)
class RunSettings:
    """What of a run its bundle needs."""

    name: str
    task: Task
    language: Language
    model: ModelConfig
    tokenizer: TokenizerConfig
    train: TrainConfig
    search: SearchConfig

    @classmethod
    def of(cls, run: RunFolder, search_changes: Sequence[str] = ()) -> RunSettings:
        """The settings of a run whose tokenizer is trained, with `search.key=value` texts put in.

        Raises:
            UsageError: the folder holds no run, or a change is none of the search settings.
        """
        record = run.read_record()
        for change in search_changes:
            apply_change(record["recipe"], change, ["search"])

        def section(kind: type[Any], name: str) -> Any:
            return read_config(kind, record["recipe"].get(name, {}), f"run.json [{name}]")

        vocab_size = load_tokenizer(run.tokenizer).vocab_size
        return cls(
            name=record["name"],
            task=record["task"],
            language=record["language"],
            model=replace(section(ModelConfig, "model"), vocab_size=vocab_size),
            tokenizer=section(TokenizerConfig, "tokenizer"),
            train=replace(section(TrainConfig, "train"), **record.get("steps", {})),
            search=section(SearchConfig, "search"),
        )


@click.command(name="export")
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the model; default RUN/bundle.")
@click.option("--set", "changes", multiple=True, metavar="search.KEY=VALUE", help="Change a search setting that ships.")
@click.option(
    "--notes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Markdown that goes into the model's card: what else was measured, known failures.",
)
@click.option("--precision", type=click.Choice(["int8", "float32"]), default="int8", show_default=True)
def command(run: Path, output: Path | None, changes: tuple[str, ...], notes: Path | None, precision: str) -> None:
    """Export the best checkpoint in RUN, the folder of a training run.

    The model is called as the folder of --output, where that is given, or as the run. A retrained one is
    compared with its parent again, which need not be there any more.
    """
    require_training_libraries("Exporting")
    folder = RunFolder(run)
    if not (folder.root / "best.npz").exists():
        folder.read_record()
        raise UsageError(f"{run}: this run has no best.npz yet; it appears after the first validation.")
    text, path = notes.read_text(encoding="utf8") if notes else "", output or folder.bundle
    if not folder.read_record().get("parent"):
        export_run(folder, path, precision, changes, text)
        return
    from scripts.retraining_scoreboard import Judge

    judge = Judge(folder)
    export_run(folder, path, precision, changes, text, judge)
    judge.conclude(path)


def export_run(
    run: RunFolder,
    path: Path,
    precision: str = "int8",
    search_changes: Sequence[str] = (),
    notes: str = "",
    complete: Completion | None = None,
) -> Evaluation:
    """Write the best checkpoint of `run` as a bundle at `path`, evaluate it, and print what it can do.

    The bundle is called as its folder, or as the run where that folder is the run's own; `notes` go into its card.
    `complete` may write more files into the bundle before it is sealed.
    """
    load_training_libraries()
    from nlp.evaluation import evaluate_generator
    from nlp.onnx_export import export
    from nlp.training import trained_model
    from scripts.evaluation_tables import console, print_evaluation

    settings = RunSettings.of(run, search_changes)
    if path.resolve() != run.bundle.resolve():
        settings = replace(settings, name=path.resolve().name)
    model = trained_model(run.root / "best.npz", settings.model)
    parameters = model.count_params()
    test, validation = (_pairs(run, split) for split in ("test", "validation"))
    with BundleWriter(path) as writer:
        export(model, writer.folder, "float32" if precision == "float32" else "int8")
        load_tokenizer(run.tokenizer).save(writer.folder / bundle.TOKENIZER_FOLDER)
        writer.write_config(BundleConfig(settings.model, settings.tokenizer, settings.search))
        if settings.task == "dialogue" and settings.search.recall:
            write_memory(run, settings.search.style, writer.folder)
        generator = _generator(settings, writer.folder)
        click.echo(f"Evaluating the exported model on {len(test):,} pairs it has not seen ...")
        evaluation = evaluate_generator(generator, test, lead_pairs=validation, samples=CARD_SAMPLES[settings.task])
        metrics = replace(evaluation, samples=()).to_json()
        metrics["registers"] = _registers(run, generator, settings.model.styles)
        metrics["int8_against_float32"] = _agreement(model, settings, generator, test[:AGREEMENT_PAIRS])
        provenance = _provenance(run, settings, precision)
        if complete:
            notes = "\n\n".join(filter(None, (notes.strip(), complete(generator, writer.folder))))
        writer.write_json(bundle.METRICS_FILE, metrics)
        writer.write_json(bundle.PROVENANCE_FILE, provenance)
        card = card_text(
            settings.name, settings.task, settings.language, parameters, metrics, provenance, evaluation.samples, notes
        )
        (writer.folder / bundle.CARD_FILE).write_text(card, encoding="utf8")
        writer.finish(settings.name, settings.task, settings.language, parameters)
    print_evaluation(evaluation, console())
    click.echo(
        f"The model is in {path}{', where it replaced another' if writer.replaces else ''}. "
        f"Try it: kuaizui generate --model {path}"
    )
    return evaluation


def _pairs(run: RunFolder, split: Any) -> list[Example]:
    return [(pair.turns, pair.target) for pair in read_prepared(split_path(run.data, split))]


def _registers(run: RunFolder, generator: TextGenerator, styles: Sequence[str]) -> dict[str, Any]:
    """The evaluation of each register's own test pairs, decoded as the bundle ships: no style is asked for."""
    from nlp.evaluation import evaluate_generator

    found = {}
    for style in styles:
        test, validation = (
            [(pair.turns, pair.target) for pair in read_prepared(split_path(run.data, split)) if pair.style == style]
            for split in ("test", "validation")
        )
        if len(test) >= FEWEST_OF_A_REGISTER:
            found[style] = evaluate_generator(generator, test, lead_pairs=validation or None).to_json()
    return found


def _generator(settings: RunSettings, folder: Path) -> TextGenerator:
    """A generator over graphs that are not yet a whole bundle."""
    from nlp.engine import Engine
    from nlp.generator import TextGenerator

    info = BundleInfo(settings.name, settings.task, settings.language, 0, 0, folder)
    tokenizer = load_tokenizer(folder / bundle.TOKENIZER_FOLDER)
    return TextGenerator(info, settings.model, settings.search, tokenizer, Engine(folder, settings.model.vocab_size))


def _agreement(
    model: Seq2Seq, settings: RunSettings, shipped: TextGenerator, examples: Sequence[Example]
) -> dict[str, Any]:
    """How much the int8 graphs differ from float32 ones of the same weights, decoding greedily."""
    from nlp.engine import Engine
    from nlp.generator import TextGenerator
    from nlp.metrics import main_tokenization
    from nlp.metrics.rouge import rouge_l_scores
    from nlp.onnx_export import export

    greedy = replace(settings.search, beam_size=1, n_best=1, strategy="beam", recall=0.0)
    sources, references = [turns for turns, _ in examples], [reference for _, reference in examples]
    with tempfile.TemporaryDirectory() as folder:
        export(model, Path(folder), "float32")
        exact = TextGenerator(
            shipped.info, settings.model, greedy, shipped.tokenizer, Engine(Path(folder), settings.model.vocab_size)
        )
        outputs = [
            [
                next(iter(each.candidates)).text if each.candidates else ""
                for each in generator.generate(sources, greedy)
            ]
            for generator in (shipped, exact)
        ]
    _, tokenize = main_tokenization(settings.language)
    rouge = [float(rouge_l_scores(texts, references, tokenize).mean()) for texts in outputs]
    same = sum(a == b for a, b in zip(*outputs, strict=True))
    return {
        "examples": len(examples),
        "identical_greedy_outputs": same / max(1, len(examples)),
        "rouge_l": rouge[0],
        "rouge_l_float32": rouge[1],
    }


def _provenance(run: RunFolder, settings: RunSettings, precision: str) -> dict[str, Any]:
    from nlp.training import read_header

    record = run.read_record()
    position, facts = read_header(run.root / "best.npz")
    latest, _ = read_header(run.root / "latest.npz")
    return {
        "command": _command(record),
        "recipe": _without_folders(record["recipe"]),
        "search": asdict(settings.search),
        "data": json.loads(run.report.read_text(encoding="utf8")),
        "training": {
            "steps": latest.step,
            "pairs_learned_from": latest.pairs,
            "minutes": round(latest.elapsed_seconds / 60, 1),
            "best_step": position.step,
            "best_validation_loss": position.best_loss,
            "dtype": facts.dtype,
            "backend": facts.backend,
            "seed": settings.train.seed,
            "config": asdict(settings.train),
        },
        "precision": precision,
        "parent": record.get("parent"),
        **({"retraining": record["retraining"]} if "retraining" in record else {}),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "system": platform.system()},
        "versions": installed_versions(),
    }


def _command(record: dict[str, Any]) -> str:
    """The command that started the run, with the option that its recipe needs."""
    command = str(record.get("command", f"kuaizui train {record['name']}"))
    needed = any("${KUAIZUI_CORPORA}" in entry["path"] for entry in record["recipe"].get("corpora", []))
    return f"{command} --corpora DIR" if needed and "--corpus" not in command else command


def _without_folders(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe as it can be shown to others: files given by absolute path keep their names alone."""
    shown = {key: dict(value) if isinstance(value, dict) else value for key, value in recipe.items()}
    for files in ("corpora", "replay"):
        if files == "corpora" or files in recipe:
            shown[files] = [{**entry, "path": _file_name(entry["path"])} for entry in recipe.get(files, [])]
    if "word_vectors" in (train := shown.get("train", {})):
        train["word_vectors"] = _file_name(train["word_vectors"])
    if "texts" in (pretrain := shown.get("pretrain", {})):
        pretrain["texts"] = [_file_name(text) for text in pretrain["texts"]]
    return shown


def _file_name(path: str) -> str:
    return Path(path).name if Path(path).is_absolute() else path
