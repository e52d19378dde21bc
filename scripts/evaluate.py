"""`kuaizui evaluate`: measure a model on a corpus it was not trained on.

kuaizui evaluate --model headlines-en --corpus test.tsv --baseline-corpus validation.tsv -o metrics.json
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from corpora import Pair, Record
from corpora.readers import Columns, Problem, read_records
from nlp.errors import UsageError
from scripts.generators import chosen_loader, search_config
from scripts.search_options import SearchChoices, search_options

if TYPE_CHECKING:
    from nlp.evaluation import Evaluation, Example, Generator

SEED = 1
_SHOWN_PROBLEMS = 20


@click.command("evaluate")
@click.option("--model", required=True, metavar="NAME|DIR", help="A model that comes with Kuaizui, or a model folder.")
@click.option(
    "--corpus",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sources and references the model was not trained on: .tsv, .jsonl or .csv. Of rated chat replies, "
    "those that were liked or corrected.",
)
@click.option(
    "--baseline-corpus",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Validation set on which the lead baseline's length is chosen, and the words of a chat model's unigram "
    "baseline are counted; without it, FILE of --corpus.",
)
@click.option("--source-column", default="source", show_default=True, help="Column or key of the source.")
@click.option("--target-column", default="target", show_default=True, help="Column or key of the reference.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N records of each file.")
@click.option(
    "--draw",
    type=click.IntRange(min=1),
    metavar="N",
    help="N pairs of --corpus, drawn by a fixed seed, no two of them with the same last turn.",
)
@click.option("--register", metavar="NAME", help="Only the pairs of a .jsonl whose `style` is NAME.")
@click.option(
    "--case",
    type=click.Choice(["lower", "upper"]),
    help="Give the model its sources in lower case, or in capitals, to see what that costs.",
)
@search_options
@click.option("--threads", type=click.IntRange(0), default=0, metavar="N", help="Threads; 0 leaves it to the machine.")
@click.option(
    "-n",
    "--n",
    "--samples",
    "samples",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    help="Outputs to show beside their references.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Write all figures as JSON; for -, JSON goes to standard output, tables to standard error.",
)
@click.pass_context
def command(
    context: click.Context,
    model: str,
    corpus: Path,
    baseline_corpus: Path | None,
    source_column: str,
    target_column: str,
    limit: int | None,
    draw: int | None,
    register: str | None,
    case: str | None,
    threads: int,
    samples: int,
    output: Path | None,
    choices: SearchChoices,
) -> None:
    """Measure a model on a corpus.

    Prints ROUGE, BLEU, chrF, exact match, repetition, distinct-n, perplexity and more, with 95 % bootstrap intervals,
    for headlines beside the lead baseline (the beginning of the article). Exit code 1: some records could not be read.
    """
    from nlp.evaluation import evaluate_generator
    from nlp.metrics.libraries import require_libraries
    from scripts.evaluation_tables import console, print_evaluation, reporting

    require_libraries()
    _require_folder(output)
    problems: list[Problem] = []
    columns = Columns(source_column, target_column)

    def examples(path: Path) -> list[Example]:
        left_out: list[Record] = []
        records = itertools.islice(references(read_records(path, columns, problems.append), left_out), limit)
        found = [_example(record.pair, case) for record in records if register in (None, record.pair.style)]
        tell_left_out(path, left_out)
        return found

    pairs = drawn(examples(corpus), draw) if draw else examples(corpus)
    if register and not pairs:
        raise UsageError(f"{corpus}: no pair has the style {register!r}.")
    lead_pairs = None if baseline_corpus is None else examples(baseline_corpus)
    _print_problems(problems)
    generator = chosen_loader(threads)(model)
    search = search_config(generator, replace(choices, n_best=1))
    with reporting("evaluating") as progress:
        # The command line's protocol asks less of a model than an evaluation does; every real one offers both.
        evaluation = evaluate_generator(
            cast("Generator", generator),
            pairs,
            lead_pairs=lead_pairs,
            search=search,
            samples=samples,
            progress=progress,
        )
    to_standard_output = output is not None and str(output) == "-"
    print_evaluation(evaluation, console(standard_error=to_standard_output))
    if output is not None:
        _write_json(evaluation, corpus, output)
    if problems:
        context.exit(1)


def references(records: Iterable[Record], left_out: list[Record]) -> Iterator[Record]:
    """Those of `records` whose target is worth coming near to.

    A chat reply that was disliked, or not judged, and that nobody corrected is none; it is put into `left_out`.
    """
    for record in records:
        if record.pair.weight > 0:
            yield record
        else:
            left_out.append(record)


def tell_left_out(path: Path, left_out: Sequence[Record]) -> None:
    """Say how many rated replies of `path` are no references, if there are any."""
    if left_out:
        said = "1 rated reply is" if len(left_out) == 1 else f"{len(left_out):,} rated replies are"
        click.echo(f"kuaizui: {path}: {said} left out: disliked, or not judged, and without a better answer.", err=True)


def drawn(examples: Sequence[Example], count: int) -> list[Example]:
    """At most `count` of `examples`, drawn by a fixed seed, no two of which end in the same turn."""
    shuffled = random.Random(SEED).sample(examples, len(examples))
    return list({turns[-1].casefold(): (turns, target) for turns, target in reversed(shuffled)}.values())[-count:]


def _example(pair: Pair, case: str | None) -> Example:
    cased = {"lower": str.lower, "upper": str.upper}
    return [cased[case](turn) for turn in pair.turns] if case else pair.turns, pair.target


def _print_problems(problems: list[Problem]) -> None:
    for problem in problems[:_SHOWN_PROBLEMS]:
        click.echo(f"kuaizui: skipped: {problem}", err=True)
    if len(problems) > _SHOWN_PROBLEMS:
        click.echo(f"kuaizui: skipped: {len(problems) - _SHOWN_PROBLEMS} more records", err=True)


def _require_folder(output: Path | None) -> None:
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"{output}: there is no folder {output.parent} to write into; create it first.")


def _write_json(evaluation: Evaluation, corpus: Path, output: Path) -> None:
    report: dict[str, Any] = {"corpus": corpus.name, **evaluation.to_json()}
    text = json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
