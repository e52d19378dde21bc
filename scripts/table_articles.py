"""Articles from the rows of CSV and TSV files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nlp.errors import UsageError
from scripts.articles import Columns, InputRecord, make_record, missing_name
from scripts.tables import Row, field_error


class Places(NamedTuple):
    """Positions of the article and the id in a row."""

    text: int
    id: int | None
    text_name: str = "1"


def find_places(rows: Iterator[Row], columns: Columns, name: str) -> Places:
    header = next(rows, None)
    if header is None:
        raise UsageError(f"{name}: the file is empty; a first row with the names of the columns is wanted.")
    if header.error or any(map(field_error, header.fields)):
        reason = header.error or next(filter(None, map(field_error, header.fields)))
        raise UsageError(f"{name}, line 1, names of the columns: {reason}.")
    names = [field.strip() for field in header.fields]
    wanted = columns.text or (names[0] if len(names) == 1 else "text")
    for option, column in (("--text-column", wanted), ("--id-column", columns.id)):
        if column is not None and column not in names:
            raise UsageError(f"{name}, line 1: {missing_name('column', column, names)}. Name one with {option}.")
    return Places(names.index(wanted), None if columns.id is None else names.index(columns.id), wanted)


def row_records(rows: Iterator[Row], places: Places, name: str) -> Iterator[InputRecord]:
    for number, row in enumerate(rows, start=1):
        yield _rowmake_record(row, str(number), places, f"{name}, line {row.line}")


def _rowmake_record(row: Row, identity: str, places: Places, where: str) -> InputRecord:
    if row.error is not None:
        return InputRecord(identity, "", f"{where}: {row.error}")
    if not any(row.fields):
        return InputRecord(identity, "", f"{where}: the row is empty")
    for position in (places.id, places.text):
        if position is not None and position >= len(row.fields):
            return InputRecord(
                identity, "", f"{where}: the row has {len(row.fields)} columns; column {position + 1} is wanted"
            )
        if position is not None and (reason := field_error(row.fields[position])):
            return InputRecord(identity, "", f"{where}, column {position + 1}: {reason}")
    if places.id is not None:
        identity = row.fields[places.id]
    return make_record(identity, row.fields[places.text], f"{where}, column {places.text_name!r}")
