"""Capitals for targets that were stored without them."""

from __future__ import annotations

import re

from corpora.pairs import Pair

# A word with what is inside it: "u.s.", "o'neill", "year-on-year" falls into three.
_WORD = re.compile(r"[^\W\d_]+(?:[.'’&][^\W\d_]+)*")


def recased(pair: Pair) -> Pair:
    """`pair` with the capitals of the source's words in a target that has none; its first letter becomes a capital.

    A word that the source writes in several ways takes the way it has first away from the start of a sentence. A target
    with any capital letter stays as it is.
    """
    if pair.target != pair.target.lower():
        return pair
    known: dict[str, str] = {}
    for turn in pair.turns:
        for match in _WORD.finditer(turn):
            if not _begins_sentence(turn, match.start()):
                known.setdefault(match[0].lower(), match[0])
    for turn in pair.turns:  # what stands only at the start of sentences: a name, or a word like any other
        for match in _WORD.finditer(turn):
            word = match[0]
            known.setdefault(word.lower(), word if word[1:].lower() != word[1:] else word.lower())
    target = _WORD.sub(lambda match: known.get(match[0], match[0]), pair.target)
    capital = target[:1].upper()
    return pair._replace(target=capital + target[1:] if capital.lower() == target[:1] else target)


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'“‘(")
    return not before or before[-1] in ".!?:"
