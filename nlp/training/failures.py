"""What a training that fails says to the person."""

from __future__ import annotations

from pathlib import Path

from nlp.training.checkpoint import Position


def not_a_number(what: str, position: Position, latest: Path) -> str:
    """Words for figures that have run away: where, what is left, what to do."""
    kept = f"the last good state stays in {latest}" if latest.exists() else "nothing was saved yet"
    return (
        f"{what} at step {position.step}; {kept}. Start a new run with a lower train.learning_rate or train.clip_norm."
    )


def not_written(path: Path, error: OSError) -> str:
    """Words for a checkpoint that could not be written."""
    before = "the one before it stays" if path.exists() else "there is none before it"
    return f"{path}: the checkpoint could not be written ({error.strerror or error}); {before}."
