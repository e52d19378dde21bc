"""What callers hand to a generator, checked, with words for what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nlp.config import SearchConfig
from nlp.errors import UsageError


def checked_sources(sources: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """The sources as tuples of turns.

    Raises:
        UsageError: they are none.
    """
    if isinstance(sources, str | bytes | Mapping) or not isinstance(sources, Iterable):
        raise UsageError(f"Sources are a list with one sequence of turns for each text; this is {kind_of(sources)}.")
    return [checked_texts(turns, f"source {number}") for number, turns in enumerate(sources, start=1)]


def checked_texts(texts: Iterable[str], name: str) -> tuple[str, ...]:
    """`texts`, which messages call `name`, as a tuple of str.

    Raises:
        UsageError: they are none.
    """
    if isinstance(texts, str):
        raise UsageError(f"{name}: a sequence of turns or texts is wanted: pass (text,) and not text.")
    if isinstance(texts, bytes | Mapping) or not isinstance(texts, Iterable):
        raise UsageError(f"{name}: a sequence of str is wanted; this is {kind_of(texts)}.")
    checked = tuple(texts)
    for text in checked:
        if not isinstance(text, str):
            raise UsageError(f"{name}: every turn or text is a str; {kind_of(text)} is among them.")
    return checked


def check_search(search: object) -> None:
    """See that `search` is a SearchConfig or None.

    Raises:
        UsageError: it is something else.
    """
    if search is not None and not isinstance(search, SearchConfig):
        raise UsageError(
            f"Search settings are a SearchConfig, such as SearchConfig(beam_size=1), not {kind_of(search)}."
        )


def kind_of(value: object) -> str:
    """What a value is, for a message."""
    return "None" if value is None else f"of type {type(value).__name__}"
