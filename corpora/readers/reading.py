"""One door for all corpus formats: the file's ending says which one it is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from corpora.errors import CorpusError
from corpora.pairs import Record
from corpora.readers.csv import read_csv
from corpora.readers.fields import Columns, Parsed
from corpora.readers.jsonl import parse_jsonl
from corpora.readers.lines import read_lines
from corpora.readers.problems import FieldError, Problem, Problems, raise_problem
from corpora.readers.tsv import parse_tsv

ENDINGS = (".tsv", ".txt", ".jsonl", ".csv")
"""Formats that can be read; each may be followed by .gz or .xz."""

_DEFAULT_COLUMNS = Columns()


def read_records(
    path: Path, columns: Columns = _DEFAULT_COLUMNS, problems: Problems = raise_problem
) -> Iterator[Record]:
    """Stream the records of a corpus file, one line in memory at a time.

    The format follows the ending. `.tsv` and `.txt`: `source<TAB>target`. `.jsonl`: objects with a source (or `turns`)
    and a target, optionally weight and conversation. `.csv`: a header, columns by name. A source that is one string is
    split into turns at ` __eot__ `. Blank lines are passed over; a bad line is told to `problems` and skipped.

    Raises:
        CorpusError: before the first record, a missing file, an unknown ending or a missing CSV column; while reading,
            a file that is binary, or whose compression is wrong, damaged or cut.
    """
    ending = _ending(path)
    if not path.is_file():
        what = "this is a folder; name a file in it" if path.is_dir() else "there is no such file"
        raise CorpusError(f"{path}: {what}.")
    match ending:
        case ".csv":
            return read_csv(path, columns, problems)
        case ".jsonl":
            return _read_by_line(path, functools.partial(parse_jsonl, columns=columns), problems)
        case _:
            return _read_by_line(path, parse_tsv, problems)


def _ending(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz").removesuffix(".xz")
    for ending in ENDINGS:
        if name.endswith(ending):
            return ending
    raise CorpusError(
        f"{path}: the ending says no format that can be read. Use {', '.join(ENDINGS)}, "
        "each also with .gz or .xz behind it."
    )


def _read_by_line(path: Path, parse: Callable[[str], Parsed], problems: Problems) -> Iterator[Record]:
    for line in read_lines(path, problems):
        text = line.text.rstrip("\r\n")
        if not text:
            continue
        try:
            pair, conversation = parse(text)
        except FieldError as error:
            problems(Problem(str(path), line.number, error.field, error.message))
        else:
            yield Record(pair, str(path), line.number, conversation)
