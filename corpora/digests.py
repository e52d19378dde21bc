"""Digests of texts: the same on every machine, in every run and version of Python (the built-in `hash` is not)."""

from __future__ import annotations

from hashlib import blake2b

DIGEST_BITS = 64


def digest(*parts: str) -> int:
    """A number below 2**64 for a sequence of texts; different sequences share one by accident only."""
    # The length before each part keeps ("ab", "c") and ("a", "bc") apart.
    content = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(blake2b(content.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BITS // 8).digest())


def folded(text: str) -> str:
    """`text` lower-cased and without whitespace, so that trifling variants of it count as the same text."""
    return "".join(text.casefold().split())


def bare(text: str) -> str:
    """`text` with nothing but its letters and digits, in one case: what is left of it however it was typed.

    A text without any, such as ":)", stays as it is but for its spaces.
    """
    return "".join(filter(str.isalnum, text.casefold())) or "".join(text.split())
