"""One decoding of a request: what its strategies share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np

from nlp.config import SearchConfig
from nlp.constraints import Constraint, Edits, Prefixes
from nlp.search.hypotheses import Alive, Finished
from nlp.search.stepping import Candidates, Ints, S, Stepper, require_numbers
from nlp.tokenizers.protocol import EOS


@dataclass(frozen=True)
class Request(Generic[S]):
    """Sources to decode, and how."""

    stepper: Stepper[S]
    sources: Sequence[Sequence[int]]
    config: SearchConfig
    constraints: Sequence[Constraint]
    surfaces: Sequence[str] = ()
    """What each id adds to a text, for constraints about text."""
    unknown: Sequence[Sequence[str]] = ()
    """For each source what its ids from the vocabulary's size on add to a text; none where empty."""
    openings: Sequence[Sequence[int]] = ()
    """For each source the tokens its output must begin with; none where empty."""

    def only(self, positions: Sequence[int]) -> Request[S]:
        """The same for some of the sources."""
        return replace(
            self,
            sources=[self.sources[position] for position in positions],
            unknown=[self.unknown[position] for position in positions] if self.unknown else (),
            openings=[self.openings[position] for position in positions] if self.openings else (),
        )

    def finished(self) -> Finished:
        """A place for the outputs."""
        return Finished(self.sources, self.config.length_penalty, self.config.coverage_penalty)

    def step(self, alive: Alive, state: S, count: int) -> tuple[Candidates, S]:
        """One step of all rows; `wanted` of the candidates begins with EOS.

        Raises:
            DecodingError: the model gave a log-probability that is not a number.
        """
        prefixes = alive.prefixes
        rows = np.repeat(alive.sources, alive.tokens.shape[1])
        seen = Prefixes(prefixes, rows, self.sources, self.surfaces, self.unknown)
        edits = Edits.joined([constraint.edits(seen) for constraint in self.constraints])
        wanted = np.stack([np.full(len(rows), EOS), self._opening_tokens(rows, prefixes.shape[1] - 1)], axis=1)
        candidates, state = self.stepper.step(prefixes[:, -1], state, edits, wanted, count)
        require_numbers(candidates, prefixes.shape[1])
        return self._opened(candidates, wanted[:, 1]), state

    def _opening_tokens(self, rows: Ints, position: int) -> Ints:
        """(N,) the token that must come next; EOS, which opens nothing, where any may."""
        if not self.openings:
            return np.full(len(rows), EOS)
        tokens = [opening[position] if position < len(opening) else EOS for opening in self.openings]
        return np.array(tokens, np.int64)[rows]

    def _opened(self, candidates: Candidates, openings: Ints) -> Candidates:
        """Candidates with the one opening token alone where an output is not past its opening."""
        bound = openings != EOS
        if not bound.any():
            return candidates
        tokens, log_probs = candidates.tokens.copy(), candidates.log_probs.copy()
        tokens[bound, 0], log_probs[bound, 0] = openings[bound], candidates.wanted[bound, 1]
        log_probs[bound, 1:] = -np.inf
        return replace(candidates, tokens=tokens, log_probs=log_probs)

    def end_at_limit(self, alive: Alive, candidates: Candidates, finished: Finished) -> None:
        """End every row alive with EOS at its true log-probability, where the constraints let it end."""
        ends = candidates.wanted[:, 0].reshape(alive.totals.shape)
        for line, row in np.argwhere(np.isfinite(alive.totals) & np.isfinite(ends)):
            finished.add(alive, int(line), int(row), float(ends[line, row]))
