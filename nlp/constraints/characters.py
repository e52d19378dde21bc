"""Rules about the width of an output, counted as readers and editors count it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.constraints.edits import Edits, Prefixes

_NEVER_TOO_WIDE = np.iinfo(np.int64).min
_ENDLESS = np.iinfo(np.int32).max


def width(text: str) -> float:
    """Characters of `text` as readers count them: a full-width one is 1, a half-width one 0.5.

    Full width has what Unicode calls wide or full-width (Han, kana, Chinese punctuation), and the punctuation whose
    width it leaves open, such as the Chinese quotation marks, dash and ellipsis, because a headline must fit where they
    are wide. All else is half width: Latin letters, digits, and each space inside the text. Spaces at the ends and
    accents that are characters of their own count nothing.
    """
    return _halves(text.strip()) / 2


def _halves(text: str) -> int:
    # Half characters, because whole numbers add up exactly.
    return len(text) if text.isascii() else sum(map(_halves_of, text))


@cache
def _halves_of(character: str) -> int:
    category, east_asian = unicodedata.category(character), unicodedata.east_asian_width(character)
    if category in ("Mn", "Me"):
        return 0
    return 2 if east_asian in "WF" or (east_asian == "A" and category.startswith("P")) else 1


@dataclass(frozen=True)
class MaximumCharacters:
    """The output is at most `maximum` wide (see `width`); EOS always stays possible."""

    maximum: float
    surfaces: Sequence[str] = field(repr=False)
    hard: ClassVar[bool] = True

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule out the tokens for which a row has no room."""
        texts = prefixes.texts
        barred = [self._costs.after(text).above(_room(text, self.maximum)) for text in texts]
        for row, unknown in prefixes.unknown_words():
            costs = _unknown_costs(unknown, len(self.surfaces)).after(texts[row])
            barred[row] = np.concatenate([barred[row], costs.above(_room(texts[row], self.maximum))])
        return Edits.forbidding_each(barred)

    @cached_property
    def _costs(self) -> _CostsByPlace:
        return _costs_of(tuple(self.surfaces))


@dataclass(frozen=True)
class MinimumCharacters:
    """The output is at least `minimum` wide (see `width`), where `maximum` (0: there is none) leaves room for that.

    The maximum wins: when no token that can be seen fits any more, the output may end below the minimum.
    """

    minimum: float
    maximum: float
    surfaces: Sequence[str] = field(repr=False)
    hard: ClassVar[bool] = False

    def edits(self, prefixes: Prefixes) -> Edits:
        """Rule EOS out while a row is too narrow and can still grow."""
        texts, unknown = prefixes.texts, dict(prefixes.unknown_words())
        narrow = [
            row
            for row, text in enumerate(texts)
            if width(text) < self.minimum and self._can_grow(text, unknown.get(row, ()))
        ]
        return Edits.forbidding_end(np.array(narrow, np.int64))

    def _can_grow(self, text: str, unknown: tuple[str, ...]) -> bool:
        if not self.maximum:
            return True
        least = self._costs.after(text).least
        if unknown:
            least = min(least, _unknown_costs(unknown, len(self.surfaces)).after(text).least)
        return least <= _room(text, self.maximum)

    @cached_property
    def _costs(self) -> _CostsByPlace:
        return _costs_of(tuple(self.surfaces))


def _room(text: str, maximum: float) -> int:
    return int(min(2 * maximum, _ENDLESS)) - _halves(text)


class _Costs:
    """By how many half characters each of the tokens from id `first` on makes a text wider, sorted by it."""

    def __init__(self, surfaces: Sequence[str], first: int) -> None:
        # A token without anything to see only makes the text's end a space, which counts once something follows.
        costs = np.array([_halves(s.rstrip()) if s.strip() else _NEVER_TOO_WIDE for s in surfaces], np.int64)
        order = np.argsort(costs, kind="stable")
        self._tokens, self._sorted = order + first, costs[order]
        visible = self._sorted[self._sorted > 0]
        self.least = int(visible[0]) if len(visible) else _ENDLESS + 1

    def above(self, room: int) -> NDArray[np.int64]:
        """The tokens that cost more than `room`."""
        return self._tokens[np.searchsorted(self._sorted, room, side="right") :]


class _CostsByPlace(NamedTuple):
    spaced: _Costs
    """At the start of a text and after a space, where spaces in front of a token vanish."""
    joined: _Costs
    """Elsewhere."""

    def after(self, text: str) -> _Costs:
        return self.spaced if not text or text[-1] == " " else self.joined


@lru_cache(maxsize=8)  # once for a tokenizer, not for each search
def _costs_of(surfaces: tuple[str, ...]) -> _CostsByPlace:
    return _costs_by_place(surfaces, 0)


@lru_cache(maxsize=256)  # the sources of a batch, each with words of its own
def _unknown_costs(surfaces: tuple[str, ...], first: int) -> _CostsByPlace:
    return _costs_by_place(surfaces, first)


def _costs_by_place(surfaces: Sequence[str], first: int) -> _CostsByPlace:
    return _CostsByPlace(_Costs([surface.lstrip() for surface in surfaces], first), _Costs(surfaces, first))
