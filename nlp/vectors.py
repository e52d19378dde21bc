"""Ready-made word vectors as the start of an embedding table.

A vector is that of a whole word, so it goes to the ids that spell one: of a word vocabulary all, of SentencePiece the
pieces that begin with a space (or that spell a word of a script without spaces). Parts of words keep their fresh rows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.errors import ConfigError
from nlp.text import has_han, normalize
from nlp.tokenizers import SEP, UNK, Tokenizer
from nlp.tokenizers.word_tokenizer import WordTokenizer
from nlp.vector_files import VectorFile

SHOWN_WORDS = 10
"""Uncovered words that a report names."""
FEW_COVERED = 0.2
"""Part of the running tokens below which vectors hardly fit the data: function words and punctuation alone are more."""
MANY_SKIPPED = 0.01
"""Part of the lines that may be damaged in a file that is worth having."""

_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_Ids = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class VectorReport:
    """What a vector file gave to a vocabulary."""

    path: Path
    lines_read: int
    """Lines after the header, damaged ones included."""
    lines_skipped: int
    """Damaged lines: too short or too long, not UTF-8, or a word of the vocabulary whose numbers are none."""
    vocabulary: int
    """Ids that spell something; the five reserved ones do not."""
    words: int
    """Those of them that spell a whole word, which is what vectors are for."""
    covered: int
    """Ids whose row was filled."""
    token_share: float
    """Share of the running tokens of the training data whose row was filled, UNK counting as not filled."""
    uncovered: tuple[tuple[str, int], ...]
    """The most frequent whole words without a vector, and how often they occur."""

    @property
    def vocabulary_share(self) -> float:
        """Share of the vocabulary whose row was filled."""
        return self.covered / self.vocabulary if self.vocabulary else 0.0

    def lines(self) -> list[str]:
        """The report for a person."""
        told = [
            f"Word vectors of {self.path.name}: {self.covered:,} of {self.vocabulary:,} ids have one "
            f"({self.vocabulary_share:.0%}), {self.token_share:.0%} of the running tokens.",
            f"  {self.vocabulary - self.words:,} ids are parts of words, for which there are no vectors.",
        ]
        if self.uncovered:
            named = ", ".join(f"{word} ({count:,})" for word, count in self.uncovered)
            told.append(f"  Most frequent words without one: {named}.")
        if self.lines_skipped:
            told.append(f"  {self.lines_skipped:,} of {self.lines_read:,} lines are damaged and were skipped.")
        if self.lines_skipped > MANY_SKIPPED * self.lines_read:
            told.append("  That is many: download the file again, or convert it to UTF-8.")
        if self.token_share < FEW_COVERED:
            told.append(
                "  That is little: see whether the vectors are of the corpus' language and script; "
                "tokenizer.kind = 'words' or 'jieba' keeps more words whole."
            )
        return told


def read_vectors(
    path: Path, tokenizer: Tokenizer, table: NDArray[np.float32], counts: NDArray[np.int64]
) -> VectorReport:
    """Fill the rows of `table` (V, E), freshly initialised, whose words the file knows; the others stay as they are.

    A word is looked up as it is written, else in lower case. The vectors are scaled by one factor, so that their mean
    norm becomes that of the fresh rows. `counts` (V,) says how often each id occurs in the training data.

    Raises:
        ConfigError: the vectors are not of E numbers; the message names the key to set.
        UsageError: the file cannot be read, is binary or holds no vectors; the message names the line.
        ValueError: `table` or `counts` does not belong to the tokenizer.
    """
    if table.ndim != 2 or not tokenizer.vocab_size == len(table) == len(counts):
        raise ValueError(f"{tokenizer.vocab_size} ids, but table {table.shape} and counts {counts.shape}")
    file = VectorFile(path)
    if file.dimension != table.shape[1]:
        raise ConfigError(
            f"{path}: its vectors have {file.dimension} numbers, but model.embedding_units = {table.shape[1]}. Set "
            f"model.embedding_units = {file.dimension}, or take vectors of {table.shape[1]} numbers."
        )
    words = dict(_whole_words(tokenizer))
    scan = _scanned(file, words)
    if scan.found:
        vectors = np.stack(list(scan.found.values()))
        table[list(scan.found)] = vectors * (_mean_norm(table) / _mean_norm(vectors))
    vocabulary = sum(1 for surface in tokenizer.surfaces() if surface.strip())
    return _report(file, scan, words, vocabulary, counts)


def _whole_words(tokenizer: Tokenizer) -> Iterator[tuple[int, str]]:
    """Ids that spell a whole word, and the word."""
    splits_words = not isinstance(tokenizer, WordTokenizer)
    for number, surface in enumerate(tokenizer.surfaces()):
        word = surface.strip()
        if not word:
            continue
        # A piece of letters without a space before it is a part of a word, unless the word alone is encoded by it, as
        # where most text is Chinese.
        inside = splits_words and not surface.startswith(" ") and _LETTER_OR_DIGIT.match(word) and not has_han(word)
        if not inside or tokenizer.encode(word) == [number]:
            yield number, word


@dataclass
class _Scan:
    """What one reading of the file found."""

    found: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    """Vectors by id."""
    lines_read: int = 0
    lines_skipped: int = 0


def _scanned(file: VectorFile, words: Mapping[int, str]) -> _Scan:
    """Look for the vectors of `words`; of a word that comes twice the first counts."""
    scan, found_exactly = _Scan(), set[int]()
    exact, lowered = _index(words, lambda word: word), _index(words, str.lower)
    for text, numbers in file:
        scan.lines_read += 1
        word = text if text.isascii() else normalize(text)
        here = [number for number in exact.get(word, ()) if number not in found_exactly]
        near = [number for number in lowered.get(word, ()) if number not in scan.found]
        vector = _vector(numbers) if here or near else None
        if vector is not None:
            scan.found |= dict.fromkeys([*near, *here], vector)
            found_exactly.update(here)
        elif not text or here or near:
            scan.lines_skipped += 1
    return scan


def _index(words: Mapping[int, str], key: Callable[[str], str]) -> _Ids:
    ids = defaultdict(list)
    for number, word in words.items():
        ids[key(word)].append(number)
    return ids


def _vector(numbers: bytes) -> NDArray[np.float32] | None:
    """The numbers of a line, or None where they are no vector; all zeros would be a row that says nothing."""
    try:
        with np.errstate(over="ignore"):  # what a float32 cannot hold becomes infinite
            vector = np.array([float(number) for number in numbers.split()], np.float32)
    except ValueError:
        return None
    return vector if np.isfinite(vector).all() and vector.any() else None


def _mean_norm(rows: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(rows, axis=1).mean())


def _report(
    file: VectorFile,
    scan: _Scan,
    words: Mapping[int, str],
    vocabulary: int,
    counts: NDArray[np.int64],
) -> VectorReport:
    filled = np.array(sorted(scan.found), np.int64)
    running = int(counts[UNK] + counts[SEP + 1 :].sum())
    missing = sorted((number for number in words if number not in scan.found), key=lambda number: -counts[number])
    return VectorReport(
        path=file.path,
        lines_read=scan.lines_read,
        lines_skipped=scan.lines_skipped,
        vocabulary=vocabulary,
        words=len(words),
        covered=len(filled),
        token_share=float(counts[filled].sum() / running) if running else 0.0,
        uncovered=tuple((words[number], int(counts[number])) for number in missing[:SHOWN_WORDS] if counts[number]),
    )
