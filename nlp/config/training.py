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
    batch_tokens: int = 4096
    """Tokens of a batch, source and target together, padding included; short pairs come more to a batch."""
    accumulate_batches: int = 1
    """Batches whose gradients make one step of the optimizer."""
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine", "inverse_sqrt", "plateau"] = "cosine"
    """After the warm-up: no change; half a cosine down to a twentieth at the end of the run; by the square root of the
    steps (Vaswani et al. 2017, arXiv 1706.03762, section 5.3); halved after each validation without a gain."""
    warmup_steps: int = 200
    """Batches over which the rate rises from 0."""
    clip_norm: float = 1.0
    label_smoothing: float = 0.0
    """Share of a reference word's probability that goes to all words alike."""
    average: float = 0.0
    """Decay of an exponential moving average of the weights, which is then what is validated and exported; 0 is off.
    0.999 averages over some thousand steps."""
    bag_of_words: float = 0.0
    """Weight of a second task beside the likelihood: to tell from the encoder's end which words the target holds, in
    any order. It relates what is said with what is answered early in a training."""
    own_words: Literal["none", "hard", "soft"] = "none"
    """Scheduled sampling (Bengio et al. 2015, arXiv 1506.03099): feed the decoder its own likeliest word (hard) or the
    mean embedding under its distribution (soft) in place of the reference's."""
    own_words_share: float = 0.25
    """Share of places fed so at the end of the run; 1 is free-running."""
    own_words_start: float = 0.3
    """Part of the run after which the share starts to rise from 0."""
    source_dropout: float = 0.0
    """Share of pairs whose source is hidden, so that the decoder alone becomes a language model of the targets."""
    style_dropout: float = 0.3
    """Share of pairs whose style is hidden, so that without one asked for the model judges by the source."""
    lower_case_share: float = 0.0
    """Share of pairs whose source is read in lower case, as people type; the target keeps its capitals."""
    context_dropout: float = 0.0
    """Share of dialogue pairs whose earlier turns are hidden, so that the model can begin a talk too."""
    word_vectors: str = ""
    """A word2vec, GloVe or fastText text file that fills the rows of the words it knows before training."""
    seed: int = 1
    dtype: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """`auto` measures what this machine can compute in hardware and takes the fastest."""
    validate_every_steps: int = 1000
    checkpoint_minutes: float = 5.0
    """Time between two checkpoints, besides those at validations: a killed training loses no more than this."""
    patience: int = 4
    """Validations without a better loss before the run stops early; 0 never stops early."""
    keep: Literal["best", "last"] = "best"
    """Which checkpoint is exported: that with the lowest validation loss, or the last one. For small talk the last: a
    pair held out has a reply that no other pair has, and such loss rises while the right choice is still being learned.
    With `last`, no validation is without a gain."""
    max_validation_pairs: int = 2000

    def __post_init__(self) -> None:
        for name in (
            "epochs",
            "batch_tokens",
            "accumulate_batches",
            "learning_rate",
            "clip_norm",
            "validate_every_steps",
            "checkpoint_minutes",
            "max_validation_pairs",
        ):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        for name in ("max_minutes", "warmup_steps", "patience"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in (
            "label_smoothing",
            "average",
            "source_dropout",
            "own_words_start",
            "lower_case_share",
            "context_dropout",
        ):
            require(0 <= getattr(self, name) < 1, name, getattr(self, name), "at least 0, below 1")
        require(0 <= self.style_dropout <= 1, "style_dropout", self.style_dropout, "from 0 to 1")
        require(0 <= self.seed < 2**32, "seed", self.seed, "from 0 to 4294967295")
        require(self.bag_of_words >= 0, "bag_of_words", self.bag_of_words, "0 or more")
        require(0 <= self.own_words_share <= 1, "own_words_share", self.own_words_share, "from 0 to 1")
