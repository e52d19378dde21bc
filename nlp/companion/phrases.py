"""Lists of phrases in files, and the finding of them in folded messages.

A list is UTF-8 text. `[name]` begins a section, # a comment; every other line is a phrase, whose parts stand apart by
spaces and follow each other in a message:

| part | what it fits |
|---|---|
| `word`, `字词` | itself, however decorated (see `nlp.companion.folding`): a word, or Han characters in a row |
| `want_to` | two words |
| `one|two` | either |
| `word?` | the word, or nothing |
| `~word` | the word, also with a slip of the finger in it where it is long enough |
| `@name` | one of the set `name`: a line `name: one|two` of the section [sets] |
| `...` | up to three words or Han characters, or none |
| `^` `$` `,` | the message's beginning, its end, the border of two clauses |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from nlp.companion.folding import BEGINNING, BORDER, END, tokens_of

Sections = Mapping[str, tuple[str, ...]]

GAP = "..."
SETS = "sets"
SIGNS = (BEGINNING, END, BORDER)
TAKEN_OUT = "# "
"""What `Phrases.without` leaves: a token that fits nothing."""
LEAST_TYPABLE = 6
"""Letters of a word from which one with a slip in it is still the same word."""

_WORD = re.compile("([^ ]+) ")
_GAP_PATTERN = "(?:[^ #^$,]+ ){0,3}"


def read_sections(path: Path) -> dict[str, tuple[str, ...]]:
    """The lines of a list by section, comments and empty lines left out.

    Raises:
        ValueError: a line stands before the first section: the list is not what it should be.
    """
    sections: dict[str, list[str]] = {}
    name = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("[") and text.endswith("]"):
            name = text[1:-1]
            sections.setdefault(name, [])
        elif name:
            sections[name].append(text)
        else:
            raise ValueError(f"{path.name}, line {number}: put a [section] before the first line.")
    return {name: tuple(lines) for name, lines in sections.items()}


class Phrases:
    """The phrases of one section, to be found in messages that `nlp.companion.folding.fold` has folded.

    Raises:
        ValueError: a phrase is not of the form told above.
    """

    def __init__(self, lines: Iterable[str], sets: Sequence[str] = ()) -> None:
        named = dict(line.split(": ", 1) for line in sets)
        self._phrases = [[_Part(part, named) for part in line.split()] for line in lines]
        self._by_first: dict[str, list[list[_Part]]] = {}
        for phrase in self._phrases:
            for first in _first_tokens(phrase):
                self._by_first.setdefault(first, []).append(phrase)
        self._compiled: dict[str, re.Pattern[str]] = {}

    def found_in(self, folded: str) -> bool:
        """Whether one of the phrases stands in the folded message."""
        return next(self._spans(folded), None) is not None

    def without(self, folded: str) -> str:
        """The folded message with `TAKEN_OUT` in the place of each phrase."""
        kept, end = "", 0
        for start, stop in self._spans(folded):
            if start >= end:
                kept, end = kept + folded[end:start] + TAKEN_OUT, stop
        return kept + folded[end:]

    def words(self) -> set[str]:
        """Every word of a spaced script that the phrases hold, folded."""
        parts = (part for phrase in self._phrases for part in phrase)
        return {word for part in parts for each in part.alternatives for word in each.split() if word.isalnum()}

    def typable(self) -> set[str]:
        """Those of them that are also to be found with a slip of the finger."""
        parts = (part for phrase in self._phrases for part in phrase if part.typable)
        words = (each.strip() for part in parts for each in part.alternatives)
        return {word for word in words if word.isalnum() and len(word) >= LEAST_TYPABLE}

    def _spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where phrases stand, from left to right; the one at a place is any of those that begin there."""
        for word in _WORD.finditer(folded):
            if word[1] in self._by_first and (found := self._beginning_with(word[1]).match(folded, word.start())):
                yield word.start(), found.end()

    def _beginning_with(self, token: str) -> re.Pattern[str]:
        """The phrases that can begin with `token`; compiled when it is met, since few of them are ever needed."""
        if token not in self._compiled:
            patterns = ("".join(part.pattern for part in phrase) for phrase in self._by_first[token])
            self._compiled[token] = re.compile("|".join(patterns))
        return self._compiled[token]


class _Part:
    """One part of a phrase."""

    def __init__(self, text: str, sets: Mapping[str, str]) -> None:
        self.is_gap = text == GAP
        self.optional = text.endswith("?") or self.is_gap
        self.typable = text.startswith("~")
        each = [] if self.is_gap else _expanded(text.removesuffix("?").removeprefix("~"), sets)
        self.alternatives = [f"{one} " if one in SIGNS else tokens_of(one.replace("_", " ")) for one in each]
        """Each as it stands in a folded message."""
        if not self.is_gap and not all(self.alternatives):
            raise ValueError(
                f"{text}: a part of a phrase, and each side of a |, holds letters or is one of {' '.join(SIGNS)}."
            )

    @property
    def pattern(self) -> str:
        """A regular expression for folded messages."""
        if self.is_gap:
            return _GAP_PATTERN
        return f"(?:{'|'.join(map(re.escape, self.alternatives))})" + "?" * self.optional


def _expanded(text: str, sets: Mapping[str, str]) -> list[str]:
    """The alternatives of a part, sets among them resolved."""
    each: list[str] = []
    for alternative in text.split("|"):
        if not alternative.startswith("@"):
            each.append(alternative)
        elif alternative[1:] in sets:
            each += _expanded(sets[alternative[1:]], sets)
        else:
            raise ValueError(f"{alternative}: no such set.")
    return each


def _first_tokens(phrase: Sequence[_Part]) -> set[str]:
    """The tokens that `phrase` can begin with."""
    first: set[str] = set()
    for part in phrase:
        first |= {one.split()[0] for one in part.alternatives}
        if part.is_gap:
            break
        if not part.optional:
            return first
    raise ValueError("A phrase begins with a word, not with a gap, and holds one that must be there.")
