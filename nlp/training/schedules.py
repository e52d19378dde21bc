"""How the learning rate, and the share of own words, go over a training; pure functions of where it stands."""

from __future__ import annotations

import math

from nlp.config import TrainConfig

LEAST_RATE = 0.05
"""Part of the rate that a cosine ends at."""
PLATEAU_FACTOR, LEAST_PLATEAU = 0.5, 1 / 64
"""What a validation without a gain multiplies the rate by, and where that ends."""


def learning_rate(config: TrainConfig, *, step: int, share_done: float, plateau: float = 1.0) -> float:
    """The rate for the batch after `step` batches, when `share_done` (0 to 1) of the run is over.

    `plateau` is what validations without a gain have made of the rate so far.
    """
    warmup = min(1.0, (step + 1) / max(1, config.warmup_steps))
    if config.schedule == "cosine":
        part = min(warmup, LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * share_done)))
    elif config.schedule == "inverse_sqrt":
        part = min(warmup, math.sqrt(max(1, config.warmup_steps) / (step + 1)))
    elif config.schedule == "plateau":
        part = warmup * plateau
    else:
        part = warmup
    return config.learning_rate * part


def own_words_share(config: TrainConfig, share_done: float) -> float:
    """The share of places at which the decoder is fed its own words: 0, then a straight line up to the end."""
    risen = (share_done - config.own_words_start) / (1 - config.own_words_start)
    return config.own_words_share * min(1.0, max(0.0, risen))
