"""What a chat model remembers word for word: wordings of messages, and the replies to them.

A small network learns its replies by heart long before it learns which of them answers a wording that it has not met.
So those of the nearest known wordings are put before it, to be ranked by their likelihood after the whole talk; it
writes by itself where no wording is near (retrieve, then rank: Weston et al. 2018, arXiv 1808.04776).

Two texts are as near as the cosine of their tf-idf vectors (Salton and Buckley 1988). The features of a text are its
words, pairs of neighbouring words and the three and four letters in a row of a word with its ends; of Han one, two and
three characters in a row. A word that no wording holds counts half of the rarest. A wording met word for word brings
its replies alone: what differs in one rare word (two facts asked for alike) is near, and yet another question.

memory.npz, without pickle: `wordings` and `replies` (UTF-8, a line each), `answers` (places of replies, wording after
wording) with `answers_starts`; `features` (CRC-32, ascending) with their `kinds`, and `holders` (places of the wordings
that hold each) with `holders_starts`.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any
from zlib import crc32
from zlib import error as ZlibError

import numpy as np
from numpy.typing import NDArray

from nlp import companion
from nlp.companion.folding import SPACELESS, plain
from nlp.config import Language
from nlp.errors import BundleError
from nlp.text import normalize

MEMORY_FILE = "memory.npz"
NEARLY = 0.85
"""Wordings whose nearness is at least this part of the nearest one's bring their replies too."""
MOST_REPLIES = 8
WORD, PAIR, LETTERS = 0, 1, 2
KIND_WEIGHTS = np.array([1.0, 0.7, 0.5])
"""What the rarity of a feature is multiplied with, by its kind."""
STRANGE = 0.5
"""Of the squared weight of a word that no wording holds; its letters may be known."""

SHORTHAND_FILE = "shorthand.txt"
_WORDS = re.compile(rf"[{SPACELESS}]+|[^\W_{SPACELESS}]+")
_SPACELESS = re.compile(f"[{SPACELESS}]")
Ints = NDArray[np.integer]
_DAMAGE = (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, RuntimeError, zipfile.BadZipFile, ZlibError)
"""What reading a damaged file may raise."""


class Memory:
    """Known wordings and their replies."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Use `of` or `load`; `arrays` are those of memory.npz."""
        self._arrays = dict(arrays)
        self.wordings, self.replies = (_lines(arrays[name]) for name in ("wordings", "replies"))
        self._answers, self._answers_starts = arrays["answers"], arrays["answers_starts"].astype(np.int64)
        self._features, self._holders = arrays["features"], arrays["holders"]
        self._starts = arrays["holders_starts"].astype(np.int64)
        counts = np.diff(self._starts)
        rarity = np.log((len(self.wordings) + 1) / np.maximum(counts, 1))
        self._weights = (rarity * KIND_WEIGHTS[arrays["kinds"]]) ** 2
        each = np.repeat(self._weights, counts)
        self._norms = np.sqrt(np.bincount(self._holders, each, minlength=len(self.wordings)))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Memory:
        """The memory of (message, reply) pairs; messages that are written alike (see `wording`) are one."""
        known: dict[str, dict[str, None]] = {}
        for message, reply in pairs:
            if (said := normalize(reply)) and (asked := wording(message)):
                known.setdefault(asked, {})[said] = None
        places = {reply: place for place, reply in enumerate(dict.fromkeys(chain.from_iterable(known.values())))}
        answers = [[places[reply] for reply in replies] for replies in known.values()]
        return cls(
            {
                "wordings": np.frombuffer("\n".join(known).encode(), np.uint8),
                "replies": np.frombuffer("\n".join(places).encode(), np.uint8),
                "answers": np.fromiter(chain.from_iterable(answers), np.int32),
                "answers_starts": np.cumsum([0, *map(len, answers)], dtype=np.int32),
                **_postings(list(known)),
            }
        )

    @classmethod
    def load(cls, path: Path) -> Memory:
        """Read memory.npz.

        Raises:
            BundleError: the file is damaged.
        """
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            _check(arrays)
            return cls(arrays)
        except _DAMAGE as error:
            raise BundleError(f"{path}: the memory cannot be read ({error}). Export the model again.") from None

    def save(self, path: Path) -> None:
        """Write memory.npz."""
        np.savez_compressed(path, allow_pickle=False, **self._arrays)

    def __len__(self) -> int:
        return len(self.wordings)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every wording with each of its replies."""
        for place, known in enumerate(self.wordings):
            for reply in self._replies_to(place):
                yield known, reply

    def over(self, older: Memory, overruled: float) -> Memory:
        """This memory and an `older` one, less those of its wordings that come as near as `overruled` to one of these;
        what is rare is judged by both."""
        both = Memory.of(chain(self.pairs(), older.pairs()))
        far = np.ones(len(both), bool)
        for known in self.wordings:
            far &= both._cosines(known) < overruled
        kept = {both.wordings[place] for place in np.flatnonzero(far)}
        return Memory.of(chain(self.pairs(), (pair for pair in older.pairs() if pair[0] in kept)))

    def nearest(self, message: str, least: float) -> list[tuple[str, float]]:
        """Replies to the wordings nearest to `message`, each with its cosine, 0 to 1, nearest first.

        None is for a wording whose cosine is below `least`, or far below that of the nearest; where the message itself
        is a known wording, none is for another.
        """
        asked = wording(message)
        cosines = self._cosines(asked)
        bound = max(least, NEARLY * float(cosines.max(initial=0.0)))
        near = np.flatnonzero(cosines >= bound)
        found: dict[str, float] = {}
        same = [place for place in np.flatnonzero(cosines == 1.0).tolist() if self.wordings[place] == asked]
        for place in same or near[np.argsort(-cosines[near], kind="stable")].tolist():
            for reply in self._replies_to(place):
                found.setdefault(reply, float(cosines[place]))
        return list(found.items())[:MOST_REPLIES]

    def _replies_to(self, place: int) -> list[str]:
        start, end = self._answers_starts[place : place + 2]
        return [self.replies[reply] for reply in self._answers[start:end]]

    def _cosines(self, known: str) -> NDArray[np.float64]:
        """Of a text, given as its `wording`, with every known one: (N,)."""
        shared, square = np.zeros(len(self.wordings)), 0.0
        strangest = np.log(len(self.wordings) + 1) ** 2
        for feature, kind in features_of(known).items():
            number = crc32(feature.encode())
            place = int(np.searchsorted(self._features, np.uint32(number)))
            if place < len(self._features) and self._features[place] == number:
                shared[self._holders[self._starts[place] : self._starts[place + 1]]] += self._weights[place]
                square += self._weights[place]
            elif kind == WORD:
                square += STRANGE * strangest
        # Rounded, so that the order of sums does not keep a wording from being as near as can be to itself.
        cosines: NDArray[np.float64] = np.round(shared / np.maximum(self._norms * np.sqrt(square), 1e-9), 9)
        return cosines


def wording(message: str) -> str:
    """`message` as it is compared: lower case, without signs, shorthand written out, a space between words.

    A message of signs alone stands for itself.
    """
    words: list[str] = []
    for word in _WORDS.findall(plain(message)):
        if _SPACELESS.match(word):
            words.extend(_han_shorthand().sub(lambda found: "".join(shorthand("zh")[found[0]]), word).split())
        else:
            words.extend(shorthand("en").get(word, (word,)))
    return " ".join(words) or normalize(message)


def features_of(known: str) -> dict[str, int]:
    """The features of a `wording`, each with its kind."""
    words = known.split(" ")
    features = {f"{first}\t{second}": PAIR for first, second in pairwise(words)}
    for word in words:
        if _SPACELESS.match(word):
            runs = (word[start : start + size] for size in (1, 2, 3) for start in range(len(word) - size + 1))
            features |= dict.fromkeys(runs, WORD)
        else:
            ends = f" {word} "
            runs = (ends[start : start + size] for size in (3, 4) for start in range(len(ends) - size + 1))
            features |= {**dict.fromkeys(runs, LETTERS), word: WORD}
    return features


@cache
def shorthand(language: Language) -> dict[str, tuple[str, ...]]:
    """What people shorten when they type in a language, and the words that it stands for, none for a mere noise."""
    lines = (Path(companion.__file__).parent / language / SHORTHAND_FILE).read_text(encoding="utf8").splitlines()
    return {short: tuple(words) for short, *words in (line.split() for line in lines if line and line[0] != "#")}


@cache
def _han_shorthand() -> re.Pattern[str]:
    return re.compile("|".join(sorted(shorthand("zh"), key=len, reverse=True)))


def _postings(wordings: Sequence[str]) -> dict[str, NDArray[Any]]:
    held: dict[int, list[int]] = {}
    kinds: dict[int, int] = {}
    for place, known in enumerate(wordings):
        for feature, kind in features_of(known).items():
            number = crc32(feature.encode())
            holders = held.setdefault(number, [])
            if not holders or holders[-1] != place:  # two features of one wording may have one number
                holders.append(place)
            kinds[number] = kind
    numbers = sorted(held)
    return {
        "features": np.array(numbers, np.uint32),
        "kinds": np.array([kinds[number] for number in numbers], np.uint8),
        "holders": np.fromiter(
            chain.from_iterable(held[number] for number in numbers), np.uint16 if len(wordings) < 2**16 else np.int32
        ),
        "holders_starts": np.cumsum([0, *(len(held[number]) for number in numbers)], dtype=np.int32),
    }


def _check(arrays: Mapping[str, NDArray[Any]]) -> None:
    """See that the arrays of a file belong together.

    Raises:
        ValueError, KeyError: they do not.
    """
    counts = {name: len(_lines(arrays[name])) for name in ("wordings", "replies")}
    for name, owners, others in (
        ("answers", counts["wordings"], counts["replies"]),
        ("holders", len(arrays["features"]), counts["wordings"]),
    ):
        places, starts = arrays[name].astype(np.int64), arrays[f"{name}_starts"].astype(np.int64)
        whole = len(starts) == owners + 1 and starts[0] == 0 and starts[-1] == len(places)
        if not whole or np.any(np.diff(starts) < 0) or np.any((places < 0) | (places >= others)):
            raise ValueError(f"its {name} do not fit the rest")
    if len(arrays["kinds"]) != len(arrays["features"]) or arrays["kinds"].max(initial=0) >= len(KIND_WEIGHTS):
        raise ValueError("its kinds do not fit its features")


def _lines(array: NDArray[np.uint8]) -> list[str]:
    return array.tobytes().decode().split("\n") if len(array) else []
