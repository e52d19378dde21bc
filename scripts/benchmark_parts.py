"""Where the time of decoding goes: clocks around the parts of a generator, while it works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nlp.config import SearchConfig
from nlp.generator import TextGenerator


def time_parts(
    generator: TextGenerator, sources: Sequence[Sequence[str]], config: SearchConfig, rounds: int
) -> dict[str, float]:
    """Seconds spent in `tokenizer`, `encoder`, `step_graph` and `search` (all the rest) over `rounds` runs.

    The clocks of the graphs stand around the engine's calls, which do little but run them.
    """
    spent = {"tokenizer": 0.0, "encoder": 0.0, "step_graph": 0.0}
    parts = (
        (generator.tokenizer, "encode", "tokenizer"),
        (generator.tokenizer, "decode", "tokenizer"),
        (generator.engine, "start", "encoder"),
        (generator.engine, "step", "step_graph"),
    )
    generator.generate(sources, config)
    with _clocks(parts, spent):
        started = time.perf_counter()
        for _ in range(rounds):
            generator.generate(sources, config)
        whole = time.perf_counter() - started
    return {**spent, "search": whole - sum(spent.values())}


@contextmanager
def _clocks(parts: Sequence[tuple[Any, str, str]], spent: dict[str, float]) -> Iterator[None]:
    """Add the time spent in methods (object, method, label) to `spent`, while the context lasts."""

    def clocked(method: Callable[..., Any], label: str) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            started = time.perf_counter()
            try:
                return method(*arguments, **options)
            finally:
                spent[label] += time.perf_counter() - started

        return timed

    for owner, name, label in parts:
        setattr(owner, name, clocked(getattr(owner, name), label))
    try:
        yield
    finally:
        for owner, name, _ in parts:
            delattr(owner, name)
