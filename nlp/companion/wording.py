"""Texts written by hand for what no model answers, and the choice among them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from nlp.companion.phrases import read_sections
from nlp.config import Language

AFTER = "after"
CALM = "calm"
UNKNOWN = "unknown"


@cache
def fixed_texts(language: Language) -> dict[str, tuple[str, ...]]:
    """The texts of `fixed.txt` by the rule that they answer: the dangers of `nlp.companion.rules`, "calm" for abuse,
    and "after" for what follows a danger."""
    return read_sections(Path(__file__).parent / language / "fixed.txt")


@cache
def foreign_texts() -> dict[str, tuple[str, ...]]:
    """The texts, each in English and Chinese, for what is written in neither: by the danger that they answer, "after"
    for what follows one, and "unknown" for all the rest."""
    return read_sections(Path(__file__).parent / "others" / "fixed.txt")


@cache
def asides(language: Language) -> dict[str, tuple[str, ...]]:
    """The texts of `asides.txt`, by the kind of message that they answer."""
    return read_sections(Path(__file__).parent / language / "asides.txt")


def choose(texts: Sequence[str], turns: Sequence[str]) -> str:
    """The one of `texts` to say after `turns`: the same for the same turns, and of all the one said longest ago.

    So none comes twice in a row, and none again before the others did, as far as `turns` reach back.
    """
    joined = "\x1f".join(turns).encode("utf-8", "surrogatepass")
    start = int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest()) % len(texts)
    last_said = {turn: place for place, turn in enumerate(turns)}
    return min((*texts[start:], *texts[:start]), key=lambda text: last_said.get(text, -1))
