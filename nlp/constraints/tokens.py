"""Rules about single tokens and about the number of tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nlp.constraints.edits import NO_EDITS, Edits, Prefixes


@dataclass(frozen=True)
class ForbiddenTokens:
    """Some tokens never appear."""

    tokens: tuple[int, ...]
    hard: ClassVar[bool] = True

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule the tokens out in every row."""
        rows = np.repeat(np.arange(len(prefixes)), len(self.tokens))
        return Edits.forbidding(rows, np.tile(np.array(self.tokens, np.int64), len(prefixes)))


@dataclass(frozen=True)
class MinimumLength:
    """The output has at least `tokens` tokens before EOS."""

    tokens: int
    hard: ClassVar[bool] = False

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule EOS out while the prefix is too short."""
        if prefixes.tokens.shape[1] - 1 >= self.tokens:
            return NO_EDITS
        return Edits.forbidding_end(np.arange(len(prefixes)))
