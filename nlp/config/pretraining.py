"""What a network learns from unpaired text before its real training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlp.config.strict import require


@dataclass(frozen=True)
class PretrainConfig:
    """Pretraining (Dai and Le 2015, arXiv 1511.01432): as a sequence auto-encoder, or as a language model.

    All settings of [train] hold here too, but for those named here.
    """

    task: Literal["none", "autoencoder", "language_model"] = "none"
    """Write a text again after reading it, or write it after reading nothing; none is no pretraining."""
    texts: tuple[str, ...] = ()
    """Files of plain text, a text a line; without any, the sources of the training pairs."""
    epochs: int = 1
    max_minutes: float = 0.0
    """As in [train]; 0 is no limit."""
    noise: float = 0.1
    """Share of the tokens that the auto-encoder does not get to read, so that attention cannot just copy."""

    def __post_init__(self) -> None:
        require(self.epochs > 0, "epochs", self.epochs, "above 0")
        require(self.max_minutes >= 0, "max_minutes", self.max_minutes, "0 or more")
        require(0 <= self.noise < 1, "noise", self.noise, "at least 0, below 1")
