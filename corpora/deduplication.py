"""Exact de-duplication over any number of files."""

from __future__ import annotations

from collections import Counter

from corpora.digests import bare, digest
from corpora.pairs import Pair


class Deduplicator:
    """Remembers the pairs it has seen, by 8-byte digests instead of texts.

    Memory: about 80 bytes for each different pair, so some 80 MB for a million, and as much again for the sources, or
    the targets, whose pairs are limited. Among n pairs one is mistaken for another with probability n² / 2**65, that is
    one in 37 million for a million pairs.
    """

    def __init__(self, max_pairs_per_source: int = 0, max_pairs_per_target: int = 0) -> None:
        """Keep up to `max_pairs_per_source` different targets of one source, and up to `max_pairs_per_target` pairs of
        one target, whatever its case and punctuation; 0 keeps all."""
        self._limits = (max_pairs_per_source, max_pairs_per_target)
        self._pairs: set[int] = set()
        self._counts: tuple[Counter[int], Counter[int]] = (Counter(), Counter())

    def reason_to_drop(self, pair: Pair, *, every_target: bool = False) -> str | None:
        """`duplicate`, `source_too_frequent` or `target_too_frequent` (see `corpora.cleaning.REASONS`), or None for a
        pair to keep.

        Turns and target decide; the weight does not count. The first of several is the one that stays. With
        `every_target` no number of pairs is too many for one target.
        """
        key = pair_digest(pair)
        if key in self._pairs:
            return "duplicate"
        limits = (self._limits[0], 0 if every_target else self._limits[1])
        sides = [digest(*pair.turns) if limits[0] else 0, digest(bare(pair.target)) if limits[1] else 0]
        reasons = ("source_too_frequent", "target_too_frequent")
        for limit, counts, side, reason in zip(limits, self._counts, sides, reasons, strict=True):
            if limit and counts[side] >= limit:
                return reason
        for limit, counts, side in zip(limits, self._counts, sides, strict=True):
            if limit:
                counts[side] += 1
        self._pairs.add(key)
        return None


def pair_digest(pair: Pair) -> int:
    """The identity of a pair: its turns and its target."""
    return digest(*pair.turns, pair.target)
