"""What growing a vocabulary knows of a kind of tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nlp.tokenizers.protocol import Tokenizer


@dataclass(frozen=True)
class Candidate:
    """A piece that a vocabulary could take in."""

    token: str
    """As its tokenizer writes it, spaces as marks (see `nlp.tokenizers.spacing`)."""
    score: float = 0.0
    """What a SentencePiece model ranks it by; of no meaning to other kinds."""
    halves: frozenset[str] = frozenset()
    """The tokens it can only be reached through, where texts are encoded by merges."""


class Grower(Protocol):
    """One tokenizer, and the ways of its kind to new pieces."""

    def candidates(self, texts: Sequence[str], most: int, least_count: int) -> list[Candidate]:
        """At most `most` pieces that would shorten `texts`, each standing there `least_count` times or more; missing
        characters come first, and halves before what is made of them."""
        ...

    def grown(self, candidates: Sequence[Candidate]) -> Tokenizer:
        """The tokenizer with `candidates` behind its own pieces, in their order."""
        ...

    def parts(self, token: str) -> list[int]:
        """Ids, at least one, that the tokenizer has for what `token` spells; UNK only where there is nothing else."""
        ...
