"""Articles from what a command line names as its input, one at a time, whatever the size.

a file    .txt, .jsonl, .csv or .tsv: see `corpora.articles.reading`
a folder  one article in each .txt file at any depth, sorted by name; the id is the name relative to the folder
-         standard input, one article a line
"""

from __future__ import annotations

import difflib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from corpora.articles import ENDINGS, ColumnError, Columns, InputRecord, Meter, NotText, articles_in
from corpora.articles.lines import buffered
from nlp.errors import UsageError
from scripts.folder_articles import folder_bytes, folder_records, list_folder

STANDARD_INPUT = "-"
NEAR = 0.75
"""How alike a name must be to be suggested, between 0 and 1."""


def read_records(
    path: str | Path,
    columns: Columns | None = None,
    meter: Meter | None = None,
    stdin: BinaryIO | None = None,
    output: Path | None = None,
) -> Iterator[InputRecord]:
    """Yield the articles of `path`, in order, in bounded memory.

    What is wrong with the input as a whole is raised here, before the first record is asked for. `output` is where the
    results go: in a folder it is no article.

    Raises:
        UsageError: no such file or folder, an unknown ending, a binary file, a column that is not there.
        OSError: a file that may not be read.
    """
    columns, meter = columns or Columns(), meter or Meter()
    if str(path) == STANDARD_INPUT:
        _refuse_columns(columns, "standard input, one article a line,")
        try:
            return articles_in(buffered(stdin or sys.stdin.buffer), "standard input", ".txt", meter=meter)
        except NotText as error:
            raise UsageError(str(error)) from None
    path = Path(path)
    check_input(path)
    if path.is_dir():
        _refuse_columns(columns, "a folder of .txt files")
        return folder_records(list_folder(path, output), meter)
    if path.suffix.lower() == ".txt":
        _refuse_columns(columns, f"{path}: a .txt file, one article a line,")
    return _file_records(path, columns, meter)


def check_input(path: Path) -> None:
    """See that `path` is a folder, or a file whose ending is known.

    Raises:
        UsageError: it is neither.
    """
    if not path.exists():
        near = _near_name(path)
        hint = f" Did you mean {path.with_name(near)}?" if near else ""
        raise UsageError(f"{path}: no such file or folder.{hint}")
    if path.is_dir():
        return
    if not stat.S_ISREG(path.stat().st_mode):
        raise UsageError(
            f"{path}: this is a pipe or a device, not a file; give - as the input and send it to standard input "
            f"(kuaizui headlines - < {path}), or save it to a file first."
        )
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"{path}: cannot tell the format from the ending {path.suffix or '(none)'!r}; known are "
            f"{', '.join(ENDINGS)}, a folder of .txt files, and - for standard input."
        )


def total_bytes(path: str | Path, output: Path | None = None) -> int | None:
    """How much there is to read (see `read_records`), for a progress display; None where it cannot be known."""
    if str(path) == STANDARD_INPUT:
        return None
    path = Path(path)
    return folder_bytes(list_folder(path, output)) if path.is_dir() else path.stat().st_size


def _near_name(path: Path) -> str | None:
    """The readable neighbour of `path` whose name is like it, endings aside: most files share theirs with others."""
    try:
        names = [name for name in os.listdir(path.parent) if Path(name).suffix.lower() in (*ENDINGS, "")]
    except OSError:
        return None
    names.sort(key=lambda name: Path(name).suffix.lower() == path.suffix.lower())
    by_stem = {Path(name).stem: name for name in names}  # of several endings, the one that was asked for
    near = difflib.get_close_matches(path.stem, by_stem, n=1, cutoff=NEAR)
    return by_stem[near[0]] if near else None


def _refuse_columns(columns: Columns, what: str) -> None:
    if columns.text is not None or columns.id is not None:
        raise UsageError(f"{what} has no columns; leave out --text-column and --id-column.")


def _file_records(path: Path, columns: Columns, meter: Meter) -> Iterator[InputRecord]:
    with path.open("rb") as file:
        try:
            articles_in(file, str(path), path.suffix.lower(), columns, meter)
        except NotText as error:
            raise UsageError(str(error)) from None
        except ColumnError as error:
            advice = error.advice.format(option=f"--{error.wanted}-column")
            raise UsageError(f"{error} {advice}".rstrip()) from None
    meter.bytes_read = 0
    return _opened_records(path, columns, meter)


def _opened_records(path: Path, columns: Columns, meter: Meter) -> Iterator[InputRecord]:
    with path.open("rb") as file:
        yield from articles_in(file, str(path), path.suffix.lower(), columns, meter)
