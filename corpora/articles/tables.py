"""Rows of CSV and TSV files, with the line each began on, in bounded memory.

CSV is what spreadsheets write: commas, and double quotes around fields that hold commas, quotes or line ends. TSV is
one record a line, fields between tabs, and a double quote is a character like any other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from corpora.articles.lines import Meter, not_utf8, read_lines, skip_line

ROW_LIMIT_BYTES = 8 * 1024 * 1024


class Row(NamedTuple):
    """One row of a table."""

    line: int
    """The line it begins on, counted from 1."""
    fields: list[str]
    """Bytes that are no UTF-8 stand here as lone surrogates; see `field_error`."""
    error: str | None = None
    """Why the row could not be read, if so; `fields` is then empty."""


def field_error(field: str) -> str | None:
    """Say what is wrong with the bytes of `field`, or None."""
    try:
        field.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError as error:
        return not_utf8(error)
    return None


def read_tsv(file: io.BufferedReader, meter: Meter) -> Iterator[Row]:
    """Yield the rows of a TSV file; a blank line is a row with one empty field."""
    for line in read_lines(file, ROW_LIMIT_BYTES, meter):
        if line.cut:
            yield Row(line.number, [], f"the line is longer than {ROW_LIMIT_BYTES:,} bytes")
        else:
            yield Row(line.number, line.content.decode("utf-8", "surrogateescape").split("\t"))


def read_csv(file: io.BufferedReader, meter: Meter) -> Iterator[Row]:
    """Yield the rows of a CSV file; a blank line is a row without fields.

    A quote that is never closed would swallow the rest of the file. It costs only the row it stands in: reading goes on
    with the next line after the one where that row began.
    """
    csv.field_size_limit(max(csv.field_size_limit(), ROW_LIMIT_BYTES))  # the bound on a whole row is kept by _Feed
    feed = _Feed(file, meter)
    reader = csv.reader(feed)
    while True:
        feed.begin_row()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield feed.failed_row(str(error))
        else:
            if feed.ended:
                yield feed.failed_row("a double quote is opened here and never closed")
            else:
                yield Row(feed.first_line, fields)


class _Feed:
    """The physical lines that csv.reader pulls, as many as a row needs, with the way back to a row's second line."""

    def __init__(self, file: io.BufferedReader, meter: Meter) -> None:
        self.file = file
        self.meter = meter
        self.position = file.tell()
        self.line = 0
        self.begin_row()

    def begin_row(self) -> None:
        self.first_line = self.line + 1
        self.second_line_position: int | None = None
        self.row_bytes = 0
        self.ended = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        content = self.file.readline(ROW_LIMIT_BYTES)
        if not content:
            self.ended = True
            raise StopIteration
        self.line += 1
        self.row_bytes += len(content)
        too_long = self.row_bytes >= ROW_LIMIT_BYTES
        if too_long and not content.endswith(b"\n"):
            self.position += skip_line(self.file, ROW_LIMIT_BYTES)
        self.position += len(content)
        self.meter.bytes_read = self.position
        if self.second_line_position is None:
            self.second_line_position = self.position
        if too_long:
            raise csv.Error(f"longer than {ROW_LIMIT_BYTES:,} bytes; is a double quote opened here and never closed?")
        return content.decode("utf-8", "surrogateescape")

    def failed_row(self, reason: str) -> Row:
        """The error record of the current row; the next line pulled is the one after the row's first."""
        assert self.second_line_position is not None
        if self.position != self.second_line_position:
            self.file.seek(self.second_line_position)
            self.position = self.second_line_position
            self.line = self.first_line
        return Row(self.first_line, [], reason)
