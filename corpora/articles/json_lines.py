"""Articles from JSON Lines: one object a line, the article in one of its fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from corpora.articles.lines import Line, not_utf8
from corpora.articles.record import Columns, InputRecord, make_record, missing_name

JSON_LINE_BYTES = 8 * 1024 * 1024


def json_records(lines: Iterable[Line], columns: Columns, name: str) -> Iterator[InputRecord]:
    """Yield the article of each line; a line that is no object with the wanted fields yields an error."""
    for line in lines:
        identity, where = str(line.number), f"{name}, line {line.number}"
        try:
            if line.cut:
                raise ValueError(f"the line is longer than {JSON_LINE_BYTES:,} bytes")
            fields = _json_object(line)
            if columns.id is not None:
                identity = _json_id(fields, columns.id)
            text = _json_field(fields, columns.text or "text")
            if not isinstance(text, str):
                raise ValueError(f"field {columns.text or 'text'!r} is no string but {_json_kind(text)}")
            yield make_record(identity, text, where + f", field {columns.text or 'text'!r}")
        except ValueError as error:
            yield InputRecord(identity, "", f"{where}: {error}")


def _json_object(line: Line) -> dict[str, object]:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise ValueError(not_utf8(error)) from None
    if not text.strip():
        raise ValueError("the line is empty")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"broken JSON: {error.msg} at character {error.pos + 1}") from None
    except (ValueError, RecursionError):
        raise ValueError("broken JSON: nested too deeply, or a number too long") from None
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object {{...}} is wanted, not {_json_kind(value)}")
    return value


def _json_field(fields: dict[str, object], wanted: str) -> object:
    if wanted not in fields:
        raise ValueError(missing_name("field", wanted, list(fields)))
    return fields[wanted]


def _json_id(fields: dict[str, object], wanted: str) -> str:
    value = _json_field(fields, wanted)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"field {wanted!r} is neither string nor number but {_json_kind(value)}")
    return str(value)


def _json_kind(value: object) -> str:
    kinds = {type(None): "null", bool: "true or false", str: "a string", list: "a list", dict: "an object"}
    return kinds.get(type(value), "a number")
