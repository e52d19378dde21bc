"""Spacing that survives tokenisation: a token that follows a space carries the mark U+2581 in front.

The mark never stands for itself: `nlp.text.normalize` turns a typed one into an underscore, and where a text was not
normalised it counts as a space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from nlp.text import HAN_RANGES

SPACE_MARK = "\u2581"

_UNSPACED_SCRIPT = re.compile(f"[{HAN_RANGES}\u3000-\u30ff\uff00-\uffef]")  # Han, kana, Chinese punctuation


def marked_tokens(text: str, split: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Split each space-free part of `text` by `split` and mark the tokens that follow a space.

    A text counts as if a space stood before it, so that a word has one token at its start and inside; unless it starts
    in a script without spaces, where the unmarked token is the usual one.
    """
    mark = "" if _UNSPACED_SCRIPT.match(text) else SPACE_MARK
    for part in text.replace(SPACE_MARK, " ").split():
        for token in split(part):
            yield mark + token
            mark = ""
        mark = SPACE_MARK


def surface_of(token: str) -> str:
    """What a marked token adds to a text: its spaces as spaces, never two side by side."""
    return re.sub(r"\s+", " ", token.replace(SPACE_MARK, " "))
