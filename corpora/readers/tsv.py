"""TSV: `source<TAB>target`, no header, no quoting; ` __eot__ ` joins the turns of a source."""

from __future__ import annotations

from corpora.pairs import Pair
from corpora.readers.fields import Parsed, text_field, turns_field
from corpora.readers.problems import FieldError


def parse_tsv(line: str) -> Parsed:
    """Parse one line without its line end.

    Raises:
        FieldError: not two columns, or bytes that are not UTF-8.
    """
    fields = line.split("\t")
    if len(fields) != 2:
        raise FieldError("line", f"2 columns (source, tab, target) are wanted; there are {len(fields)}.")
    return Parsed(Pair(turns_field(fields[0], "source"), text_field(fields[1], "target")))
