"""Words that are spelt so that a rule would miss them, by intent or by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

LEAST_DISGUISED_LETTERS = 3
"""Shorter words with digits in them ("b4", "1st") are taken as they stand."""

LEAST_RUN_TOGETHER, MOST_RUN_TOGETHER = 8, 60
"""Letters of a word that may be several without the spaces: a shorter one is a word, a longer one no message."""
LEAST_LETTERS_EACH = 2.5
"""Letters of these several on average: "position" is not "pos it i on"."""

_READINGS = tuple(str.maketrans("013457@$!|", reading) for reading in ("oieastasii", "oleastasll"))
"""What digits and signs stand for among letters; a 1 is an i or an l."""
_DISGUISED = re.compile(r"(?=.*[a-z])(?=.*[013457@$!|])[a-z013457@$!|]+")
_MASKED = re.compile(r"[a-z]+(?:\*+[a-z]+)+")
_LENGTHENED = re.compile(r"(.)\1\1")


class Spelling:
    """The words that rules look for, found in what people type.

    Args:
        words: folded words, to be seen through digits ("k1ll"), stars ("k*ll") and drawn-out letters ("diiiie").
        typable: those of them near which no other word lies, also to be seen in a word with one slip of the finger.
    """

    def __init__(self, words: Iterable[str], typable: Iterable[str] = ()) -> None:
        self._words = frozenset(words)
        self._typable = tuple(sorted(set(typable)))
        self._squeezed = {_squeeze(word): word for word in sorted(self._words)}
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._words):
            self._by_length.setdefault(len(word), []).append(word)
        self.word_meant = lru_cache(maxsize=4096)(self._word_meant)

    def opened(self, folded: str) -> str:
        """The folded message with spaces in the words that are several: "iwanttodie"."""
        return " ".join(" ".join(self._opened(word)) for word in folded.split(" "))

    def _opened(self, word: str) -> list[str]:
        """The fewest words looked for that make up `word`; itself where none do, or where it is one."""
        if not LEAST_RUN_TOGETHER <= len(word) <= MOST_RUN_TOGETHER or word in self._words or not word.isascii():
            return [word]
        best: list[list[str] | None] = [[]]
        for end in range(1, len(word) + 1):
            ways = (
                [*before, word[start:end]]
                for start, before in enumerate(best)
                if before is not None and (word[start:end] in self._words and (end - start > 1 or word[start] == "i"))
            )
            best.append(min(ways, key=len, default=None))
        words = best[-1] or [word]
        return words if len(word) >= LEAST_LETTERS_EACH * len(words) else [word]

    def _word_meant(self, word: str) -> str:
        """The word that `word` stands for, itself where it stands for none of those looked for."""
        if word in self._words:
            return word
        return self._unmasked(word) or self._undisguised(word) or self._shortened(word) or self._mended(word) or word

    def _undisguised(self, word: str) -> str:
        if len(word) < LEAST_DISGUISED_LETTERS or not _DISGUISED.fullmatch(word):
            return ""
        readings = [word.translate(reading) for reading in _READINGS]
        exact = [reading for reading in readings if reading in self._words]
        return next(iter(exact), "") or self._shortened(readings[0]) or self._mended(readings[0])

    def _unmasked(self, word: str) -> str:
        """The word whose letters, half of them at least, are those between the stars."""
        if not _MASKED.fullmatch(word) or 2 * word.count("*") > len(word):
            return ""
        masked = re.compile(word.replace("*", "."))
        return next((each for each in self._by_length.get(len(word), ()) if masked.fullmatch(each)), "")

    def _shortened(self, word: str) -> str:
        return self._squeezed.get(_squeeze(word), "") if _LENGTHENED.search(word) else ""

    def _mended(self, word: str) -> str:
        return next((each for each in self._typable if word[:1] == each[0] and one_slip_apart(word, each)), "")


def _squeeze(word: str) -> str:
    return "".join(letter for letter, _ in groupby(word))


def one_slip_apart(typed: str, meant: str) -> bool:
    """Whether one letter too many, too few, another, or two that changed places make `typed` of `meant`."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    rest, wanted = typed[start:], meant[start:]
    swapped = len(rest) >= 2 and rest[1::-1] == wanted[:2] and rest[2:] == wanted[2:]
    return swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]
