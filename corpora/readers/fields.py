"""From raw values to the fields of a record: one set of rules for all formats."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from corpora.pairs import Pair
from corpora.readers.problems import FieldError

TURN_SEPARATOR = " __eot__ "
"""Joins the turns of a source that is one string."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Columns:
    """Names of the columns (CSV) or keys (JSONL) that hold the fields. TSV has no names and ignores them.

    With `weight` or `conversation` unnamed, JSONL still takes keys of these names where an object has them.
    """

    source: str = "source"
    target: str = "target"
    weight: str | None = None
    conversation: str | None = None


class Parsed(NamedTuple):
    """What one line says."""

    pair: Pair
    conversation: str | None = None


def text_field(value: object, field: str) -> str:
    """`value` if it is text that UTF-8 can hold.

    Raises:
        FieldError: it is no string, or came from bytes that are not UTF-8.
    """
    if not isinstance(value, str):
        raise FieldError(field, f"text is wanted, not {_json_name(value)}.")
    if not value.isascii() and (found := _SURROGATE.search(value)):
        code = ord(found.group())
        what = f"byte 0x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}, half a character,"
        raise FieldError(field, f"{what} after {found.start()} characters is not UTF-8; save the file as UTF-8.")
    return value


def turns_field(value: object, field: str) -> tuple[str, ...]:
    """Turns from one string (split at ` __eot__ `) or from a list of strings.

    Raises:
        FieldError: neither of these, an empty list, or text that is not UTF-8.
    """
    if isinstance(value, list):
        if not value:
            raise FieldError(field, "the list of turns is empty.")
        return tuple(text_field(item, f"{field}[{index}]") for index, item in enumerate(value))
    return tuple(text_field(value, field).split(TURN_SEPARATOR))


def weight_field(value: object, field: str) -> float:
    """A weight from a number or from its text.

    Raises:
        FieldError: no number, not finite, or not above 0.
    """
    try:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise ValueError
        weight = float(value)
    except (ValueError, OverflowError):
        raise FieldError(field, f"a number is wanted, not {str(value)[:40]!r}.") from None
    if not math.isfinite(weight) or weight <= 0:
        raise FieldError(field, f"{weight} cannot be a weight; it must be above 0 and finite.")
    return weight


def conversation_field(value: object, field: str) -> str | None:
    """The identity of a conversation from text or a whole number; None for empty text.

    Raises:
        FieldError: neither text nor a whole number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_field(value, field) or None


def missing(name: str, present: Iterable[str]) -> str:
    """Message for a column that is not there: the near names, and those that are."""
    names = list(present)
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    shown = ", ".join(map(repr, names[:20])) or "none"
    return f"there is no column {name!r}.{hint} Present: {shown}."


def _json_name(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
