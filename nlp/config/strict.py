"""Strict reading: a typing error in a recipe never becomes a silent default."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from nlp.errors import ConfigError

C = TypeVar("C")


def require(condition: bool, name: str, value: object, wanted: str) -> None:
    """See that a value can work.

    Raises:
        ConfigError: it cannot; the message says what it must be.
    """
    if not condition:
        raise ConfigError(f"{name} = {value!r} cannot work; it must be {wanted}.")


def read_config(kind: type[C], values: Mapping[str, Any], where: str) -> C:
    """Build the configuration dataclass `kind` from `values`.

    `where` names the place for error messages, such as `recipe.toml [train]`.

    Raises:
        ConfigError: an unknown key (near names are suggested), a wrong type, or a value out of range.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where}: a table of keys and values is wanted, not {values!r}.")
    hints = typing.get_type_hints(kind)
    for key in values:
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known keys: {', '.join(sorted(hints))}."
            raise ConfigError(f"{where}: unknown key {key!r}.{hint}")
    typed = {key: _typed(value, hints[key], f"{where}: {key}") for key, value in values.items()}
    try:
        return kind(**typed)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    except TypeError:
        missing = [
            f.name
            for f in dataclasses.fields(typing.cast(Any, kind))
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING and f.name not in typed
        ]
        raise ConfigError(f"{where}: missing {', '.join(missing)}.") from None


def _typed(value: Any, hint: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value not in arguments:
            raise ConfigError(f"{where} = {value!r}; choose one of {', '.join(map(repr, arguments))}.")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where} = {value!r}; a list is wanted.")
        return tuple(_typed(item, arguments[0], where) for item in value)
    if origin is types.UnionType:
        return None if value is None else _typed(value, next(a for a in arguments if a is not type(None)), where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} = {value!r}; {hint.__name__} is wanted, not {type(value).__name__}.")
    return value
