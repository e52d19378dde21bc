"""What happened to every line of a corpus: kept, dropped and why, or unusable."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import Any

from corpora.cleaning import REASONS
from corpora.pairs import Record
from corpora.readers import Problem

MAX_EXAMPLES = 3
"""Places remembered for each reason."""


class PreparationReport:
    """Counts for which `read == kept + dropped_total + problems` holds, with the first places of each reason."""

    def __init__(self) -> None:
        self.read = 0
        """Lines (CSV: rows) that were not blank."""
        self.kept = 0
        self.problems = 0
        """Lines that the readers could not use."""
        self.dropped: Counter[str] = Counter()
        """Pairs dropped, by their key in `corpora.cleaning.REASONS`."""
        self.examples: dict[str, list[str]] = {}
        """The first places (`path:line`) of each reason, and the first problems in full under `problems`."""

    @property
    def dropped_total(self) -> int:
        """Pairs dropped, for whatever reason."""
        return self.dropped.total()

    def add_read(self) -> None:
        """Count a record that a reader yielded."""
        self.read += 1

    def add_problem(self, problem: Problem) -> None:
        """Count a line that a reader skipped."""
        self.read += 1
        self.problems += 1
        self._remember("problems", str(problem))

    def add_kept(self) -> None:
        """Count a pair that went into a split."""
        self.kept += 1

    def add_dropped(self, reason: str, record: Record) -> None:
        """Count a pair dropped for `reason`, a key in `REASONS`."""
        self.dropped[reason] += 1
        self._remember(reason, f"{record.path}:{record.line}")

    def lines(self) -> list[str]:
        """The report as text, for a person."""
        rows = [f"{self.read:,} read, {self.kept:,} kept, {self.dropped_total:,} dropped, {self.problems:,} unusable"]
        for reason, meaning in REASONS.items():
            if self.dropped[reason]:
                rows.append(f"  {self.dropped[reason]:>9,}  {meaning} ({', '.join(self.examples[reason])})")
        if self.problems:
            rows.append(f"  {self.problems:>9,}  unusable lines, the first of them:")
            rows.extend(f"             {example}" for example in self.examples["problems"])
        return rows

    def as_dict(self) -> dict[str, Any]:
        """The report for `provenance.json`: plain values, and files by name, since folders are the user's own."""
        return {
            "read": self.read,
            "kept": self.kept,
            "problems": self.problems,
            "dropped": {reason: self.dropped[reason] for reason in REASONS if self.dropped[reason]},
            "examples": {
                reason: [PurePath(place).name for place in self.examples[reason]]
                for reason in REASONS
                if reason in self.examples
            },
        }

    def _remember(self, reason: str, place: str) -> None:
        examples = self.examples.setdefault(reason, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(place)
