"""What a training tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.training.checkpoint import Position


@dataclass(frozen=True)
class Progress:
    """What a person watching wants to know."""

    position: Position
    total_steps: int
    loss: float
    """Mean training loss since the last report, nats per target token."""
    pairs_per_second: float
    """Over this process's training time, validation included."""
    seconds_left: float
    learning_rate: float
    validation_loss: float | None = None
    """Set when a validation has just ended."""
    outputs: tuple[tuple[int, tuple[int, ...]], ...] = ()
    """After a validation: validation pairs by index, and the ids that the network writes for them."""
    message: str = ""
    """Set when something worth a line happened."""
