"""Titles and words between quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTED = re.compile(
    r"《([^《》]+)》|「([^「」]+)」|『([^『』]+)』|“([^“”]+)”|\"([^\"]+)\"|(?<!\w)'((?:[^']|(?<=\w)'(?=\w)){2,}?)'(?!\w)|‘([^‘’]{2,}?)’(?!\w)"
)


def quotations_of(text: str) -> Iterator[str]:
    """What stands between 《》, or between quotation marks, and has two letters or digits at least."""
    for match in _QUOTED.finditer(text):
        quotation = next(group for group in match.groups() if group is not None)
        if len(_letters(quotation)) > 1:
            yield quotation.strip()


def stands_in(quotation: str, text: str) -> bool:
    """Whether `text` has the letters and digits of `quotation` in the same order and unbroken; case does not count."""
    return _letters(quotation) in _letters(text)


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
