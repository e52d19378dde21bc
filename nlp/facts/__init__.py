"""What a text states that can be checked word by word: its numbers, its names in Latin letters, its quoted titles.

`unsupported_facts` says which of these an output has and its source has not. It errs towards silence: a fact that some
form of the source carries counts as supported. `numbers`, `names` and `quotations` hold one kind each.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from nlp.facts.names import NameIndex, names_of, ordinary_words
from nlp.facts.numbers import NUMERALS, Number, numbers_of
from nlp.facts.quotations import quotations_of, stands_in
from nlp.text import normalize

__all__ = ["Evidence", "Facts", "facts_of", "ordinary_words", "unsupported_facts"]


@dataclass(frozen=True)
class Facts:
    """The facts of one text, each kind in the order in which they stand in it."""

    numbers: tuple[Number, ...]
    names: tuple[str, ...]
    quotations: tuple[str, ...]
    """What stands between 《》, or between quotation marks."""


def facts_of(text: str, ordinary: Collection[str] = (), shouted: bool = False) -> Facts:
    """The facts that `text` claims; `ordinary` (see `ordinary_words`) helps to tell English names from other words.

    `shouted` says that its capitals tell nothing, as where its source is in capitals too (see `names_of`).
    """
    text = normalize(text)
    numbers = tuple(number for number in numbers_of(text) if number.is_claim)
    return Facts(numbers, tuple(names_of(text, ordinary, shouted)), tuple(quotations_of(text)))


def unsupported_facts(output: str, source: str, ordinary: Collection[str] = ()) -> tuple[str, ...]:
    """The facts of `output` that `source` has in no form, as they stand in `output`: numbers, names, quotations.

    A number may be written in another way, and rounded; a name may be a plural, a possessive or an acronym.
    """
    return Evidence(source).lacks(output, ordinary)


class Evidence:
    """A text that outputs are held against; what it has is looked up once for all of them."""

    def __init__(self, text: str) -> None:
        self._text = normalize(text)
        self._names = NameIndex(self._text)

    def lacks(self, output: str, ordinary: Collection[str] = ()) -> tuple[str, ...]:
        """As `unsupported_facts`."""
        facts = facts_of(output, ordinary, self._text.isupper())
        numbers = (number.text for number in facts.numbers if not self._has_number(number))
        quotations = (quotation for quotation in facts.quotations if not stands_in(quotation, self._text))
        return tuple(dict.fromkeys((*numbers, *self._unknown(facts.names), *quotations)))

    @cached_property
    def _numbers(self) -> tuple[Number, ...]:
        return tuple(numbers_of(self._text))

    def _has_number(self, number: Number) -> bool:
        return number.is_supported_by(self._numbers) or (not number.unit and self._is_written(number.text))

    def _is_written(self, number: str) -> bool:
        """Whether the text has the number letter by letter, and not as a piece of another one."""
        around = f"A-Za-z\\d{NUMERALS}"
        pattern = rf"(?<![{around}])(?<!\d[.,]){re.escape(number)}(?![{around}])(?![.,]\d)"
        return re.search(pattern, self._text, re.IGNORECASE) is not None

    def _unknown(self, names: tuple[str, ...]) -> list[str]:
        runs = (names[start : start + size] for start in range(len(names)) for size in (2, 3, 4))
        spelt_out = {
            name for run in runs if self._names.has_initials(run) or self._names.has_joined(run) for name in run
        }
        return [name for name in names if name not in spelt_out and not self._names.has(name)]
