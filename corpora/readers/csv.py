"""CSV: a header row, then columns by name; quoted fields may hold commas and line ends."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from corpora.errors import CorpusError
from corpora.pairs import Pair, Record
from corpora.readers.fields import Columns, conversation_field, missing, text_field, turns_field, weight_field
from corpora.readers.lines import read_lines
from corpora.readers.problems import FieldError, Problem, Problems

MAX_FIELD_CHARACTERS = 131_072
"""A longer field is a problem of its row: most often a quote was left open."""


def read_csv(path: Path, columns: Columns, problems: Problems) -> Iterator[Record]:
    """The records of a CSV file; the header is row 1.

    Raises:
        CorpusError: the file is empty, a wanted column is missing or there twice, or see `read_lines`.
    """
    rows = csv.reader(line.text for line in read_lines(path, problems))
    header: list[str] | None = None
    number = 0
    while True:
        number += 1
        try:
            row = _next_row(rows)
            if header is None:
                header = _checked_header(path, row, columns)
            elif row:
                yield _record(path, number, dict(zip(header, row, strict=False)), columns, len(row) - len(header))
        except StopIteration:
            break
        except FieldError as error:
            problems(Problem(str(path), number, error.field, error.message))
        except csv.Error as error:
            problems(Problem(str(path), number, "line", f"broken CSV: {error}; a quote may be left open before it."))
    if header is None:
        raise CorpusError(f"{path}: line 1: the file has no header row; name the columns in its first line.")


def _next_row(rows: Iterator[list[str]]) -> list[str]:
    """The next row, under our own limit on a field, which bounds what an open quote costs; the setting is global."""
    others = csv.field_size_limit(MAX_FIELD_CHARACTERS)
    try:
        return next(rows)
    finally:
        csv.field_size_limit(others)


def _checked_header(path: Path, row: list[str], columns: Columns) -> list[str]:
    header = [name.strip() for name in row]
    for name in filter(None, (columns.source, columns.target, columns.weight, columns.conversation)):
        if name not in header:
            raise CorpusError(f"{path}: line 1: {missing(name, header)}")
        if header.count(name) > 1:
            raise CorpusError(f"{path}: line 1: the column {name!r} is there twice; rename one of the two.")
    return header


def _record(path: Path, number: int, values: dict[str, str], columns: Columns, surplus: int) -> Record:
    if surplus:
        raise FieldError(
            "line", f"{abs(surplus)} columns too {'many' if surplus > 0 else 'few'}; quote fields that hold commas."
        )
    weight = 1.0 if columns.weight is None else weight_field(values[columns.weight], columns.weight)
    pair = Pair(
        turns_field(values[columns.source], columns.source), text_field(values[columns.target], columns.target), weight
    )
    named = columns.conversation
    return Record(pair, str(path), number, None if named is None else conversation_field(values[named], named))
