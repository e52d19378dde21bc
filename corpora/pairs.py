"""The one record type of all corpora."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """One training example: what was said or written, and the text to learn from it."""

    turns: tuple[str, ...]
    """Earlier turns, oldest first; a headline's article is a single turn."""
    target: str
    """The reply, or the headline."""
    weight: float = 1.0
    """How much the example counts in the loss."""
    style: str = ""
    """Name of the register that the target is written in, such as `teaser`; empty where that is not said."""


class Record(NamedTuple):
    """A pair and the place it came from."""

    pair: Pair
    path: str
    line: int
    """1-based line (JSONL, TSV) or row (CSV) in `path`."""
    conversation: str | None = None
    """Identity of the conversation the pair belongs to, where the file names one."""
