"""Records of headlines as bytes: JSON Lines, CSV, and plain text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp.errors import UsageError

CSV_COLUMNS = ("id", "headline", "score", "candidates", "warnings", "error")
SCORE_DIGITS = 4


@dataclass(frozen=True)
class ScoredHeadline:
    """One of several headlines of an article."""

    headline: str
    score: float


@dataclass(frozen=True)
class HeadlineRecord:
    """What is written for one article; without a headline where there is an error."""

    id: str
    headline: str | None = None
    score: float | None = None
    """Length-normalised log-probability of the headline."""
    candidates: tuple[ScoredHeadline, ...] = ()
    """Best first; only where more than one headline was asked for."""
    warnings: tuple[str, ...] = ()
    error: str | None = None
    has_model: bool | None = None
    """Whether a model could be loaded for it, None where none was wanted; it is not written."""


def jsonl_line(record: HeadlineRecord) -> bytes:
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


def csv_line(record: HeadlineRecord) -> bytes:
    """The record as one CSV row: candidates as JSON, warnings joined, both empty where there are none."""
    candidates = json.dumps(_candidates(record), ensure_ascii=False) if record.candidates else ""
    return _csv_row(
        (record.id, record.headline, _rounded(record.score), candidates, "; ".join(record.warnings), record.error)
    )


def text_line(record: HeadlineRecord) -> bytes:
    """The headline alone; an empty line for an error, so that lines stay beside their articles."""
    return _utf8(" ".join((record.headline or "").split()) + "\n")


@dataclass(frozen=True)
class OutputFormat:
    """How records become bytes."""

    line: Callable[[HeadlineRecord], bytes]
    header: bytes = b""

    def window(self, records: Sequence[HeadlineRecord], is_first: bool) -> bytes:
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


def _candidates(record: HeadlineRecord) -> list[dict[str, object]]:
    return [{"headline": candidate.headline, "score": _rounded(candidate.score)} for candidate in record.candidates]


FORMATS = {
    ".jsonl": OutputFormat(jsonl_line),
    ".csv": OutputFormat(csv_line, _csv_row(CSV_COLUMNS)),
    ".txt": OutputFormat(text_line),
}


def output_format(output: Path) -> OutputFormat:
    """The format that the ending of `output` chooses.

    Raises:
        UsageError: an unknown ending.
    """
    try:
        return FORMATS[output.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{output}: cannot tell the format from the ending {output.suffix or '(none)'!r}; "
            f"known are {', '.join(FORMATS)}."
        ) from None
