"""Families of wordings: what a split holds out as a whole, so that no wording is on both sides of it."""

from __future__ import annotations

from corpora.digests import bare, digest

FAMILIES = 400
"""Families that the wordings of a language fall into: large enough to find an earlier exchange in, small enough to hold
out a few of."""


class Families:
    """Which family each wording belongs to."""

    def __init__(self) -> None:
        self._families: dict[str, int] = {}

    def of(self, text: str) -> int:
        """The family of a wording that stands in the corpus: by its own letters and digits."""
        return self._families.setdefault(bare(text), digest("family", bare(text)) % FAMILIES)

    def admits(self, text: str, family: int) -> bool:
        """Whether a wording made from one of `family` belongs to it: it is new, or is its own already."""
        return self._families.setdefault(bare(text), family) == family
