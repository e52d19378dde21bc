"""How a model is taught new texts without losing the old skill."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.config.strict import require


@dataclass(frozen=True)
class RetrainConfig:
    """One retraining, beyond what [train] says. The weights are the pairs' weights in the loss."""

    new_pieces: int = 500
    """Most ids that the vocabulary grows by; 0 leaves it as it is."""
    least_piece_count: int = 5
    """Uses in the new texts that a piece needs to be taken in."""
    new_piece_probability: float = 0.01
    """Part of the probability of all words that the new ones may have together before the first step; with less, a
    short training does not get them heard."""
    taught_share: float = 0.3
    """Share of the new training sources for which the parent writes too (headlines only); see `nlp.distillation`."""
    taught_weight: float = 0.3
    """Weight of these pairs. They ask for another output than the new pair of the same source does, so they must stay
    well below it."""
    practice_pairs: int = 4000
    """Pairs for which the parent writes to other sources than the new ones: news leads that come with Kuaizui, and in
    a chat what it makes up itself."""
    old_share: float = 0.5
    """Most of the loss that practice and replayed pairs together may have beside the new pairs; where there are many
    more of them, each counts for less."""
    replay_pairs: int = 20_000
    """Most old pairs taken from the files of --replay; 0 takes all."""
    replay_small_talk: bool = True
    """Replay the small talk that comes with Kuaizui, which every chat model has learned; for dialogue only."""
    probe_share: float = 0.5
    """Part that the old-domain probe has in the validation loss, which decides on the best state and on stopping."""
    test_pairs: int = 1000
    """Most held-out pairs that the scoreboard is drawn up over."""

    def __post_init__(self) -> None:
        for name in ("new_pieces", "practice_pairs", "replay_pairs"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in ("least_piece_count", "new_piece_probability", "taught_weight", "test_pairs"):
            require(getattr(self, name) > 0, name, getattr(self, name), "above 0")
        require(0 <= self.taught_share <= 1, "taught_share", self.taught_share, "from 0 to 1")
        for name in ("old_share", "probe_share"):
            require(0 <= getattr(self, name) < 1, name, getattr(self, name), "at least 0, below 1")
