"""JSONL: one object a line, such as `{"turns": ["Hi!"], "target": "Hello."}` or `{"summary": "…", "text": "…"}`.

Rated chat replies (see `corpora.readers.feedback`) are known by their keys.
"""

from __future__ import annotations

import json
from typing import Any

from corpora.pairs import Pair
from corpora.readers.feedback import is_feedback, parse_feedback
from corpora.readers.fields import (
    Columns,
    Parsed,
    conversation_field,
    missing,
    text_field,
    turns_field,
    weight_field,
)
from corpora.readers.problems import FieldError


def parse_jsonl(line: str, columns: Columns) -> Parsed:
    """Parse one line. Without the source's key, `turns` is looked for.

    Raises:
        FieldError: broken JSON, no object, a missing key, or a value of the wrong kind.
    """
    values = _parse_object(line)
    if is_feedback(values) and columns.source not in values:
        return parse_feedback(values)
    source = columns.source if columns.source in values or "turns" not in values else "turns"
    turns = turns_field(_value(values, source), source)
    target = text_field(_value(values, columns.target), columns.target)
    weight_name, conversation_name = columns.weight or "weight", columns.conversation or "conversation"
    weight, conversation = values.get(weight_name), values.get(conversation_name)
    style = text_field(values.get("style") or "", "style")
    return Parsed(
        Pair(turns, target, 1.0 if weight is None else weight_field(weight, weight_name), style),
        None if conversation is None else conversation_field(conversation, conversation_name),
    )


def _parse_object(line: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except RecursionError:
        raise FieldError("line", "the JSON is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise FieldError("line", f"broken JSON at character {error.colno}: {error.msg}.") from None
    except ValueError as error:
        raise FieldError("line", f"JSON that cannot be read: {error}.") from None
    if not isinstance(values, dict):
        raise FieldError("line", 'a JSON object is wanted, one a line, such as {"source": …, "target": …}.')
    return values


def _value(values: dict[str, Any], name: str) -> object:
    if name not in values:
        raise FieldError(name, missing(name, values))
    return values[name]
