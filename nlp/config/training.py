"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlp.config.strict import require


@dataclass(frozen=True)
class TrainConfig:
    """One training run."""

    epochs: int = 10
    max_minutes: float = 0.0
    """Stop (with a validation and a checkpoint) after this much training time; 0 is no limit."""
    batch_size: int = 128
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup_steps: int = 200
    clip_norm: float = 1.0
    seed: int = 1
    dtype: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """`auto` takes bfloat16 where the processor has instructions for it."""
    validate_every_steps: int = 1000
    patience: int = 4
    """Validations without a better loss before the run stops early; 0 never stops early."""
    max_validation_pairs: int = 2000

    def __post_init__(self) -> None:
        for name in (
            "epochs",
            "batch_size",
            "learning_rate",
            "clip_norm",
            "validate_every_steps",
            "max_validation_pairs",
        ):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        for name in ("max_minutes", "warmup_steps", "patience"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
