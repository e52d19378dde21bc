"""Training progress for a person (a line or a bar) and for machines (log.jsonl)."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nlp.training import Progress, TrainingRun

LINE_SECONDS = 30.0
"""Time between two progress lines where the output is no terminal."""


class TrainingLog:
    """Tells of a training as it goes on. A context manager, which closes the log file."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._file = path.open("a" if resume else "w", encoding="utf8")
        self._live = sys.stderr.isatty()
        self._last_line = 0.0

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            click.echo("", err=True)
        self._file.close()

    def start(self, training: TrainingRun) -> None:
        """Say what will happen."""
        limit = f", at most {training.config.max_minutes:g} minutes" if training.config.max_minutes else ""
        click.echo(
            f"Training on {len(training.train):,} pairs, validating on {len(training.validation):,}: "
            f"{training.config.epochs} epochs of {training.steps_per_epoch:,} steps{limit}."
        )

    def add(self, progress: Progress) -> None:
        """Take one report."""
        position = progress.position
        record = {
            "step": position.step,
            "epoch": position.epoch,
            "pairs": position.pairs,
            "loss": progress.loss,
            "validation_loss": progress.validation_loss,
            "pairs_per_second": progress.pairs_per_second,
            "elapsed_seconds": position.elapsed_seconds,
        }
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        text = (
            f"step {position.step:,} of {progress.total_steps:,}  epoch {position.epoch + 1}  "
            f"loss {progress.loss:.3f}  {progress.pairs_per_second:.0f} pairs/s  {duration(progress.seconds_left)} left"
        )
        if progress.validation_loss is not None:
            best = "  (best so far)" if position.best_step == position.step else ""
            self._line(f"{text}  validation {progress.validation_loss:.3f}{best}")
        elif self._live:
            click.echo(f"\r{text}   ", nl=False, err=True)
        elif time.monotonic() - self._last_line >= LINE_SECONDS:
            self._line(text)

    def _line(self, text: str) -> None:
        self._last_line = time.monotonic()
        click.echo(f"\r{text}   " if self._live else text, err=True)


def duration(seconds: float) -> str:
    """`seconds` as people say it, such as 1 h 05 min; a dash when unknown."""
    if seconds != seconds:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
