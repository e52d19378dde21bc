"""Neighbouring pieces joined, the most frequent ones first (Sennrich et al. 2016, arXiv 1508.07909, section 3.2).

Two neighbours are known by what they spell together, whichever way that falls apart: so does SentencePiece encode.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from nlp.text import HAN_RANGES
from nlp.tokenizers.spacing import SPACE_MARK

MAX_PIECE_CHARACTERS = 16
"""As long as SentencePiece's own training lets a piece become, its mark included."""

_ONE_WORD = re.compile(
    rf"{SPACE_MARK}?(?:"
    rf"[{HAN_RANGES}]+|(?:(?![{HAN_RANGES}])[^\W\d_])+|\d+"  # one kind of characters only: words, numbers
    rf"|([^\w\s{SPACE_MARK}\ue000-\uf8ff])\1+"  # one sign again and again; tags (see `nlp.tags`) stay apart
    r")"
)


def could_be_one(joined: str) -> bool:
    """Tell whether a piece may spell this: (a part of) one word, one number, or a row of one sign."""
    return _ONE_WORD.fullmatch(joined) is not None


def runs(pieces: Iterable[str | None]) -> list[tuple[str, ...]]:
    """The stretches of two or more pieces of a text between which joining is possible; None is an unknown one."""
    found: list[list[str]] = [[]]
    for piece in pieces:
        if piece is None:
            found.append([])
        elif found[-1] and could_be_one(found[-1][-1] + piece):
            found[-1].append(piece)
        else:
            found.append([piece])
    return [tuple(run) for run in found if len(run) > 1]


class Merges:
    """Sequences of pieces that become shorter join by join."""

    def __init__(self, sequences: Mapping[tuple[str, ...], int], joinable: Callable[[str], bool]) -> None:
        """Start from `sequences` and how often each occurs; only what is `joinable` is ever joined."""
        self.counts: Counter[str] = Counter()
        """How often each piece stands in the sequences now."""
        self.halves: dict[str, set[str]] = {}
        """For each joined piece those it was made of; they are older."""
        self._sequences = [list(sequence) for sequence in sequences]
        self._weights = list(sequences.values())
        self._joinable: dict[str, bool] = {}
        self._may_join = joinable
        self._joins: Counter[str] = Counter()  # how often two neighbours spell this together
        self._places: defaultdict[str, set[int]] = defaultdict(set)  # sequences in which they do, or once did
        for place in range(len(self._sequences)):
            self._count(place, 1)
        self._queue = [(-count, token) for token, count in self._joins.items()]
        heapq.heapify(self._queue)

    def join(self, least_count: int) -> str | None:
        """Join what spells most often the same together, everywhere, ties by code point; None if nothing does
        `least_count` times."""
        while self._queue:
            negative, token = heapq.heappop(self._queue)
            if -negative != self._joins[token]:
                continue  # it has changed since and stands in the queue a second time
            if -negative < least_count:
                return None
            self._join_everywhere(token)
            return token
        return None

    def _join_everywhere(self, token: str) -> None:
        self.halves[token] = set()
        changed: set[str] = set()
        for place in self._places.pop(token):
            changed |= self._count(place, -1)
            self._sequences[place] = self._joined(self._sequences[place], token)
            changed |= self._count(place, 1)
        for each in changed:
            if self._joins[each]:
                heapq.heappush(self._queue, (-self._joins[each], each))

    def _joined(self, sequence: Sequence[str], token: str) -> list[str]:
        result: list[str] = []
        fresh = False  # whether the last piece can still be a left half
        for piece in sequence:
            if fresh and result[-1] + piece == token:
                self.halves[token] |= {result[-1], piece}
                result[-1] = token
                fresh = False
            else:
                result.append(piece)
                fresh = True
        return result

    def _count(self, place: int, sign: int) -> set[str]:
        """Add a sequence to all counts, or take it off them; returns what its neighbours spell."""
        sequence, weight = self._sequences[place], sign * self._weights[place]
        for piece in sequence:
            self.counts[piece] += weight
        spelled = set()
        for left, right in pairwise(sequence):
            token = left + right
            if token not in self._joinable:
                self._joinable[token] = self._may_join(token)
            if self._joinable[token]:
                self._joins[token] += weight
                self._places[token].add(place)
                spelled.add(token)
        return spelled
