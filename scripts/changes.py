"""`--set section.key=value`: changes to settings from the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from nlp.errors import UsageError


def apply_change(values: dict[str, Any], change: str, sections: Iterable[str]) -> None:
    """Put one `section.key=value` text into a recipe's values, in place.

    Raises:
        UsageError: it is not of that form, or its section is none of `sections`.
    """
    key, separator, text = change.partition("=")
    section, dot, name = key.strip().partition(".")
    if not separator or not dot or section not in sections:
        example = "train.epochs=3" if "train" in sections else "search.beam_size=3"
        raise UsageError(
            f"--set {change}: write section.key=value, where section is one of {', '.join(sections)}; "
            f"for instance --set {example}."
        )
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    table = values.setdefault(section, {})
    if isinstance(table, dict):  # if not, reading the section says what is wrong
        table[name] = value
