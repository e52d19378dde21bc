"""Articles from the rows of CSV and TSV files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from corpora.articles.record import Columns, InputRecord, make_record, missing_name
from corpora.articles.tables import Row, field_error
from corpora.errors import CorpusError

SEPARATORS = (
    (";", "semicolons stand", "Save the file with commas between the columns."),
    ("\t", "tabs stand", "Save the file with commas between the columns, or give it the ending .tsv."),
)
"""What some programs write between the columns of a .csv file, and what to do about it."""


class ColumnError(CorpusError):
    """The header of a table cannot be read, or does not tell which column is wanted."""

    def __init__(self, message: str, advice: str = "", wanted: Literal["text", "id"] = "text") -> None:
        """`advice` says what to do, where {option} stands for how the person names the column that is `wanted`."""
        super().__init__(message)
        self.advice, self.wanted = advice, wanted


class Places(NamedTuple):
    """Positions of the article and the id in a row."""

    text: int
    id: int | None
    text_name: str = "column 1"
    id_name: str = ""


def find_places(rows: Iterator[Row], columns: Columns, name: str) -> Places:
    """Read the header and find the wanted columns in it; an empty file has no header, and no rows to miss it.

    Raises:
        ColumnError: a header that cannot be read, or a wanted column that is not in it, or twice.
    """
    header = next(rows, None)
    if header is None:
        return Places(0, None)
    if header.error or any(map(field_error, header.fields)):
        reason = header.error or next(filter(None, map(field_error, header.fields)))
        raise ColumnError(f"{name}, line 1, names of the columns: {reason}.")
    names = [field.strip() for field in header.fields]
    wanted = columns.text or (names[0] if len(names) == 1 else "text")
    if len(names) == 1 and columns.text not in names:
        _refuse_other_separators(names[0], f"{name}, line 1")
    _see_that_it_is_there(wanted, names, name, "text")
    if columns.id is not None:
        _see_that_it_is_there(columns.id, names, name, "id")
    if columns.id is None:
        return Places(names.index(wanted), None, f"column {wanted!r}")
    return Places(names.index(wanted), names.index(columns.id), f"column {wanted!r}", f"column {columns.id!r}")


def row_records(rows: Iterator[Row], places: Places, name: str) -> Iterator[InputRecord]:
    """Yield the article of each row; a row without the wanted columns yields an error."""
    for number, row in enumerate(rows, start=1):
        yield _row_record(row, str(number), places, f"{name}, line {row.line}")


def _see_that_it_is_there(column: str, names: list[str], name: str, kind: Literal["text", "id"]) -> None:
    if column not in names:
        message = f"{name}, line 1: {missing_name('column', column, names)}"
        raise ColumnError(message, "Name one with {option}.", kind)
    if names.count(column) > 1:
        message = f"{names.count(column)} columns are named {column!r}, and it cannot be told which is meant."
        advice = "Give them different names, or name another column with {option}."
        raise ColumnError(f"{name}, line 1: {message}", advice, kind)


def _refuse_other_separators(column: str, where: str) -> None:
    for character, separator, advice in SEPARATORS:
        if character in column:
            raise ColumnError(
                f"{where}: there is only one column, {column!r}, and {separator} in its name: they seem to separate "
                "the columns.",
                f"{advice} If it is one column, name it with {{option}}.",
            )


def _row_record(row: Row, identity: str, places: Places, where: str) -> InputRecord:
    if row.error is not None:
        return InputRecord(identity, "", f"{where}: {row.error}")
    if not any(row.fields):
        return InputRecord(identity, "", f"{where}: the row is empty")
    for position, column in ((places.id, places.id_name), (places.text, places.text_name)):
        if position is not None and position >= len(row.fields):
            there = f"{len(row.fields):,} {'column' if len(row.fields) == 1 else 'columns'}"
            return InputRecord(identity, "", f"{where}: the row has only {there}; {column} is missing")
        if position is not None and (reason := field_error(row.fields[position])):
            return InputRecord(identity, "", f"{where}, {column}: {reason}")
    if places.id is not None:
        identity = row.fields[places.id]
    return make_record(identity, row.fields[places.text], f"{where}, {places.text_name}")
