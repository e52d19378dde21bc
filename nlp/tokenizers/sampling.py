"""The training lines of a tokenizer: a fixed-seed sample of bounded size."""

from __future__ import annotations

import random
from collections.abc import Iterable

from nlp.errors import TrainingError

MAX_LINE_CHARACTERS = 400
"""Longer lines are cut: a model reads no more of an article, and one giant line must not decide the memory."""

_SEED = 1


def sample_lines(lines: Iterable[str], max_lines: int) -> list[str]:
    """Take at most `max_lines` of the non-empty `lines`, each with the same chance, always the same ones.

    Holds `max_lines` lines in memory however many there are (reservoir sampling, Vitter 1985, algorithm R).

    Raises:
        TrainingError: there is no line with text in it.
    """
    generator = random.Random(_SEED)
    sample: list[str] = []
    seen = 0
    for line in lines:
        cut = line[:MAX_LINE_CHARACTERS]
        if not cut or cut.isspace():
            continue
        seen += 1
        if len(sample) < max_lines:
            sample.append(cut)
        elif (place := generator.randrange(seen)) < max_lines:
            sample[place] = cut
    if not sample:
        raise TrainingError(
            "The tokenizer has no text to learn from: every line of the corpus is empty. "
            "Check the corpus files and the column names in the recipe."
        )
    return sample
