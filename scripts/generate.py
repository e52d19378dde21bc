"""`kuaizui generate`: any model, one text a line in, one output a line out."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import BinaryIO

import click

from corpora.articles import text_line
from nlp.headlines import HeadlineRecord, why_nothing, windows
from scripts.generators import Generator, chosen_loader, search_config
from scripts.inputs import STANDARD_INPUT, read_records
from scripts.outputs import write_all
from scripts.search_options import SearchChoices, search_options

WINDOW_RECORDS = 256
WINDOW_CHARACTERS = 1_000_000


def run_generate(
    generator: Generator,
    stdin: BinaryIO,
    stdout: BinaryIO,
    choices: SearchChoices | None = None,
    window_records: int = WINDOW_RECORDS,
) -> int:
    """Write the best output for each line of `stdin`; an empty line where there is none, so that lines stay aligned.

    Returns the number of lines without an output; each is told on standard error.

    Raises:
        UsageError: `stdin` is no text.
    """
    search = search_config(generator, replace(choices or SearchChoices(), n_best=1))
    failures = 0
    for window in windows(read_records(STANDARD_INPUT, stdin=stdin), window_records, WINDOW_CHARACTERS):
        texts = [(record.text,) for record in window if record.error is None]
        generations = iter(generator.generate(texts, search) if texts else ())
        for record in window:
            generation = None if record.error is not None else next(generations)
            candidates = generation.candidates if generation is not None else ()
            if not candidates:
                failures += 1
                why = why_nothing(record, generation) if generation is not None else record.error
                click.echo(f"kuaizui: {why}", err=True)
            write_all(stdout, text_line(HeadlineRecord(record.id, candidates[0].text if candidates else None)))
        stdout.flush()
    return failures


@click.command("generate")
@click.option("--model", required=True, metavar="NAME|DIR", help="A shipped model or a model folder.")
@search_options
@click.option("--threads", type=click.IntRange(0), default=0, metavar="N", help="Threads; 0 leaves it to the machine.")
def command(model: str, threads: int, choices: SearchChoices) -> None:
    """Read one text a line from standard input, write one output a line.

    Exit code 1 when some lines had no output; theirs are empty lines.
    """
    window_records = 1 if sys.stdin.isatty() else WINDOW_RECORDS
    generator = chosen_loader(threads)(model)
    if run_generate(generator, sys.stdin.buffer, sys.stdout.buffer, choices, window_records):
        click.get_current_context().exit(1)
