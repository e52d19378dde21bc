"""Outputs that state what their source states come first; where none does, a piece of the source itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from nlp.article_text import clean_markup
from nlp.config import SearchConfig
from nlp.constraints import contains_word, width
from nlp.facts import Evidence
from nlp.facts.extract import best_extract

UNSUPPORTED = "unsupported: no output was found without {facts}, of which the text says nothing; {instead}"
EXTRACTED = "the first one is a piece of the text instead"
NOT_EXTRACTED = "and no piece of the text keeps the rules"

MIN_CANDIDATES = 5
"""Outputs to search for when one faithful one is wanted: with fewer, more sources end with a piece of their text."""


class HasText(Protocol):
    """A candidate: all that is asked of it is its text."""

    @property
    def text(self) -> str: ...


Candidate = TypeVar("Candidate", bound=HasText)


@dataclass(frozen=True)
class Faithful(Generic[Candidate]):
    """Candidates in a faithful order."""

    candidates: tuple[Candidate, ...]
    """The fewer unsupported facts, the earlier; among equals in the order in which they came."""
    extract: str
    """A piece of the source, to stand before all candidates; empty where a candidate is supported or none is fit."""
    warning: str
    """To show with the outputs; empty where the first candidate is supported."""


def prefer_supported(
    candidates: Sequence[Candidate],
    source: str,
    *,
    ordinary: Collection[str] = (),
    max_characters: float = 0.0,
    acceptable: Callable[[str], bool] = lambda text: True,
    demanded: str = "",
) -> Faithful[Candidate]:
    """Order `candidates` (best first) by how many of their facts `source` does not support.

    Args:
        source: the whole article as it came, not cut to a model's limit.
        ordinary: words that are no names, from `nlp.facts.ordinary_words`.
        max_characters: widest extract; 0 leaves it to `best_extract`.
        demanded: a word that outputs must hold, and which nobody can be blamed for.
        acceptable: tells whether an extract keeps the rules that outputs must keep, such as blocked words.
    """
    source = clean_markup(source)
    evidence = Evidence(source)
    facts = [
        tuple(fact for fact in evidence.lacks(candidate.text, ordinary) if not contains_word(demanded, fact))
        for candidate in candidates
    ]
    order = sorted(range(len(candidates)), key=lambda position: len(facts[position]))
    ordered = tuple(candidates[position] for position in order)
    if not order or not facts[order[0]]:
        return Faithful(ordered, "", "")
    extract = best_extract(source, max_characters)
    extract = extract if extract and acceptable(extract) else ""
    missing = ", ".join(facts[order[0]])
    return Faithful(
        ordered, extract, UNSUPPORTED.format(facts=missing, instead=EXTRACTED if extract else NOT_EXTRACTED)
    )


def keeps_rules(text: str, config: SearchConfig) -> bool:
    """Whether a text that no search wrote keeps the rules about text in `config`: its width, and its words."""
    wide = width(text)
    return (
        wide >= config.min_characters
        and not (config.max_characters and wide > config.max_characters)
        and contains_word(text, config.required_word)
        and not any(contains_word(text, word) for word in config.blocked_words)
    )
