"""A made-up corpus of headlines of any size: words without meaning, lengths and frequencies as in news."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WORDS = 20_000
SOURCE_WORDS, SOURCE_SPREAD = 45, 10
"""Mean and standard deviation."""
TARGET_WORDS, TARGET_SPREAD = 10, 2
FEWEST_SOURCE_WORDS, FEWEST_TARGET_WORDS = 20, 5
PAIRS_AT_A_TIME = 10_000
SEED = 1

_SYLLABLES = [first + vowel + last for first in "bdfgklmnprstvz" for vowel in "aeiou" for last in ("", "n", "r", "s")]


def write_corpus(path: Path, pairs: int) -> None:
    """Write `pairs` lines `source<TAB>target`, always the same ones, in little memory whatever their number.

    The words of a target stand in its source; with sources of dozens of words, no two lines are the same.
    """
    with path.open("w", encoding="utf8") as file:
        file.writelines(f"{source}\t{target}\n" for source, target in _texts(pairs))


def draw_lengths(random: np.random.Generator, pairs: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Words of `pairs` sources and of their targets."""
    sources = random.normal(SOURCE_WORDS, SOURCE_SPREAD, pairs).astype(np.int64)
    targets = random.normal(TARGET_WORDS, TARGET_SPREAD, pairs).astype(np.int64)
    return np.maximum(sources, FEWEST_SOURCE_WORDS), np.maximum(targets, FEWEST_TARGET_WORDS)


def _texts(pairs: int) -> Iterator[tuple[str, str]]:
    random = np.random.default_rng(SEED)
    words = np.array(_words(random), dtype=object)
    shares = 1 / np.arange(10, WORDS + 10)  # Zipf's law, without a single word that makes up a tenth of the text
    edges = np.cumsum(shares / shares.sum())
    for start in range(0, pairs, PAIRS_AT_A_TIME):
        sources, targets = draw_lengths(random, min(PAIRS_AT_A_TIME, pairs - start))
        drawn = words[np.minimum(np.searchsorted(edges, random.random(int(sources.sum()))), WORDS - 1)]
        for source, target in zip(np.split(drawn, np.cumsum(sources)[:-1]), targets, strict=True):
            yield " ".join(source), " ".join(source[:: len(source) // target][:target])


def _words(random: np.random.Generator) -> list[str]:
    """Different words of one to three syllables; the short ones come first, and so are the frequent ones."""
    drawn = random.integers(0, len(_SYLLABLES), (2 * WORDS, 3)).tolist()
    counts = random.integers(1, 4, 2 * WORDS).tolist()
    different = dict.fromkeys(
        "".join(_SYLLABLES[each] for each in syllables[:count]) for syllables, count in zip(drawn, counts, strict=True)
    )
    return sorted(list(different)[:WORDS], key=len)
