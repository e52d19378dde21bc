"""What outputs look like whatever the reference says: repetition, sameness, emptiness, length.

Functions that return an array score each item, shape (items,); the others judge the outputs as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from nlp.metrics.bootstrap import FloatArray
from nlp.metrics.tokens import Tokenize

DISTINCT_NGRAMS = 2000
"""N-grams that distinct-n looks at: the share falls as text grows, so only equal lengths can be compared."""
UNKNOWN_MARKS = ("⁇", "<unk>")
"""How an unknown token shows in text: SentencePiece's mark, and the name of the id."""


def exact_matches(outputs: Sequence[str], references: Sequence[str]) -> FloatArray:
    """1 where the output is the reference, character for character, else 0."""
    return _shares(output == reference for output, reference in zip(outputs, references, strict=True))


def copies(outputs: Sequence[str], prompts: Sequence[str]) -> FloatArray:
    """1 where the output is the prompt, case and all but letters and digits aside, else 0."""
    return _shares(_letters(output) == _letters(prompt) for output, prompt in zip(outputs, prompts, strict=True))


def distinct(outputs: Sequence[str], order: int, tokenize: Tokenize) -> float:
    """Different n-grams of `order` tokens over all, of the first `DISTINCT_NGRAMS` that the outputs hold; 0 if none."""
    every = (gram for output in outputs for gram in _ngrams(tokenize(output), order))
    grams = list(islice(every, DISTINCT_NGRAMS))
    return len(set(grams)) / len(grams) if grams else 0.0


def repetitions(outputs: Sequence[str], tokenize: Tokenize) -> FloatArray:
    """1 where some three tokens in a row come twice in the output, else 0."""
    trigrams = (_ngrams(tokenize(output), 3) for output in outputs)
    return _shares(len(set(grams)) < len(grams) for grams in trigrams)


def unknown_marks(outputs: Sequence[str]) -> FloatArray:
    """1 where the output shows the mark of an unknown token, else 0."""
    return _shares(any(mark in output for mark in UNKNOWN_MARKS) for output in outputs)


def empty_outputs(outputs: Sequence[str]) -> FloatArray:
    """1 where the output is empty or white space, else 0."""
    return _shares(not output.strip() for output in outputs)


def lengths(outputs: Sequence[str], tokenize: Tokenize) -> FloatArray:
    """Tokens in each output."""
    return np.array([len(tokenize(output)) for output in outputs], dtype=np.float64)


def most_frequent_share(outputs: Sequence[str]) -> float:
    """Share of all outputs that the most frequent one makes up; near 1 means the same answer to everything."""
    return max(Counter(outputs).values()) / len(outputs) if outputs else 0.0


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold())) or text.strip()


def _ngrams(tokens: list[str], order: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[start : start + order]) for start in range(len(tokens) - order + 1)]


def _shares(flags: Iterable[bool]) -> FloatArray:
    return np.fromiter(flags, dtype=np.float64)
