"""Which pairs are worth learning from; every filter has a reason that the report counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from corpora.errors import CorpusError
from corpora.pairs import Pair

Normalize = Callable[[str], str]
"""The one normalisation of training and serving, given in by the caller."""

REASONS = {
    "not_liked": "a rated reply that was disliked, or not judged",
    "empty_turn": "a turn without text",
    "source_too_short": "source too short",
    "source_too_long": "source too long",
    "target_too_short": "target too short or empty",
    "target_too_long": "target too long",
    "target_repeats_source": "target equal to the last turn",
    "low_overlap": "too few words of the target in the source",
    "pattern_not_found": "last turn without the wanted pattern",
    "not_sampled": "not in the sample of this file",
    "duplicate": "the same pair was there before",
    "held_out_prompt": "last turn equal to a prompt kept for measuring",
    "blocked_word": "a word in the target that must not be written",
    "source_too_frequent": "source already in enough pairs",
    "target_too_frequent": "target already in enough pairs",
    "near_border": "text shared with a neighbour in another split",
}
"""Reason keys, in the order in which a pair meets the filters, and what they mean."""

# A Han character counts as a word of its own; other letters and digits count in runs.
_WORD = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|[^\W_\u3400-\u9fff\U00020000-\U0003ffff]+")


@dataclass(frozen=True)
class CleaningConfig:
    """Limits of the filters; lengths are in characters of normalised text."""

    min_source_characters: int = 1
    """All turns together."""
    max_source_characters: int = 100_000
    min_target_characters: int = 1
    max_target_characters: int = 1_000
    min_overlap: float = 0.0
    """Least share (0 to 1) of the target's words (Chinese: characters) that the source must hold; for headlines."""
    drop_repeated_target: bool = True
    """Drop pairs whose target equals the last turn."""
    max_pairs_per_target: int = 0
    """Most pairs of one target, whatever its case and punctuation, so that chat is not taught to say the same to
    everyone; 0 keeps all."""
    use_blocklist: bool = False
    """Drop pairs whose target holds a word of the list that the caller gives."""

    def __post_init__(self) -> None:
        for side in ("source", "target"):
            least, most = getattr(self, f"min_{side}_characters"), getattr(self, f"max_{side}_characters")
            if not 0 < least <= most:
                raise CorpusError(
                    f"min_{side}_characters = {least} and max_{side}_characters = {most} cannot work; "
                    "the minimum must be above 0 and at most the maximum."
                )
        if not 0 <= self.min_overlap <= 1:
            raise CorpusError(f"min_overlap = {self.min_overlap} cannot work; it must be between 0 and 1.")


def reason_to_drop(pair: Pair, config: CleaningConfig) -> str | None:
    """The key in `REASONS` of the first filter that a normalised pair fails; None to keep it."""
    if pair.weight <= 0:  # no file can say that but a rated reply
        return "not_liked"
    source_length = sum(map(len, pair.turns))
    if source_length < config.min_source_characters:
        return "source_too_short"
    if source_length > config.max_source_characters:
        return "source_too_long"
    if not all(pair.turns):
        return "empty_turn"
    if len(pair.target) < config.min_target_characters:
        return "target_too_short"
    if len(pair.target) > config.max_target_characters:
        return "target_too_long"
    if config.drop_repeated_target and pair.target == pair.turns[-1]:
        return "target_repeats_source"
    if config.min_overlap > 0 and overlap(pair) < config.min_overlap:
        return "low_overlap"
    return None


def blocked_pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """What finds any of `words`, whatever their case; those with letters of an alphabet as whole words alone."""
    escaped = [(word.isascii(), re.escape(word)) for word in words if word.strip()]
    parts = [rf"(?<![^\W_]){word}(?![^\W_])" if whole else word for whole, word in escaped]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def overlap(pair: Pair) -> float:
    """Share (0 to 1) of the target's words that the source holds, whatever their case; 0 for a target without words."""
    target = _WORD.findall(pair.target.lower())
    source = set(_WORD.findall(" ".join(pair.turns).lower()))
    return sum(word in source for word in target) / len(target) if target else 0.0


def normalized(pair: Pair, normalize: Normalize) -> Pair:
    """`pair` with every text normalised."""
    return pair._replace(turns=tuple(map(normalize, pair.turns)), target=normalize(pair.target))
