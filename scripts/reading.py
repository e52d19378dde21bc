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
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import click
import numpy as np

from nlp.errors import UsageError
from scripts.generators import chosen_loader
from scripts.reading_items import corpus_sheet, prompts_sheet

QUESTIONS = {"headlines": ("acceptable", "wrong_fact"), "dialogue": ("sensible", "specific"), "small talk": ("right",)}
"""What a reader says of each text, y or n: could it stand above the article; does it say what the article does not;
does it make sense after what was said; does it fit this and not just anything; does it do what was expected."""
SHEET, KEY, READ, REPORT = "sheet.tsv", "key.json", "read.tsv", "report.json"


@click.group("reading")
def command() -> None:
    """Have outputs read blind: make a sheet, fill it in, count what was said."""


@command.command("make")
@click.option("--model", required=True, metavar="NAME|DIR", help="A model that comes with Kuaizui, or a model folder.")
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sources and references that the model was not trained on.",
)
@click.option(
    "--prompts",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="In place of --corpus, things said to a chat model, a line each: PROMPT, or KIND, PROMPT and perhaps what is "
    "EXPECTED of the answer, between tabs. Where that is given, readers say whether the answer is right.",
)
@click.option(
    "--random-from",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --prompts: a corpus; replies drawn from it at random lie on the sheet as well.",
)
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True, help="Sources to draw.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A new folder.")
def make(
    model: str,
    corpus: Path | None,
    prompts: Path | None,
    random_from: Path | None,
    count: int,
    seed: int,
    output: Path,
) -> None:
    """Write DIR/sheet.tsv, shuffled and without the systems' names, and DIR/key.json, which readers leave closed.

    A chat model answers as in `kuaizui chat`, the rules of the chat included.
    """
    if (corpus is None) == (prompts is None) or (random_from and not prompts):
        raise UsageError("Give either --corpus FILE, or --prompts FILE, with or without --random-from FILE.")
    generator = chosen_loader(0)(model)
    draw = random.Random(seed)
    sheet = corpus_sheet(generator, corpus, count, draw) if corpus else None
    sheet = sheet or prompts_sheet(generator, cast(Path, prompts), random_from, count, draw)
    items = sheet.items
    draw.shuffle(items)
    try:
        output.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{output}: this folder is there already; a sheet is never written over.") from None
    questions = QUESTIONS[sheet.kind]
    given = ("source", "expected", "text") if sheet.kind == "small talk" else ("source", "text")
    rows = [
        [str(number), *(getattr(item, field) for field in given), *("" for _ in questions)]
        for number, item in enumerate(items, 1)
    ]
    _write(output / SHEET, ("item", *given, *questions), rows)
    key = {"task": sheet.kind, "model": model, "corpus": cast(Path, corpus or prompts).name, "seed": seed}
    values = {**key, "systems": [item.system for item in items]}
    (output / KEY).write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    click.echo(
        f"{len(items)} texts are in {output / SHEET}. Write y or n into the columns {' and '.join(questions)}, then: "
        f"kuaizui reading score {output}"
    )


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
    columns = [column for column in ("source", "expected", "text", *questions) if column in rows[0]]
    named = [
        [row["item"], system, *(row[column] for column in columns)] for row, system in zip(rows, systems, strict=True)
    ]
    _write(folder / READ, ("item", "system", *columns), named)
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
