"""Speed of a loaded model: throughput, where the time goes, and the classic way beside it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from nlp.bundle import WEIGHTS_FILE
from nlp.generator import TextGenerator
from nlp.tokenizers import BOS, EOS
from nlp.weights import dequantize, load_weights
from scripts.benchmark_texts import sample_sources

BATCHES, BEAMS = (1, 16, 64), (1, 5)
CLASSIC_SENTENCES, CLASSIC_TOKENS = 3, 12


def measure_speed(bundle: Path, threads: int, rounds: int) -> dict[str, float]:
    """Outputs per second for each batch size and beam, one reply's milliseconds, and the shares of the largest run."""
    generator = TextGenerator.load(bundle, threads=threads)
    figures: dict[str, float] = {}
    for beam in BEAMS:
        for count in BATCHES:
            sources = [(text,) for text in sample_sources(bundle, count)]
            config = replace(generator.search, beam_size=beam, n_best=1)
            seconds = _median_seconds(lambda s=sources, c=config: generator.generate(s, c), rounds)  # type: ignore[misc]
            figures[f"beam_{beam}_batch_{count}_outputs_per_s"] = count / seconds
    return figures | _shares(generator, [(text,) for text in sample_sources(bundle, BATCHES[-1])], rounds)


def _median_seconds(work: Callable[[], object], rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return median(times)


def _shares(generator: TextGenerator, sources: Sequence[Sequence[str]], rounds: int) -> dict[str, float]:
    """Percent of the time in each part, from a run with clocks around the parts."""
    spent: dict[str, float] = defaultdict(float)
    parts = (
        (generator.tokenizer, "encode", "tokenizer"),
        (generator.tokenizer, "decode", "tokenizer"),
        (generator.engine, "start", "encoder"),
        (generator.engine, "step", "step_graph"),
    )
    config = replace(generator.search, beam_size=BEAMS[-1], n_best=1)
    with _clocks(parts, spent):
        started = time.perf_counter()
        for _ in range(rounds):
            generator.generate(sources, config)
        whole = time.perf_counter() - started
    spent["search_and_rest"] = whole - sum(spent.values())
    graphs = spent["encoder"] + spent["step_graph"]
    shares = {f"share_{part}_percent": 100 * seconds / whole for part, seconds in spent.items()}
    return {"graphs_alone_outputs_per_s": rounds * len(sources) / graphs, **shares}


@contextmanager
def _clocks(parts: Sequence[tuple[Any, str, str]], spent: dict[str, float]) -> Any:
    """Add the time spent in methods (object, method, label) to `spent`, while the context lasts."""

    def clocked(method: Callable[..., Any], label: str) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            started = time.perf_counter()
            try:
                return method(*arguments)
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


def measure_classic(bundle: Path) -> dict[str, float | str]:
    """The classic tutorial's way with the same weights: Keras' `predict` once per token, one sentence at a time."""
    try:
        from nlp.model import assign_weights, create_model
    except ImportError:
        return {"classic_outputs_per_s": "not measured: needs the train extra"}
    import numpy as np

    generator = TextGenerator.load(bundle)
    model = create_model(generator.model)
    assign_weights(model, dequantize(load_weights(bundle / WEIGHTS_FILE)))

    def decode(ids: list[int]) -> list[int]:
        output = [BOS]
        while len(output) <= CLASSIC_TOKENS:
            logits = model.predict({"source": np.array([ids]), "target": np.array([output])}, verbose=0)
            output.append(int(logits[0, -1].argmax()))
        return output

    encoded = [[*generator.tokenizer.encode(text), EOS] for text in sample_sources(bundle, CLASSIC_SENTENCES)]
    decode(encoded[0])
    started = time.perf_counter()
    for ids in encoded:
        decode(ids)
    return {"classic_outputs_per_s": CLASSIC_SENTENCES / (time.perf_counter() - started)}
