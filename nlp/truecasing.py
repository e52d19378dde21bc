"""Capitals for English that was typed without any, or in nothing else.

The vocabulary tells how a word is usually written: of "pfizer", "Pfizer" and "PFIZER" it knows one as a whole and cuts
the others into pieces. (Lita et al. 2003, "tRuEcasIng", ACL, use a language model.)
"""

from __future__ import annotations

import re

from nlp.text import has_han
from nlp.tokenizers.protocol import UNK, Tokenizer

FEWEST_LETTERS = 20
"""Letters from which a text can be said to have no capitals, or nothing else; shorter ones may be names."""
LONGEST_ACRONYM = 5

_CAPITALS, _SMALL_LETTERS = re.compile("[A-Z]"), re.compile("[a-z]")
_WORD = re.compile(r"(?<![\w'’])(?:[a-z](?:\.[a-z])+\.?|[a-z]+)")
_SENTENCE_START = re.compile(r"(^|\S+[.!?][\"”)]? )([\"“(]?)([a-z])")


def truecased(text: str, tokenizer: Tokenizer) -> str:
    """`text` with the capitals that the vocabulary suggests, if it is English without capitals or written in them (nine
    letters of ten); else as it is. Its letters stay the same but for their case."""
    capitals, small = len(_CAPITALS.findall(text)), len(_SMALL_LETTERS.findall(text))
    if capitals + small < FEWEST_LETTERS or (capitals and capitals < 9 * small) or has_han(text):
        return text
    text = "".join(letter.lower() if letter.isascii() else letter for letter in text)
    text = _WORD.sub(lambda match: _usual(match[0], tokenizer), text)
    return _SENTENCE_START.sub(_begun, text)


def _begun(match: re.Match[str]) -> str:
    """A capital for what begins a sentence; after "Inc." or "U.S." none does."""
    before, opening, letter = match.groups()
    abbreviation = before and not before.lstrip('"“(')[:1].islower()
    return before + opening + (letter if abbreviation else letter.upper())


def _usual(word: str, tokenizer: Tokenizer) -> str:
    """The way of writing `word` that takes the fewest tokens; of equal ones lower case, then a capital at the start."""
    forms = [word, word[0].upper() + word[1:]]
    if len(word) <= LONGEST_ACRONYM or "." in word[:-1]:
        forms.append(word.upper())
    costs = [_cost(tokenizer.encode(form)) for form in forms]
    return forms[costs.index(min(costs))]


def _cost(ids: list[int]) -> tuple[int, int]:
    return ids.count(UNK), len(ids)
