"""Slips of typing: neighbouring keys, lost, doubled and swapped letters, and characters that sound alike."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from corpora.errors import CorpusError

Kind = Literal["neighbour", "drop", "double", "swap", "sound"]


@dataclass(frozen=True)
class Slips:
    """The slips of one language."""

    kinds: tuple[Kind, ...]
    """Those that happen; one that is named twice happens twice as often."""
    words: re.Pattern[str]
    """Runs of characters in which neighbours may be lost, doubled or swapped; the first is never touched."""
    protected: frozenset[str]
    """Characters that carry the meaning, such as a negation: never touched."""
    neighbours: Mapping[str, str]
    """Keys around a key."""
    sounds: Mapping[str, tuple[str, ...]]
    """Texts, and what is typed for them by ear."""

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Slips:
        """The table `[slips]` of a grammar.

        Raises:
            CorpusError: a kind is unknown.
        """
        kinds = tuple(values["kinds"])
        if unknown := set(kinds) - set(get_args(Kind)):
            raise CorpusError(f"unknown kind of slip {min(unknown)!r}; kinds are {', '.join(get_args(Kind))}.")
        sounds = {text: tuple(others) for text, others in values["sounds"].items()}
        return cls(
            kinds,
            re.compile(values["words"]),
            frozenset(values["protected"]),
            dict(values["neighbours"]),
            sounds,
        )

    def apply(self, text: str, chance: random.Random) -> str:
        """`text` with one slip in it; unchanged where there is no place for the kind that was drawn."""
        kind = chance.choice(self.kinds)
        if kind == "sound":
            return self._by_ear(text, chance)
        places = [
            place
            for word in self.words.finditer(text)
            for place in range(word.start() + (2 if kind == "swap" else 1), word.end())
            if self.protected.isdisjoint(text[place - 1 : place + 1])
        ]
        return self._at(text, chance.choice(places), kind, chance) if places else text

    def _by_ear(self, text: str, chance: random.Random) -> str:
        found = [sound for sound in self.sounds if sound in text]
        if not found:
            return text
        sound = chance.choice(found)
        return text.replace(sound, chance.choice(self.sounds[sound]), 1)

    def _at(self, text: str, place: int, kind: Kind, chance: random.Random) -> str:
        before, here, after = text[:place], text[place], text[place + 1 :]
        match kind:
            case "drop":
                return before + after
            case "double":
                return before + here + here + after
            case "swap":
                return before[:-1] + here + before[-1] + after
            case _:
                return before + chance.choice(self.neighbours.get(here, here)) + after
