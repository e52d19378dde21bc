"""Rules against saying things twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nlp.constraints.edits import NO_EDITS, Edits, Prefixes
from nlp.tokenizers.protocol import SEP

Ngram = tuple[int, ...]

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class NoRepeatNgram:
    """An n-gram of `size` tokens appears at most once (Paulus et al. 2017, arXiv 1705.04304, section 2.5).

    At size 1 no token appears twice, a comma or a bare space as little as any other.
    """

    size: int
    hard: ClassVar[bool] = True

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule out each token that would complete an n-gram the prefix already holds."""
        output = prefixes.tokens[:, 1:]
        if output.shape[1] < self.size:
            return NO_EDITS
        ngrams = np.lib.stride_tricks.sliding_window_view(output, self.size, axis=1)  # (N, T - size, size)
        tail = output[:, output.shape[1] - self.size + 1 :]  # (N, size - 1)
        rows, starts = np.nonzero((ngrams[:, :, :-1] == tail[:, None, :]).all(axis=2))
        return Edits.forbidding(rows, ngrams[rows, starts, -1])


@dataclass(frozen=True)
class NoCopiedNgram:
    """No n-gram of `size` tokens comes from the row's own source, such as the turns of a chat.

    The reserved ids of a source are no words, and no n-gram runs across one: not from turn to turn over SEP, nor over
    UNK. At size 1 no token of the source appears at all, punctuation included: for trials, hardly for use.
    """

    size: int
    hard: ClassVar[bool] = False

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule out each token that would complete an n-gram of the source."""
        output = prefixes.tokens[:, 1:]
        known = self.size - 1
        if output.shape[1] < known:
            return NO_EDITS
        followers = {
            request: _followers(tuple(prefixes.sources[request]), self.size)
            for request in set(prefixes.requests.tolist())
        }
        tails = output[:, output.shape[1] - known :].tolist()
        return Edits.forbidding_each(
            [
                followers[request].get(tuple(tail), _NONE)
                for request, tail in zip(prefixes.requests.tolist(), tails, strict=True)
            ]
        )


@lru_cache(maxsize=256)  # the sources of a batch, which are the same at every step
def _followers(source: tuple[int, ...], size: int) -> Mapping[Ngram, NDArray[np.int64]]:
    """What completes each n-gram of `source`: from its first `size` - 1 tokens to the last ones."""
    followers: defaultdict[Ngram, set[int]] = defaultdict(set)
    for start in range(len(source) - size + 1):
        ngram = tuple(int(token) for token in source[start : start + size])
        if min(ngram) > SEP:
            followers[ngram[:-1]].add(ngram[-1])
    return {first: np.array(sorted(last), np.int64) for first, last in followers.items()}


@dataclass(frozen=True)
class RepetitionPenalty:
    """A token loses `nats` of its log-probability for each time that it stands in the output already."""

    nats: float
    hard: ClassVar[bool] = False

    def edits(self, prefixes: Prefixes) -> Edits:
        """Take `nats` times the number of occurrences from each token of the prefix."""
        output = prefixes.tokens[:, 1:]
        rows = np.repeat(np.arange(len(output)), output.shape[1])
        ids = int(output.max(initial=0)) + 1
        places, counts = np.unique(rows * ids + output.ravel(), return_counts=True)
        return Edits(places // ids, places % ids, (-self.nats * counts).astype(np.float32))
