"""Whether a text says nearly the same as one of many others, by the letters that both hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from corpora.digests import bare

NEAR = 0.5
"""Jaccard similarity of letter n-grams above which two short texts count as near: "what's your name" and "what is your
name" are, "what's your name" and "what's your job" are not."""
ALPHABETIC_ORDER, OTHER_ORDER = 3, 2
"""Letters of an n-gram; a Chinese character says as much as a few Latin letters."""


class NearTexts:
    """A set of short texts that can be asked whether another one is near to any of them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._sizes: list[int] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for grams in {frozenset(_grams(text)) for text in texts}:
            for gram in grams:
                self._places[gram].append(len(self._sizes))
            self._sizes.append(len(grams))

    def has_near(self, text: str) -> bool:
        """Whether some text of the set has more than `NEAR` of all n-grams of both in common with `text`."""
        grams = _grams(text)
        shared = Counter(place for gram in grams for place in self._places.get(gram, ()))
        return any(count > NEAR * (len(grams) + self._sizes[place] - count) for place, count in shared.items())


def _grams(text: str) -> set[str]:
    letters = bare(text)
    order = ALPHABETIC_ORDER if letters.isascii() else OTHER_ORDER
    return {letters[start : start + order] for start in range(max(1, len(letters) - order + 1))}
