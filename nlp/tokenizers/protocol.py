"""What every tokenizer promises, and the ids they all share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

PAD, UNK, BOS, EOS, SEP = range(5)
SPECIAL_TOKENS = ("<pad>", "<unk>", "<s>", "</s>", "<sep>")
"""Surface names of ids 0 to 4, for vocabulary files and pictures. Typing one never yields the id."""


def spell(surfaces: Sequence[str], ids: Iterable[int], unknown: Sequence[str] = ()) -> str:
    """The text of `ids`, with single spaces and none at the ends; `unknown` follow the `surfaces`.

    Raises:
        IndexError: an id is beyond both.
    """
    known = len(surfaces)
    joined = "".join([surfaces[token] if token < known else unknown[token - known] for token in ids])
    return " ".join(joined.split())


class Tokenizer(Protocol):
    """Text to ids and back. Ids 0 to 4 are PAD, UNK, BOS, EOS, SEP for every kind; `encode` never emits them except
    UNK, and `decode` skips all five."""

    @property
    def vocab_size(self) -> int:
        """Number of ids, the five reserved ones included."""
        ...

    def encode(self, text: str) -> list[int]:
        """Ids of one normalised text (see `nlp.text.normalize`), without BOS or EOS."""
        ...

    def encode_with_unknown(self, text: str) -> tuple[list[int], list[str]]:
        """The ids that `encode` gives, and for every UNK among them, in order, what it would add to a decoded text.

        These are surfaces as those of known ids, so that the text of all of them joined is the text itself.
        """
        ...

    def decode(self, ids: Sequence[int], unknown: Sequence[str] = ()) -> str:
        """The text of `ids`, spacing restored. `unknown` are the surfaces of the ids from `vocab_size` on.

        Raises:
            IndexError: an id is beyond those too.
        """
        ...

    def surfaces(self) -> list[str]:
        """What each id adds to a decoded text, its leading space included: never two spaces side by side, and nothing
        for the reserved ids.

        `decode(ids)` is the join of the surfaces with runs of spaces made one and none at the ends, that is
        `spell(surfaces, ids)`. The same list at every call: do not change it.
        """
        ...

    def save(self, directory: Path) -> None:
        """Write all that `load_tokenizer` needs into `directory`, which exists and is empty."""
        ...
