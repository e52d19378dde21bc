"""The libraries behind the metrics: they belong to the `evaluate` extra, not to serving, so they may be missing."""

from __future__ import annotations

from importlib.util import find_spec

from nlp.errors import UsageError, how_to_install


def missing_library(name: str) -> UsageError:
    """The error to raise when library `name` cannot be imported."""
    return UsageError(f"Evaluating needs the library {name}, which is not installed. {how_to_install('evaluate')}")


def require_libraries() -> None:
    """Ask for everything that scoring will need, before a long generation rather than after it.

    Raises:
        UsageError: one is not installed.
    """
    for module, name in (("rouge_score", "rouge-score"), ("sacrebleu", "sacrebleu")):
        if find_spec(module) is None:
            raise missing_library(name)
