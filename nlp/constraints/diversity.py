"""A rule that makes several candidates differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nlp.constraints.edits import Edits, Prefixes


@dataclass(frozen=True)
class UnlikeEarlier:
    """A token loses `nats` for each earlier candidate of its source that holds it."""

    earlier: Sequence[Sequence[Sequence[int]]]
    """For each source of the request the candidates it has already."""
    nats: float
    hard: ClassVar[bool] = False

    def edits(self, prefixes: Prefixes) -> Edits:
        """Take `nats` from every token of the earlier candidates, each counted once."""
        held = [[token for tokens in each for token in set(tokens)] for each in self.earlier]
        found = [held[request] for request in prefixes.requests.tolist()]
        rows = np.repeat(np.arange(len(found)), [len(tokens) for tokens in found])
        tokens = np.array([token for row in found for token in row], np.int64)
        return Edits(rows, tokens, np.full(len(rows), -self.nats, np.float32))

    def cost(self, source: int, token: int) -> float:
        """Nats that the rule took from `token`."""
        return self.nats * sum(token in tokens for tokens in self.earlier[source])
