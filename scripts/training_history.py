"""The log of a training, read again: one record for each progress report, resumed parts joined."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

from nlp.errors import UsageError

Record = dict[str, float | None]
"""One report: `step`, `epoch`, `pairs`, `loss`, `validation_loss`, `learning_rate`, `elapsed_seconds`,
`pairs_per_second`; None where a value is not known."""


def read_history(log: Path) -> list[Record]:
    """The records of a log.jsonl in the order of their steps.

    A killed process leaves half a line, which is passed over. A resumed one does some steps again: what was reported
    of them before gives way to what is reported now. A step that is reported twice in a row, without and then with its
    validation, becomes one record.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        lines = log.read_text(encoding="utf8", errors="replace").splitlines()
    except OSError as error:
        raise UsageError(f"{log}: the log of the training cannot be read ({error.strerror}).") from None
    history: list[Record] = []
    for record in filter(None, map(_record, lines)):
        while history and _step(history[-1]) > _step(record):
            history.pop()
        if history and _step(history[-1]) == _step(record):
            record = history.pop() | {name: value for name, value in record.items() if value is not None}
        history.append(record)
    return history


def best_validation(history: Sequence[Record]) -> Record | None:
    """The record of the lowest validation loss, which is that of the checkpoint to export; None without one."""
    validated = [record for record in history if record.get("validation_loss") is not None]
    return min(validated, key=lambda record: record["validation_loss"] or 0.0, default=None)


def _record(line: str) -> Record | None:
    """The record of a line; where a half one was written on by a resumed process, the whole one at its end."""
    try:
        values = json.loads(line[max(0, line.rfind("{")) :])
    except ValueError:
        return None
    if not isinstance(values, dict) or not isinstance(values.get("step"), int):
        return None
    return {name: _finite(value) for name, value in values.items()}


def _finite(value: object) -> float | None:
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _step(record: Record) -> float:
    return record["step"] or 0
