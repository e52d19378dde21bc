"""Exact de-duplication over any number of files."""

from __future__ import annotations

from collections import Counter

from corpora.digests import digest
from corpora.pairs import Pair


class Deduplicator:
    """Remembers the pairs it has seen, by 8-byte digests instead of texts.

    Memory: about 80 bytes for each different pair, so some 80 MB for a million, and as much again for the sources when
    `max_pairs_per_source` is set. Among n pairs one is mistaken for another with probability n² / 2**65, that is
    one in 37 million for a million pairs.
    """

    def __init__(self, max_pairs_per_source: int = 0) -> None:
        """Keep up to `max_pairs_per_source` different targets of one source; 0 keeps all."""
        self._max_pairs_per_source = max_pairs_per_source
        self._pairs: set[int] = set()
        self._sources: Counter[int] = Counter()

    def reason_to_drop(self, pair: Pair) -> str | None:
        """`duplicate`, `source_too_frequent` (see `corpora.cleaning.REASONS`), or None for a pair to keep.

        Turns and target decide; the weight does not count. The first of several is the one that stays.
        """
        key = pair_digest(pair)
        if key in self._pairs:
            return "duplicate"
        if self._max_pairs_per_source:
            source = digest(*pair.turns)
            if self._sources[source] >= self._max_pairs_per_source:
                return "source_too_frequent"
            self._sources[source] += 1
        self._pairs.add(key)
        return None


def pair_digest(pair: Pair) -> int:
    """The identity of a pair: its turns and its target."""
    return digest(*pair.turns, pair.target)
