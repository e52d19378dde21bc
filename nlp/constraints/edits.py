"""What a constraint sees, and what it says: prefixes in, sparse edits of log-probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
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
        """All of `parts` in one."""
        if not parts:
            return NO_EDITS
        rows, tokens, addends = zip(*parts, strict=True)
        return Edits(np.concatenate(rows), np.concatenate(tokens), np.concatenate(addends))


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

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def texts(self) -> list[str]:
        """(N,) the text of each row so far, as `Tokenizer.decode` spaces it, except that a space which waits for the
        next token still stands at the end."""
        surfaces = self.surfaces
        return [_spaced("".join([surfaces[token] for token in row])) for row in self.tokens[:, 1:].tolist()]


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
