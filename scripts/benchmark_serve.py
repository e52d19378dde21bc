"""Speed of a loaded model: one chat reply, batches of every strategy, and what the graphs alone would allow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from nlp.config import SearchConfig
from nlp.generator import TextGenerator
from scripts.benchmark_parts import time_parts
from scripts.benchmark_rows import Row
from scripts.benchmark_texts import SOURCE_TOKENS, sample_sources

BATCHES = (1, 16, 64)
TOP_K = 40
REPLY_SOURCE_TOKENS, REPLY_TOKENS = 20, 12
REPLIES_PER_ROUND = 10
STRATEGIES = {"greedy": "greedy", "beam_5": "beam 5", "sampling": f"sampling, top-k {TOP_K}"}
"""Keys of the strategies, and what they are called."""

Sources = Sequence[Sequence[str]]


def settings(search: SearchConfig, strategy: str) -> SearchConfig:
    """The model's own search settings, with the width and the way of a strategy."""
    if strategy == "sampling":
        return replace(search, strategy="sampling", top_k=TOP_K, beam_size=1, n_best=1, seed=1)
    return replace(search, strategy="beam", beam_size=5 if strategy == "beam_5" else 1, n_best=1)


def as_sources(texts: Sequence[str]) -> Sources:
    """Texts as a generator takes them: each a source of one turn."""
    return [(text,) for text in texts]


def measure_reply(bundle: Path, rounds: int) -> Iterator[Row]:
    """CPU and wall time of one reply on one thread: 20 source tokens, 12 reply tokens, beam 5, nobody else waiting."""
    generator = TextGenerator.load(bundle, threads=1)
    cpu, wall = reply_milliseconds([generator], bundle, rounds)[0]
    group = (
        f"One chat reply ({REPLY_SOURCE_TOKENS} source tokens, {REPLY_TOKENS} reply tokens, beam 5, one thread; median)"
    )
    yield Row(group, "reply_cpu_ms", "processor time", cpu, "ms")
    yield Row(group, "reply_wall_ms", "on the clock", wall, "ms")


def reply_milliseconds(generators: Sequence[TextGenerator], bundle: Path, rounds: int) -> list[tuple[float, float]]:
    """Median (CPU, wall) milliseconds of a reply of each generator; they take turns, so that all meet one noise."""
    sources = [[source] for source in as_sources(sample_sources(bundle, REPLIES_PER_ROUND, REPLY_SOURCE_TOKENS))]
    configs = [_reply_settings(generator.search) for generator in generators]
    times: list[list[tuple[float, float]]] = [[] for _ in generators]
    for source in [sources[0], *sources * rounds]:
        for index, generator in enumerate(generators):
            cpu, wall = time.process_time(), time.perf_counter()
            generator.generate(source, configs[index])
            times[index].append((time.process_time() - cpu, time.perf_counter() - wall))
    return [
        (1000 * median(cpu for cpu, _ in each[1:]), 1000 * median(wall for _, wall in each[1:])) for each in times
    ]  # the first is warming up


def _reply_settings(search: SearchConfig) -> SearchConfig:
    return replace(
        settings(search, "beam_5"),
        min_target_tokens=REPLY_TOKENS,
        max_target_tokens=REPLY_TOKENS,
        min_characters=0.0,
        max_characters=0.0,
        required_word="",
    )


def measure_throughput(bundle: Path, threads: int, rounds: int) -> Iterator[Row]:
    """Outputs per second of each strategy and batch size, then where the time of the largest batch goes."""
    generator = TextGenerator.load(bundle, threads=threads)
    group = f"Outputs of {SOURCE_TOKENS}-token sources (median)"
    for strategy, name in STRATEGIES.items():
        config = settings(generator.search, strategy)
        for count in BATCHES:
            sources = as_sources(sample_sources(bundle, count))
            [seconds] = median_seconds([lambda s=sources, c=config: generator.generate(s, c)], rounds)  # type: ignore[misc]
            label = f"{name}, {count} source{'s' if count > 1 else ''} at a time"
            yield Row(group, f"{strategy}_{count}_outputs_per_s", label, count / seconds, "outputs/s")
    yield from _bounds(generator, as_sources(sample_sources(bundle, BATCHES[-1])), rounds)


def _bounds(generator: TextGenerator, sources: Sources, rounds: int) -> Iterator[Row]:
    shares: list[Row] = []
    bounds = f"What the graphs alone would allow ({len(sources)} sources at a time)"
    for strategy, name in STRATEGIES.items():
        spent = time_parts(generator, sources, settings(generator.search, strategy), rounds)
        whole, graphs = sum(spent.values()), spent["encoder"] + spent["step_graph"]
        bound = rounds * len(sources) / graphs
        yield Row(bounds, f"{strategy}_bound_outputs_per_s", f"{name}, nothing but the graphs", bound, "outputs/s")
        yield Row(bounds, f"{strategy}_percent_of_bound", f"{name}, the whole path", 100 * graphs / whole, "% of that")
        if strategy == "beam_5":
            group = f"Share of the time ({name}, {len(sources)} sources at a time)"
            shares = [
                Row(group, f"share_{part}_percent", part.replace("_", " "), 100 * seconds / whole, "%")
                for part, seconds in spent.items()
            ]
    yield from shares


def median_seconds(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Median seconds of each of `works`, after one round of warming up; they take turns."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 1):
        for index, work in enumerate(works):
            started = time.perf_counter()
            work()
            times[index].append(time.perf_counter() - started)
    return [median(each[1:]) for each in times]
