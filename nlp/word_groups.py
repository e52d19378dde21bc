"""Tokens joined to the words that a person sees: pieces of one word together, Chinese tokens as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.text import HAN_RANGES

_UNSPACED = re.compile(f"[{HAN_RANGES}\u3000-\u30ff\uff00-\uffef]")  # Han, kana, and the punctuation between them


def group_words(surfaces: Sequence[str]) -> list[range]:
    """The places of each word in `surfaces` (see `Tokenizer.surfaces`), in order; together they are all places.

    A token that adds nothing to the text, such as the end, is a word of its own. A space that is a token belongs to the
    word after it, or before it where none follows.
    """
    words: list[range] = []
    text = ""
    for place, surface in enumerate(surfaces):
        if words and continues(text, surface):
            words[-1] = range(words[-1].start, place + 1)
            text += surface
            continue
        if len(words) > 1 and text.isspace():
            words[-2:] = [_joined(*words[-2:])]
        words.append(range(place, place + 1))
        text = surface
    return [*words[:-2], _joined(*words[-2:])] if len(words) > 1 and text.isspace() else words


def continues(word: str, surface: str) -> bool:
    """Whether a token of this surface belongs to the word so far, its leading space included."""
    if not word or not surface:
        return False
    if word.isspace():
        return True
    beside = word[-1] + surface[0]
    return not any(character.isspace() or _UNSPACED.match(character) for character in beside)


def _joined(first: range, second: range) -> range:
    return range(first.start, second.stop)
