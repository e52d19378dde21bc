"""Articles from a file, a folder or standard input, one at a time, whatever the format and the size.

Formats, by ending:
    .txt      one article a line
    .jsonl    one JSON object a line; the article in field `text` unless another is named
    .csv      with a header row; the article in column `text` unless another is named (or in the only column)
    .tsv      with a header row where a column is named, else without one, the article in the first column
    a folder  one article in each .txt file at any depth, sorted by name; the id is the name relative to the folder
    -         standard input, one article a line

A record's id is its id column, else its line number (CSV and TSV with a header: its row number, the first row after the
header being 1). A record that cannot be read carries an error that names file, line and field, and the others follow.
"""

from __future__ import annotations

import difflib
import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from nlp.errors import UsageError
from scripts.articles import ARTICLE_BYTES, Columns, InputRecord, make_record
from scripts.folder_articles import folder_bytes, folder_records, list_folder
from scripts.json_articles import JSON_LINE_BYTES, json_records
from scripts.lines import Line, Meter, buffered, not_utf8, read_lines, refuse_binary
from scripts.table_articles import Places, find_places, row_records
from scripts.tables import read_csv, read_tsv

STANDARD_INPUT = "-"
ENDINGS = (".txt", ".jsonl", ".csv", ".tsv")
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
        standard_input = buffered(stdin or sys.stdin.buffer)
        refuse_binary(standard_input, "standard input")
        return _text_records(read_lines(standard_input, ARTICLE_BYTES, meter), "standard input")
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
        _articles(file, path, columns, meter)  # raises here what is wrong with the file as a whole
    meter.bytes_read = 0
    return _opened_records(path, columns, meter)


def _opened_records(path: Path, columns: Columns, meter: Meter) -> Iterator[InputRecord]:
    with path.open("rb") as file:
        yield from _articles(file, path, columns, meter)


def _articles(file: io.BufferedReader, path: Path, columns: Columns, meter: Meter) -> Iterator[InputRecord]:
    ending, name = path.suffix.lower(), str(path)
    refuse_binary(file, name)
    if ending == ".txt":
        return _text_records(read_lines(file, ARTICLE_BYTES, meter), name)
    if ending == ".jsonl":
        return json_records(read_lines(file, JSON_LINE_BYTES, meter), columns, name)
    rows = (read_csv if ending == ".csv" else read_tsv)(file, meter)
    without_header = ending == ".tsv" and columns == Columns()
    return row_records(rows, Places(0, None) if without_header else find_places(rows, columns, name), name)


def _text_records(lines: Iterable[Line], name: str) -> Iterator[InputRecord]:
    for line in lines:
        identity, where = str(line.number), f"{name}, line {line.number}"
        try:
            yield make_record(identity, line.decode(), where, line.cut)
        except UnicodeDecodeError as error:
            yield InputRecord(identity, "", f"{where}: {not_utf8(error)}")
