"""The rows of a heatmap: source words that drew attention, and runs of others, so that long sources stay legible."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.explanation import Explanation
from nlp.explanation_wording import wording

MAX_ROWS = 30
LEAST_SHARE = 0.05
"""Source words that no output word attended to this much are not drawn one by one, nor, of a source with more than
`MAX_ROWS` others, those that drew least: each run of such words becomes one row."""
LONGEST_LABEL = 18
"""Characters of a word that are drawn; a web address must not squeeze the picture."""


@dataclass(frozen=True)
class Row:
    """One line of the grid."""

    label: str
    attention: tuple[float, ...]
    """Of each output word."""
    places: range
    """The source words it stands for."""


def grid_rows(explanation: Explanation, most: int = MAX_ROWS) -> list[Row]:
    """The lines of the grid, `most` (3 or more) at most: source words, and runs of words that drew little attention."""
    by_word = np.array([word.attention for word in explanation.words]).T  # (source words, output words)
    order: list[int] = np.argsort(-by_word.max(axis=1), kind="stable").tolist()
    shown = max(1, int((by_word.max(axis=1) >= LEAST_SHARE).sum()))
    while shown > 1 and len(_runs(order[:shown], len(order))) > most:
        shown -= 1
    gap = wording(explanation.language).gap
    return [
        Row(
            shortened(explanation.source[places.start]) if len(places) == 1 else gap.format(count=len(places)),
            tuple(by_word[places.start : places.stop].sum(axis=0).tolist()),
            places,
        )
        for places in _runs(order[:shown], len(order))
    ]


def _runs(shown: Sequence[int], count: int) -> list[range]:
    """`count` places, those `shown` alone and those between them together."""
    kept = sorted(shown)
    edges = [-1, *kept, count]
    runs: list[range] = []
    for before, after in itertools.pairwise(edges):
        if after - before > 1:
            runs.append(range(before + 1, after))
        if after < count:
            runs.append(range(after, after + 1))
    return runs


def shortened(text: str) -> str:
    """A word as it is drawn: at most `LONGEST_LABEL` characters."""
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
