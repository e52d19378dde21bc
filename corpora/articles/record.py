"""One article of an input, and what all formats share in making it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import NamedTuple

ARTICLE_CHARACTERS = 20_000
"""More of an article is not kept: any model reads far less, and a window of long articles must fit in memory."""

ARTICLE_BYTES = 4 * ARTICLE_CHARACTERS


class InputRecord(NamedTuple):
    """One article, or the reason why there is none."""

    id: str
    text: str
    """At most ARTICLE_CHARACTERS characters; empty where there is an error."""
    error: str | None = None
    clipped: bool = False
    """The article was longer than ARTICLE_CHARACTERS."""
    where: str = ""
    """File, line and column or field, for whatever goes wrong with the article later."""


@dataclass(frozen=True)
class Columns:
    """Which columns (CSV, TSV) or fields (JSONL) hold the article and the id."""

    text: str | None = None
    id: str | None = None


def make_record(identity: str, text: str, where: str, cut: bool = False) -> InputRecord:
    """The record of one article: stripped, clipped to ARTICLE_CHARACTERS; an error at `where` if it is no text.

    `cut` says that `text` is already the beginning of something longer.
    """
    text = text.strip()
    if not text:
        return InputRecord(identity, "", f"{where}: the text is empty")
    if "\0" in text:
        return InputRecord(identity, "", f"{where}: the text holds NUL characters; remove them, or give another file")
    return InputRecord(identity, text[:ARTICLE_CHARACTERS], None, cut or len(text) > ARTICLE_CHARACTERS, where)


def missing_name(kind: str, wanted: str, present: list[str]) -> str:
    """What to tell the person about a column or field that is not there: the ones that are, and the nearest."""
    near = difflib.get_close_matches(wanted, present, n=1)
    shown = ", ".join(map(repr, present[:20])) + (", ..." if len(present) > 20 else "")
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"no {kind} {wanted!r}; there are: {shown or 'none'}.{hint}"
