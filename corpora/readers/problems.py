"""What a reader says about a line that it cannot use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from corpora.errors import CorpusError


@dataclass(frozen=True)
class Problem:
    """One unusable line; the reader skips it and goes on."""

    path: str
    line: int
    """1-based line (TSV, JSONL) or row (CSV, whose header is row 1)."""
    field: str
    """Column at fault; `line` when the line as a whole is."""
    message: str
    """What is wrong and what to do, without the place."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.field}: {self.message}"


Problems = Callable[[Problem], None]
"""Told of each unusable line, in file order."""


def raise_problem(problem: Problem) -> None:
    """Let no bad line pass: the receiver for files that we wrote ourselves.

    Raises:
        CorpusError: always, naming file, line and field.
    """
    raise CorpusError(str(problem))


class FieldError(Exception):
    """One field of one line cannot be used; readers turn it into a `Problem`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
