"""What a constraint sees, and what it says: prefixes in, sparse edits of log-probabilities out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nlp.tokenizers.protocol import EOS


class Edits(NamedTuple):
    """Sparse additions to a step's log-probabilities: `addends[i]` goes to row `rows[i]`, token `tokens[i]`.

    Each array is (M,); a (row, token) may occur several times, and -inf forbids.
    """

    rows: NDArray[np.int64]
    tokens: NDArray[np.int64]
    addends: NDArray[np.float32]

    @staticmethod
    def forbidding(rows: NDArray[np.int64], tokens: NDArray[np.int64]) -> Edits:
        """Edits that rule out each (row, token)."""
        return Edits(rows, tokens, np.full(len(rows), -np.inf, np.float32))

    @staticmethod
    def forbidding_each(barred: Sequence[NDArray[np.int64]]) -> Edits:
        """Edits that rule out the tokens `barred[row]` in each row."""
        rows = np.repeat(np.arange(len(barred)), [len(tokens) for tokens in barred])
        return Edits.forbidding(rows, np.concatenate(barred)) if len(rows) else NO_EDITS

    @staticmethod
    def forbidding_end(rows: NDArray[np.int64]) -> Edits:
        """Edits that keep each of the `rows` from ending."""
        return Edits.forbidding(rows, np.full(len(rows), EOS, np.int64))

    @staticmethod
    def joined(parts: Sequence[Edits]) -> Edits:
        """All of `parts` in one, with each (row, token) once: ONNX Runtime adds in parallel, and of two additions to
        one cell the second can overwrite the first."""
        parts = [part for part in parts if len(part.rows)]
        if len(parts) < 2:
            return parts[0].merged() if parts else NO_EDITS
        rows, tokens, addends = zip(*parts, strict=True)
        return Edits(np.concatenate(rows), np.concatenate(tokens), np.concatenate(addends)).merged()

    def merged(self) -> Edits:
        """The same with each (row, token) once."""
        span = int(self.tokens.max(initial=0)) + 1
        places, firsts = np.unique(self.rows * span + self.tokens, return_inverse=True)
        if len(places) == len(self.rows):
            return self
        addends = np.zeros(len(places), np.float32)
        np.add.at(addends, firsts, self.addends)
        return Edits(places // span, places % span, addends)


NO_EDITS = Edits(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True)
class Prefixes:
    """The hypotheses of one step, N rows."""

    tokens: NDArray[np.int64]
    """(N, T), BOS first."""
    requests: NDArray[np.int64]
    """(N,) which source of the request each row belongs to."""
    sources: Sequence[Sequence[int]]
    """Ids of all sources of the request."""
    surfaces: Sequence[str] = ()
    """What each id adds to a text, a space included; needed by constraints about text."""
    unknown: Sequence[Sequence[str]] = ()
    """For each source what its ids from `len(surfaces)` on add: its words that the vocabulary lacks. None where empty,
    as without copying."""

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def texts(self) -> list[str]:
        """(N,) the text of each row so far, as `Tokenizer.decode` spaces it, except that a space which waits for the
        next token still stands at the end."""
        surfaces, rows = self.surfaces, self.tokens[:, 1:].tolist()
        if not any(self.unknown):
            return [_spaced("".join([surfaces[token] for token in row])) for row in rows]
        known = len(surfaces)
        unknown = [self.unknown[request] for request in self.requests.tolist()]
        return [
            _spaced("".join([surfaces[token] if token < known else words[token - known] for token in row]))
            for row, words in zip(rows, unknown, strict=True)
        ]

    def unknown_words(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The rows whose source has words that the vocabulary lacks, with what these add to a text."""
        if any(self.unknown):
            for row, request in enumerate(self.requests.tolist()):
                if self.unknown[request]:
                    yield row, tuple(self.unknown[request])


def _spaced(text: str) -> str:
    words = " ".join(text.split())
    return words + " " if words and text[-1].isspace() else words


class Constraint(Protocol):
    """A rule about outputs."""

    hard: ClassVar[bool]
    """Whether no output may ever break the rule. Where the rules together leave a hypothesis no way to go on, the
    search drops those that are not hard: such an output is better than none."""

    def edits(self, prefixes: Prefixes) -> Edits:
        """Edits for the token that follows each prefix."""
        ...
