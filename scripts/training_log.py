"""Training progress for a person (a line or a bar, and samples) and for machines (log.jsonl, TensorBoard)."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from nlp.durations import duration
from nlp.encoding import EncodedPairs
from nlp.tokenizers import Tokenizer
from scripts.training_tensorboard import open_event_file

if TYPE_CHECKING:
    from nlp.training import Progress

LINE_SECONDS = 30.0
"""Time between two progress lines where the output is no terminal."""
SHOWN_CHARACTERS = 160
"""Of a sample's source; references and outputs are shown whole."""


class TrainingLog:
    """Tells of a training as it goes on. A context manager, which closes the log file."""

    def __init__(self, folder: Path, tokenizer: Tokenizer, validation: EncodedPairs, *, resume: bool) -> None:
        """Log into `folder`; samples after a validation are pairs of `validation`, ids of `tokenizer`."""
        self._tokenizer, self._validation = tokenizer, validation
        self._files = ExitStack()
        self._file = self._files.enter_context((folder / "log.jsonl").open("a" if resume else "w", encoding="utf8"))
        events = open_event_file(folder / "tensorboard")
        self._events = self._files.enter_context(events) if events else None
        self._live = sys.stderr.isatty()
        self._last_line = 0.0
        self._broken = False

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            click.echo("", err=True)
        with suppress(OSError):  # what a full disk did not take
            self._files.close()

    def add(self, progress: Progress) -> None:
        """Take one report."""
        if progress.message:
            self._line(progress.message)
            return
        self._record(progress)
        position = progress.position
        loss = f"loss {progress.loss:.3f}  " if math.isfinite(progress.loss) else ""
        text = (
            f"step {position.step:,} of {progress.total_steps:,}  epoch {position.epoch + 1}  "
            f"{loss}{progress.pairs_per_second:.0f} pairs/s  {duration(progress.seconds_left)} left"
        )
        if progress.validation_loss is not None:
            best = "  (best so far)" if position.best_step == position.step else ""
            perplexity = math.exp(min(progress.validation_loss, 50))
            self._line(f"{text}  validation {progress.validation_loss:.3f}, perplexity {perplexity:.1f}{best}")
            self._show(progress)
        elif self._live:
            click.echo(f"\r{text}   ", nl=False, err=True)
        elif time.monotonic() - self._last_line >= LINE_SECONDS:
            self._line(text)

    def _record(self, progress: Progress) -> None:
        position = progress.position
        record = {
            "step": position.step,
            "epoch": position.epoch,
            "pairs": position.pairs,
            # Not known where a run goes on with the validation before which it was interrupted.
            "loss": progress.loss if math.isfinite(progress.loss) else None,
            "validation_loss": progress.validation_loss,
            "learning_rate": progress.learning_rate,
            "pairs_per_second": progress.pairs_per_second,
            "elapsed_seconds": position.elapsed_seconds,
        }
        try:
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()
            if self._events:
                self._events.add(record)
        except OSError as error:
            if not self._broken:
                self._line(f"The log cannot be written ({error.strerror}); training goes on, its curves have a gap.")
            self._broken = True

    def _show(self, progress: Progress) -> None:
        for index, written in progress.outputs:
            source = known_text(self._tokenizer, self._validation.source(index).tolist())
            cut = f"{source[:SHOWN_CHARACTERS]} ..." if len(source) > SHOWN_CHARACTERS else source
            click.echo(f"    read       {cut}", err=True)
            click.echo(
                f"    reference  {known_text(self._tokenizer, self._validation.target(index).tolist())}", err=True
            )
            click.echo(f"    writes     {known_text(self._tokenizer, written)}", err=True)

    def _line(self, text: str) -> None:
        self._last_line = time.monotonic()
        click.echo(f"\r{text}   " if self._live else text, err=True)


def known_text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of `ids`; a word that only its source knows, with an id beyond the vocabulary, leaves no trace."""
    return tokenizer.decode([token for token in ids if token < tokenizer.vocab_size])
