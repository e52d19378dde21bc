"""A sample of a file that depends on its texts and the seed only, not on their order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from corpora.deduplication import pair_digest
from corpora.digests import DIGEST_BITS, digest
from corpora.pairs import Pair


def sample_rank(pair: Pair, seed: int) -> int:
    """Place of a pair in the drawing of lots; identical pairs share it."""
    return digest("sample", str(seed), str(pair_digest(pair)))


def sample_limit(pairs: Iterable[Pair], size: int, seed: int) -> int:
    """The highest `sample_rank` among the `size` lowest different ones; all pairs at or below it are the sample.

    Memory grows with `size`, not with the number of pairs.
    """
    if size <= 0:
        return -1
    chosen: set[int] = set()
    highest_first: list[int] = []
    for pair in pairs:
        rank = sample_rank(pair, seed)
        if rank in chosen or (len(chosen) == size and rank > -highest_first[0]):
            continue
        chosen.add(rank)
        heapq.heappush(highest_first, -rank)
        if len(chosen) > size:
            chosen.remove(-heapq.heappop(highest_first))
    return -highest_first[0] if len(chosen) == size else 2**DIGEST_BITS
