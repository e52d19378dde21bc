"""What a chat model remembers word for word: wordings of messages, and the replies to them.

A small network learns its replies by heart long before it learns which of them answers a wording that it has not met.
So those of the nearest known wordings are put before it, to be ranked by their likelihood after the whole talk; it
writes by itself where no wording is near (retrieve, then rank: Weston et al. 2018, arXiv 1808.04776).

Two texts are as near as the cosine of their tf-idf vectors (Salton and Buckley 1988) over token ids and pairs of
neighbouring ids, in lower case. An id that no wording holds counts as the rarest. A wording met word for word brings
its own replies alone: what differs in one rare word (two facts asked for alike) is near, and yet another question.

memory.npz, without pickle: `wordings`, `replies` (ids one text after the other) with their `..._starts` (N + 1,);
`answers` (places of replies, wording after wording) with `answers_starts`.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nlp.errors import BundleError
from nlp.text import normalize
from nlp.tokenizers.protocol import UNK, Tokenizer

MEMORY_FILE = "memory.npz"
PARTS = ("wordings", "replies", "answers")
PAIR_WEIGHT = 0.7
"""What a pair of neighbouring ids counts beside a single one."""
BASE = 1 << 21
"""Above every id: a pair of ids (a, b) is the feature BASE * (a + 1) + b."""
NEARLY = 0.85
"""Wordings whose nearness is at least this part of the nearest one's bring their replies too."""
MOST_REPLIES = 8

_DAMAGE = (OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged file may raise."""

Ints = NDArray[np.integer]


@dataclass(frozen=True)
class Lists:
    """Many lists of whole numbers, one after the other: a hundred thousand take two arrays."""

    flat: Ints
    starts: Ints
    """(N + 1,) where each begins in `flat`; the last entry is the end."""

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> Lists:
        """`lists` one after the other."""
        kept = list(lists)
        return cls(np.fromiter(chain.from_iterable(kept), np.int64), np.cumsum([0, *map(len, kept)], dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[list[int]]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, place: int) -> list[int]:
        return cast(list[int], self.flat[self.starts[place] : self.starts[place + 1]].tolist())


class Memory:
    """Known wordings and their replies, as ids of one tokenizer; growing its vocabulary leaves them as they are."""

    def __init__(self, wordings: Lists, replies: Lists, answers: Lists) -> None:
        """`answers[i]` are the places in `replies` of what is said to `wordings[i]`."""
        self.wordings, self.replies, self.answers = wordings, replies, answers
        self._index()

    @classmethod
    def of(cls, tokenizer: Tokenizer, pairs: Iterable[tuple[str, str]]) -> Memory:
        """The memory of (message, reply) pairs; messages alike in lower case are one wording.

        A pair with signs that the vocabulary lacks is left out: its wording would be that of any such signs, and its
        reply would have holes.
        """
        known: dict[tuple[int, ...], dict[int, None]] = {}
        places: dict[tuple[int, ...], int] = {}
        for message, reply in pairs:
            wording, said = tuple(wording_ids(tokenizer, message)), tuple(tokenizer.encode(normalize(reply)))
            if wording and said and UNK not in wording and UNK not in said:
                known.setdefault(wording, {})[places.setdefault(said, len(places))] = None
        return cls(Lists.of(known), Lists.of(places), Lists.of(list(each) for each in known.values()))

    @classmethod
    def load(cls, path: Path) -> Memory:
        """Read memory.npz.

        Raises:
            BundleError: the file is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                parts = [_checked(file[name], file[f"{name}_starts"]) for name in PARTS]
            wordings, replies, answers = parts
            if len(answers) != len(wordings) or answers.flat.max(initial=-1) >= len(replies):
                raise ValueError("its parts do not fit together")
        except _DAMAGE as error:
            raise BundleError(f"{path}: the memory cannot be read ({error}). Export the model again.") from None
        return cls(wordings, replies, answers)

    def save(self, path: Path) -> None:
        """Write memory.npz."""
        arrays: dict[str, Any] = {}
        for name in PARTS:
            lists: Lists = getattr(self, name)
            arrays[name] = lists.flat.astype(np.uint16 if lists.flat.max(initial=0) < 2**16 else np.int32)
            arrays[f"{name}_starts"] = lists.starts.astype(np.int32)
        np.savez_compressed(path, **arrays)

    def __len__(self) -> int:
        return len(self.wordings)

    def reread(self, tokenizer: Tokenizer) -> Memory:
        """The same texts as `tokenizer` reads them, a growth of the one that they were read by: where it has one id for
        what were several, a known wording would not be known again."""
        wordings, replies = (
            Lists.of(tokenizer.encode(tokenizer.decode(ids)) for ids in lists)
            for lists in (self.wordings, self.replies)
        )
        return Memory(wordings, replies, self.answers)

    def over(self, older: Memory, overruled: float) -> Memory:
        """This memory and an `older` one, without those of its wordings whose cosine to one of these is `overruled` or
        more, and without replies that only such had. The rarity of ids is that in both."""
        shifted = ([len(self.replies) + place for place in each] for each in older.answers)
        both = Memory(
            Lists.of([*self.wordings, *older.wordings]),
            Lists.of([*self.replies, *older.replies]),
            Lists.of([*self.answers, *shifted]),
        )
        kept = np.ones(len(both), bool)
        for wording in self.wordings:
            kept &= both._cosines(np.array(wording, np.int64)) < overruled
        kept[: len(self)] = True
        return both._only(np.flatnonzero(kept).tolist())

    def _only(self, kept: Sequence[int]) -> Memory:
        """The wordings at the places `kept`, and their replies."""
        places: dict[int, int] = {}
        answers = [[places.setdefault(place, len(places)) for place in self.answers[wording]] for wording in kept]
        wordings, replies = (self.wordings[wording] for wording in kept), (self.replies[place] for place in places)
        return Memory(Lists.of(wordings), Lists.of(replies), Lists.of(answers))

    def nearest(self, message: Sequence[int], least: float) -> list[list[int]]:
        """Ids of the replies to the wordings nearest to a message, given by its `wording_ids`, nearest first.

        None is for a wording whose cosine is below `least`, or far below that of the nearest; where the message itself
        is a wording, none is for another.
        """
        cosines = self._cosines(np.asarray(message, np.int64))
        bound = max(least, NEARLY * float(cosines.max(initial=0.0)))
        near = np.flatnonzero(cosines >= bound)
        same = [place for place in np.flatnonzero(cosines == 1.0).tolist() if self.wordings[place] == list(message)]
        nearest_first: list[int] = same or near[np.argsort(-cosines[near], kind="stable")].tolist()
        places = dict.fromkeys(chain.from_iterable(self.answers[wording] for wording in nearest_first))
        return [self.replies[place] for place in islice(places, MOST_REPLIES)]

    def _index(self) -> None:
        """Postings: for each feature the wordings that hold it."""
        count, flat = len(self.wordings), self.wordings.flat
        owners = np.repeat(np.arange(count), np.diff(self.wordings.starts))
        pairs, same = flat[:-1] * BASE + flat[1:] + BASE, owners[:-1] == owners[1:]
        held = np.unique(np.concatenate([flat * count + owners, pairs[same] * count + owners[:-1][same]]))
        features, self._holders = np.divmod(held, max(1, count))  # sorted by feature, then by wording
        self._features, starts, counts = np.unique(features, return_index=True, return_counts=True)
        self._starts = np.append(starts, len(features))
        rarity = np.log((count + 1) / counts)  # above 0 even for what every wording holds
        self._weights = (rarity * np.where(self._features < BASE, 1.0, PAIR_WEIGHT)) ** 2
        self._norms = np.sqrt(np.bincount(self._holders, np.repeat(self._weights, counts), minlength=count))

    def _cosines(self, ids: Ints) -> NDArray[np.float64]:
        wanted = np.unique(np.concatenate([ids, ids[:-1] * BASE + ids[1:] + BASE]))
        places = np.minimum(np.searchsorted(self._features, wanted), max(0, len(self._features) - 1))
        there = self._features[places] == wanted if len(self._features) else np.zeros(len(wanted), bool)
        shared = np.zeros(len(self.wordings))
        for place in places[there]:
            shared[self._holders[self._starts[place] : self._starts[place + 1]]] += self._weights[place]
        strange = np.log(len(self.wordings) + 1) ** 2 * np.count_nonzero(wanted[~there] < BASE)
        norm = np.sqrt(self._weights[places[there]].sum() + strange)
        # Rounded, so that the order of sums does not keep a wording from being as near as can be to itself.
        cosines: NDArray[np.float64] = np.round(shared / np.maximum(self._norms * norm, 1e-9), 9)
        return cosines


def _checked(flat: Ints, starts: Ints) -> Lists:
    """Lists as a file has them.

    Raises:
        ValueError: they cannot be.
    """
    if not all(part.ndim == 1 and np.issubdtype(part.dtype, np.integer) for part in (flat, starts)):
        raise ValueError("a part of it holds something else than whole numbers")
    lists = Lists(flat.astype(np.int64), starts.astype(np.int64))
    ends = len(starts) and lists.starts[0] == 0 and lists.starts[-1] == len(flat)
    if (
        not ends
        or np.any(np.diff(lists.starts) < 0)
        or not 0 <= lists.flat.min(initial=0) <= lists.flat.max(initial=0) < BASE
    ):
        raise ValueError("a part of it is cut off or mixed up")
    return lists


def wording_ids(tokenizer: Tokenizer, message: str) -> list[int]:
    """What of a message is compared with known wordings."""
    return tokenizer.encode(normalize(message).casefold())
