"""Records of headlines as bytes: JSON Lines, CSV, and plain text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

CSV_COLUMNS = ("id", "headline", "score", "candidates", "warnings", "error")
SCORE_DIGITS = 4


class Scored(Protocol):
    """One of several headlines of an article."""

    @property
    def headline(self) -> str:
        """The headline."""
        ...

    @property
    def score(self) -> float:
        """Length-normalised log-probability."""
        ...


class Writable(Protocol):
    """What is written for one article; without a headline where there is an error."""

    @property
    def id(self) -> str:
        """Of the article."""
        ...

    @property
    def headline(self) -> str | None:
        """The best."""
        ...

    @property
    def score(self) -> float | None:
        """Length-normalised log-probability of the headline."""
        ...

    @property
    def candidates(self) -> Sequence[Scored]:
        """Best first; only where more than one headline was asked for."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """What to know about the headline."""
        ...

    @property
    def error(self) -> str | None:
        """Why there is none."""
        ...


def jsonl_line(record: Writable) -> bytes:
    """The record as one JSON object on one line."""
    return _utf8(
        json.dumps(
            {
                "id": record.id,
                "headline": record.headline,
                "score": _rounded(record.score),
                "candidates": _candidates(record),
                "warnings": list(record.warnings),
                "error": record.error,
            },
            ensure_ascii=False,
        )
        + "\n"
    )


def csv_line(record: Writable) -> bytes:
    """The record as one CSV row: candidates as JSON, warnings joined, both empty where there are none."""
    candidates = json.dumps(_candidates(record), ensure_ascii=False) if record.candidates else ""
    return _csv_row(
        (record.id, record.headline, _rounded(record.score), candidates, "; ".join(record.warnings), record.error)
    )


def text_line(record: Writable) -> bytes:
    """The headline alone; an empty line for an error, so that lines stay beside their articles."""
    return _utf8(" ".join((record.headline or "").split()) + "\n")


@dataclass(frozen=True)
class OutputFormat:
    """How records become bytes."""

    line: Callable[[Writable], bytes]
    header: bytes = b""

    def window(self, records: Sequence[Writable], is_first: bool) -> bytes:
        """The bytes of a window of records, behind the header if it is the first."""
        return (self.header if is_first else b"") + b"".join(map(self.line, records))


def _csv_row(fields: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return _utf8(text.getvalue())


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # an id may hold a lone surrogate from a JSON escape or a file name


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, SCORE_DIGITS)


def _candidates(record: Writable) -> list[dict[str, object]]:
    return [{"headline": candidate.headline, "score": _rounded(candidate.score)} for candidate in record.candidates]


FORMATS = {
    ".jsonl": OutputFormat(jsonl_line),
    ".csv": OutputFormat(csv_line, _csv_row(CSV_COLUMNS)),
    ".txt": OutputFormat(text_line),
}
