"""`kuaizui reading`: outputs read by people (or other readers) who do not know which system wrote what.

kuaizui reading make --model headlines-en --corpus test.jsonl -o sheet
... fill in the last columns of sheet/sheet.tsv with y or n ...
kuaizui reading score sheet
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from corpora.pairs import Pair
from corpora.readers import read_records
from nlp.errors import UsageError
from scripts.generators import Generator, chosen_loader

if TYPE_CHECKING:
    from nlp.config import Language

QUESTIONS = {"headlines": ("acceptable", "wrong_fact"), "dialogue": ("sensible", "specific")}
"""What a reader says of each text, y or n: could it stand above the article; does it say what the article does not;
does it make sense after what was said; does it fit this and not just anything."""
SHEET, KEY, READ, REPORT = "sheet.tsv", "key.json", "read.tsv", "report.json"
SYSTEMS = {"headlines": ("model", "reference", "lead"), "dialogue": ("model", "random")}
"""Whose texts lie on a sheet. `lead` is the beginning of the article, `random` a reply to something else."""


@dataclass(frozen=True)
class Item:
    """One text to judge."""

    source: str
    text: str
    system: str


@click.group("reading")
def command() -> None:
    """Have outputs read blind: make a sheet, fill it in, count what was said."""


@command.command("make")
@click.option("--model", required=True, metavar="NAME|DIR", help="A model that comes with Kuaizui, or a model folder.")
@click.option(
    "--corpus",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sources and references that the model was not trained on.",
)
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True, help="Sources to draw.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A new folder.")
def make(model: str, corpus: Path, count: int, seed: int, output: Path) -> None:
    """Write DIR/sheet.tsv, shuffled and without the systems' names, and DIR/key.json, which readers leave closed."""
    generator = chosen_loader(0)(model)
    pairs = list(dict.fromkeys(record.pair for record in read_records(corpus)))
    draw = random.Random(seed)
    chosen = draw.sample(pairs, min(count, len(pairs)))
    items = list(_items(generator, chosen, draw))
    draw.shuffle(items)
    try:
        output.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{output}: this folder is there already; a sheet is never written over.") from None
    questions = QUESTIONS[generator.task]
    rows = [[str(number), item.source, item.text, *("" for _ in questions)] for number, item in enumerate(items, 1)]
    _write(output / SHEET, ("item", "source", "text", *questions), rows)
    key = {"task": generator.task, "model": model, "corpus": corpus.name, "seed": seed}
    values = {**key, "systems": [item.system for item in items]}
    (output / KEY).write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    click.echo(
        f"{len(items)} texts are in {output / SHEET}. Write y or n into the columns {' and '.join(questions)}, then: "
        f"kuaizui reading score {output}"
    )


def _items(generator: Generator, pairs: Sequence[Pair], draw: random.Random) -> Iterator[Item]:
    generations = generator.generate([pair.turns for pair in pairs])
    outputs = [each.candidates[0].text if each.candidates else "" for each in generations]
    others = list(_others(generator, pairs, draw))
    for pair, *texts in zip(pairs, outputs, *others, strict=True):
        for system, text in zip(SYSTEMS[generator.task], texts, strict=True):
            yield Item(" | ".join(pair.turns), text, system)


def _others(generator: Generator, pairs: Sequence[Pair], draw: random.Random) -> Iterator[list[str]]:
    references = [pair.target for pair in pairs]
    if generator.task == "dialogue":
        shift = draw.randrange(1, max(2, len(pairs)))
        yield [*references[shift:], *references[:shift]]
        return
    from nlp.metrics import best_lead_length, lead
    from nlp.text import script_language

    language: Language = script_language(" ".join(references))
    sources = [pair.turns[-1] for pair in pairs]
    length = best_lead_length(sources, references, language)
    yield references
    yield [lead(source, length, language) for source in sources]


@command.command("score")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
def score(folder: Path) -> None:
    """Count the answers in DIR/sheet.tsv for each system; writes DIR/read.tsv, with names, and DIR/report.json."""
    try:
        key = json.loads((folder / KEY).read_text(encoding="utf8"))
        systems = list(key["systems"])
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{folder / KEY}: this is not the key of a sheet ({error}); make the sheet anew.") from None
    questions, rows = QUESTIONS[key["task"]], _read(folder / SHEET)
    if [row.get("item") for row in rows] != [str(number) for number in range(1, len(systems) + 1)]:
        raise UsageError(
            f"{folder / SHEET}: the items must be 1 to {len(systems)}, each once, in a column `item` between tabs, as "
            "the sheet was written; only the columns of the answers are to be filled in."
        )
    answers = np.array([[_answer(row, question, folder) for question in questions] for row in rows])
    report = _report(answers, systems, questions)
    named = [
        [row["item"], system, row["source"], row["text"], *(row[question] for question in questions)]
        for row, system in zip(rows, systems, strict=True)
    ]
    _write(folder / READ, ("item", "system", "source", "text", *questions), named)
    text = json.dumps({**{k: v for k, v in key.items() if k != "systems"}, "shares": report}, indent=1)
    (folder / REPORT).write_text(text + "\n", encoding="utf8")
    for system, shares in report.items():
        parts = (f"{name} {_percent(share)}" for name, share in shares.items() if name != "texts")
        click.echo(f"{system:10} {shares['texts']} texts: {', '.join(parts)}")


def _report(answers: np.ndarray, systems: Sequence[str], questions: Sequence[str]) -> dict[str, Any]:
    from nlp.metrics.bootstrap import bootstrap_interval

    report: dict[str, Any] = {}
    for system in dict.fromkeys(sorted(systems)):
        own = answers[[each == system for each in systems]].astype(float)
        shares: dict[str, Any] = {"texts": len(own)}
        for question, column in zip(questions, own.T, strict=True):
            shares[question] = {"share": float(column.mean()), **asdict(bootstrap_interval(column))}
        report[system] = shares
    return report


def _percent(share: dict[str, float]) -> str:
    return f"{share['share']:.0%} [{share['low']:.0%}, {share['high']:.0%}]"


def _answer(row: dict[str, str], question: str, folder: Path) -> bool:
    answer = (row.get(question) or "").strip().lower()
    if answer not in ("y", "n"):
        raise UsageError(f"{folder / SHEET}: item {row.get('item')}: {question} is {answer!r}; write y or n.")
    return answer == "y"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets write a byte order mark
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    for row in (header, *rows):
        text.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
    path.write_text(text.getvalue(), encoding="utf8")
