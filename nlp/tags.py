"""Tags in place of dates, numbers and Latin names, and the values put back under them.

The classic Chinese headline systems replaced what no vocabulary can hold by TAG_DATE, TAG_NUMBER and TAG_NAME_EN. A tag
is one character of Unicode's private use area, which `nlp.text.normalize` takes out of every text: nobody can type one,
and every tokenizer keeps it apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.text import has_han

DATE, NUMBER, NAME = "\ue000", "\ue001", "\ue002"
TAG_NAMES = {DATE: "TAG_DATE", NUMBER: "TAG_NUMBER", NAME: "TAG_NAME_EN"}
"""Each tag and what pictures and messages call it."""

_MONTHS = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    "Nov(?:ember)?|Dec(?:ember)?"
)
_TAGGED = re.compile(
    rf"(?P<date>\d{{4}}年(?:\d{{1,2}}月(?:\d{{1,2}}[日号])?)?|\d{{1,2}}月(?:\d{{1,2}}[日号])?|\d{{1,2}}[日号]"
    rf"|\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}|\b(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:, \d{{4}})?)"
    r"|(?P<number>\d+(?:[.,:]\d+)*)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9]*(?:[-&+.'][A-Za-z0-9]+)*)"
)
_TAG_OF_GROUP = {"date": DATE, "number": NUMBER, "name": NAME}


@dataclass(frozen=True)
class Tagged:
    """A text with tags, and what they stand for."""

    text: str
    values: tuple[tuple[str, str], ...]
    """(tag, value) in the order in which the tags stand in `text`."""


def tag(text: str) -> Tagged:
    """Put tags in place of the dates, numbers and, in a Chinese text, words in Latin letters of a normalised text."""
    values: list[tuple[str, str]] = []

    def replaced(kind: str, value: str) -> str:
        values.append((kind, value))
        return kind

    return Tagged(_replaced(text, replaced), tuple(values))


def _replaced(text: str, replace: Callable[[str, str], str]) -> str:
    """`text` with `replace(tag, value)` for each value in it."""
    names = has_han(text)

    def of_match(match: re.Match[str]) -> str:
        kind = _TAG_OF_GROUP[match.lastgroup or "number"]
        return match.group() if kind == NAME and not names else replace(kind, match.group())

    return _TAGGED.sub(of_match, text)


def tag_target(text: str, source: Sequence[tuple[str, str]]) -> str:
    """`text` with tags only for values that its source has: one that it has not could never be put back."""
    known = set(source)
    return _replaced(text, lambda kind, value: kind if (kind, value) in known else value)


def put_back(
    output: Sequence[str], attention: NDArray[np.float32], source: Sequence[str], values: Sequence[tuple[str, str]]
) -> list[str] | None:
    """The surfaces of an output with a value in place of each tag: that of the most attended tag of its kind.

    Args:
        output: (T,) surfaces of the output's tokens.
        attention: (T, S) what each of them attended to.
        source: (S,) surfaces of the source's tokens.
        values: what the tags of the source stand for, in their order; those past a cut are not in `source`.

    Returns:
        None where a tag has no value left: each is used once.
    """
    tags = [(place, letter) for place, surface in enumerate(source) for letter in surface if letter in TAG_NAMES]
    free = [(place, value) for (place, _), value in zip(tags, values, strict=False)]
    spelled: list[str] = []
    for step, surface in enumerate(output):
        parts = []
        for letter in surface:
            if letter in TAG_NAMES:
                fitting = [each for each in free if each[1][0] == letter]
                if not fitting:
                    return None
                chosen = max(fitting, key=lambda each: attention[step, each[0]])
                free.remove(chosen)
                letter = chosen[1][1]
            parts.append(letter)
        spelled.append("".join(parts))
    return spelled
