"""Articles from an opened file, one at a time, whatever its format and size.

Formats, by ending:
    .txt      one article a line
    .jsonl    one JSON object a line; the article in field `text` unless another is named
    .csv      with a header row; the article in column `text` unless another is named (or in the only column)
    .tsv      with a header row where a column is named, else without one, the article in the first column

A record's id is its id column, else its line number (CSV and TSV with a header: its row number, the first row after the
header being 1). A record that cannot be read carries an error that names file, line and field, and the others follow.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from corpora.articles.json_lines import JSON_LINE_BYTES, json_records
from corpora.articles.lines import Line, Meter, not_utf8, read_lines, refuse_binary
from corpora.articles.record import ARTICLE_BYTES, Columns, InputRecord, make_record
from corpora.articles.rows import Places, find_places, row_records
from corpora.articles.tables import read_csv, read_tsv

ENDINGS = (".txt", ".jsonl", ".csv", ".tsv")


def articles_in(
    file: io.BufferedReader, name: str, ending: str, columns: Columns | None = None, meter: Meter | None = None
) -> Iterator[InputRecord]:
    """Yield the articles of `file`, in order, in bounded memory.

    `name` is what errors call the file; `ending`, one of ENDINGS, says its format. A .txt file has no `columns`.
    What is wrong with the file as a whole is raised here, before the first record is asked for.

    Raises:
        NotText: it is a binary file.
        ColumnError: a column that is not there.
    """
    columns, meter = columns or Columns(), meter or Meter()
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
