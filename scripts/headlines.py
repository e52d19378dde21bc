"""`kuaizui headlines`: a headline for each article of a file, a folder or standard input."""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from corpora.articles import FORMATS, Columns, Meter
from nlp.errors import UsageError
from nlp.headlines import HeadlineRecord, windows
from scripts.explanations import ExplainChoices, ExplainingWriter, ExplanationFolder, explain_options
from scripts.generators import LoadGenerator, chosen_loader
from scripts.headline_writer import WindowWriter, WorkerError, once_there_is_a_model
from scripts.inputs import STANDARD_INPUT, check_input, read_records, total_bytes
from scripts.outputs import FileOutput, Output, StreamOutput
from scripts.progress import NoProgress, ProgressDisplay, clock_time, how_many, progress_display
from scripts.search_options import SearchChoices, search_options
from scripts.sidecar import fingerprint, sidecar_path

if TYPE_CHECKING:
    from scripts.workers import WorkerPool

WINDOW_RECORDS = 1024
WINDOW_CHARACTERS = 4_000_000
SHOWN_ERRORS = 10


@dataclass(frozen=True)
class HeadlinesRequest:
    """What to write headlines for, and how."""

    input: str
    output: Path | None = None
    """None is standard output, as JSON Lines."""
    model: str | None = None
    """Name or folder; None takes `headlines-zh` or `headlines-en` by each article's script."""
    choices: SearchChoices = field(default_factory=SearchChoices)
    columns: Columns = field(default_factory=Columns)
    resume: bool = False
    window_records: int = WINDOW_RECORDS
    """Articles worked on, and written, at a time."""
    workers: int = 1
    """Processes that decode; with one, this process does it itself."""
    explain: ExplainChoices | None = None
    """Whether and where the first headlines are explained."""


@dataclass(frozen=True)
class Summary:
    """What a run has done, earlier runs of the same output included."""

    records: int
    errors: int


def run_headlines(
    request: HeadlinesRequest,
    load_generator: LoadGenerator,
    *,
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
    progress: ProgressDisplay | None = None,
) -> Summary:
    """Write a record for each article of the input, in order, in memory that does not grow with the input.

    Articles that cannot be read become records with an error, which are also told on standard error (the first few).
    An existing output is not touched before the first window of headlines is there.

    Raises:
        UsageError: an input, an output or an option that cannot work; a full disk.
        BundleError: a model that cannot be loaded.
    """
    progress = progress or NoProgress()
    check_request(request)
    output = open_output(request, stdout)
    meter = Meter()
    articles = read_records(request.input, request.columns, meter, stdin, request.output)
    explanations = ExplanationFolder(request.explain) if request.explain else None
    writer = open_writer(request, load_generator, explanations)
    skipped = sum(1 for _ in itertools.islice(articles, output.progress.records))
    if skipped < output.progress.records:
        raise UsageError(
            f"{request.input}: has only {how_many(skipped, 'record')}, but {output.progress.records:,} are done."
        )
    progress.start(skipped, meter.bytes_read, total_bytes(request.input, request.output))
    complaints = Complaints()
    metered = ((window, meter.bytes_read) for window in windows(articles, request.window_records, WINDOW_CHARACTERS))
    try:
        with writer:
            written = writer.write_all(metered)
            for records, bytes_read in written if skipped else once_there_is_a_model(written):
                output.append(records)
                complaints.extend(records)
                progress.update(output.progress.records, bytes_read)
        output.finish()
    finally:
        progress.stop()
        complaints.tell()
        if explanations is not None:
            explanations.tell()
        output.close()
    return Summary(output.progress.records, output.progress.errors)


def check_request(request: HeadlinesRequest) -> None:
    """Refuse what cannot work together.

    Raises:
        UsageError: naming the option.
    """
    if request.input != STANDARD_INPUT:
        check_input(Path(request.input))
    if request.resume and request.output is None:
        raise UsageError("--resume continues an output file: name it with -o.")
    if request.resume and request.input == STANDARD_INPUT:
        raise UsageError("--resume cannot continue standard input, which may be another one now: give a file.")
    if (
        request.output is not None
        and request.output.exists()
        and os.path.exists(request.input)
        and os.path.samefile(request.input, request.output)
    ):
        raise UsageError(f"{request.output}: input and output are the same file.")
    request.choices.check()
    if request.explain is not None:
        request.explain.check(request.input, request.resume, request.workers)


def open_writer(
    request: HeadlinesRequest, load_generator: LoadGenerator, explanations: ExplanationFolder | None = None
) -> WindowWriter | ExplainingWriter | WorkerPool:
    """What turns articles into headlines, and explains them: this process, or others."""
    if request.workers == 1:
        writer = WindowWriter(load_generator, request.model, request.choices)
        return writer if explanations is None else ExplainingWriter(writer, explanations)
    from scripts.workers import WorkerPool  # here: one process pays nothing for several

    return WorkerPool(request.workers, load_generator, request.model, request.choices)


def open_output(request: HeadlinesRequest, stdout: BinaryIO | None) -> Output:
    """The place where records go, at the point where an earlier run left it if the request is to resume."""
    if request.output is None:
        return StreamOutput(stdout or sys.stdout.buffer, FORMATS[".jsonl"])
    if request.input == STANDARD_INPUT:
        return FileOutput(request.output, None, resume=False)
    run = fingerprint(Path(request.input), request.output) | {
        "--model": request.model or "by script",
        **request.choices.run_values(),
        "--text-column": repr(request.columns.text),
        "--id-column": repr(request.columns.id),
    }
    return FileOutput(request.output, run, request.resume)


class Complaints:
    """The errors of records, told once the run is over: the first few whole, the others as a number."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.others = 0

    def extend(self, records: Iterable[HeadlineRecord]) -> None:
        """Note the errors of a window."""
        for record in records:
            if record.error is not None and len(self.first) < SHOWN_ERRORS:
                self.first.append(f"record {record.id}: {record.error}")
            elif record.error is not None:
                self.others += 1

    def tell(self) -> None:
        """Print them on standard error."""
        for line in self.first:
            click.echo(f"kuaizui: {line}", err=True)
        if self.others:
            click.echo(
                f"kuaizui: and {self.others:,} more {'record' if self.others == 1 else 'records'} with an error",
                err=True,
            )


@click.command("headlines")
@click.argument("input", metavar="INPUT")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="File to write; its ending (.jsonl, .csv, .txt) chooses the format. Default: JSON Lines on standard output.",
)
@click.option(
    "--model",
    metavar="NAME|DIR",
    help="A shipped model or a model folder. Default: headlines-zh or headlines-en, by each article's script.",
)
@search_options
@click.option("--n-best", type=click.IntRange(1, 100), metavar="N", help="Write the N best headlines as candidates.")
@click.option("--text-column", metavar="C", help="Column (CSV, TSV) or field (JSONL) of the article. Default: text.")
@click.option("--id-column", metavar="C", help="Column or field of the id. Default: the line number.")
@click.option("--resume", is_flag=True, help="Continue the unfinished OUT of a run that was killed.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that decode, each with the model in its own memory.",
)
@click.option(
    "--threads",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Threads of each worker; 0 leaves it to the machine, or shares its cores among several workers.",
)
@click.option(
    "--window",
    "window_records",
    type=click.IntRange(1),
    default=WINDOW_RECORDS,
    show_default=True,
    metavar="N",
    help="Articles worked on, and written, at a time.",
)
@explain_options
def command(
    input: str,
    output: Path | None,
    model: str | None,
    n_best: int | None,
    text_column: str | None,
    id_column: str | None,
    resume: bool,
    workers: int,
    threads: int,
    window_records: int,
    choices: SearchChoices,
    explain: ExplainChoices | None,
) -> None:
    """Write a headline for each article of INPUT.

    INPUT is a .txt file (one article a line), .jsonl, .csv (with a header row), .tsv (with a header row if a column is
    named, else the first column is the article), a folder of .txt files (one article each), or - for standard input
    (one article a line).

    Each record has id, headline, score, candidates, warnings and error. Exit codes: 0 all fine, 1 some records carry
    errors (the others are written), 2 usage, a full disk or a killed worker, 3 model, 130 interrupted, 141 closed pipe.
    """
    request = HeadlinesRequest(
        input,
        output,
        model,
        replace(choices, n_best=n_best, faithful=_faithful(choices)),
        Columns(text_column, id_column),
        resume,
        window_records,
        workers,
        explain,
    )
    started = time.monotonic()
    display = progress_display(sys.stderr, output_is_terminal=output is None and sys.stdout.isatty())
    try:
        summary = run_headlines(request, chosen_loader(threads, workers), progress=display)
    except (KeyboardInterrupt, WorkerError):
        if output is not None and sidecar_path(output).exists():
            click.echo(f"kuaizui: {output} is unfinished; the same command with --resume continues it.", err=True)
        raise
    if not summary.records:
        click.echo(f"kuaizui: {'standard input' if input == STANDARD_INPUT else input}: no articles in it.", err=True)
    click.echo(
        f"kuaizui: {how_many(summary.records, 'record')}, {summary.errors:,} with errors, "
        f"{clock_time(time.monotonic() - started)}",
        err=True,
    )
    if summary.errors:
        click.get_current_context().exit(1)


def _faithful(choices: SearchChoices) -> bool | None:
    """Headlines are faithful unless the person said otherwise, by the option or by --set."""
    said = choices.faithful is not None or any(change.startswith("search.faithful") for change in choices.changes)
    return choices.faithful if said else True
