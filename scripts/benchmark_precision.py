"""int8 beside float32: the same weights, written as graphs of the other precision, in turn with the bundle's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from nlp.bundle import PROBE_FILE, WEIGHTS_FILE
from nlp.errors import how_to_install
from nlp.generator import TextGenerator
from nlp.weights import Precision, dequantize, load_weights
from scripts.benchmark_rows import Row
from scripts.benchmark_serve import BATCHES, as_sources, median_seconds, reply_milliseconds, settings
from scripts.benchmark_texts import sample_sources

GROUP = f"int8 beside float32 (beam 5, one thread; {BATCHES[-1]} sources at a time, and one chat reply)"


def measure_precision(bundle: Path, rounds: int) -> Iterator[Row]:
    """Throughput and CPU time of a reply in both precisions; a row saying so where a package to write graphs lacks."""
    own: Precision = "int8" if (bundle / PROBE_FILE).exists() else "float32"
    other: Precision = "float32" if own == "int8" else "int8"
    shipped = TextGenerator.load(bundle, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            rewritten = _rewritten(shipped, bundle, Path(folder), other)
        except ModuleNotFoundError as error:
            missing = f"not measured: {error.name} is not installed"
            yield Row(GROUP, f"{other}_outputs_per_s", other, missing, how_to_install("train"))
            return
        by_precision = {own: shipped, other: rewritten}
        generators = [by_precision["int8"], by_precision["float32"]]
        sources = as_sources(sample_sources(bundle, BATCHES[-1]))
        config = settings(shipped.search, "beam_5")
        works = [lambda generator=each: generator.generate(sources, config) for each in generators]
        seconds = median_seconds(works, rounds)
        replies = [cpu for cpu, _ in reply_milliseconds(generators, bundle, rounds)]
    for index, name in enumerate(("int8", "float32")):
        yield Row(GROUP, f"{name}_outputs_per_s", name, len(sources) / seconds[index], "outputs/s")
    yield Row(GROUP, "int8_over_float32", "int8 over float32", seconds[1] / seconds[0], "times as fast")
    for index, name in enumerate(("int8", "float32")):
        yield Row(GROUP, f"{name}_reply_cpu_ms", f"{name}, processor time of one reply", replies[index], "ms")


def _rewritten(shipped: TextGenerator, bundle: Path, folder: Path, precision: Precision) -> TextGenerator:
    """`shipped` over graphs of `precision`, written into `folder` from the bundle's weights."""
    from nlp.engine import Engine
    from nlp.onnx_export import export_arrays

    export_arrays(dequantize(load_weights(bundle / WEIGHTS_FILE)), shipped.model, folder, precision)
    engine = Engine(folder, shipped.model.vocab_size, threads=1)
    return TextGenerator(shipped.info, shipped.model, shipped.search, shipped.tokenizer, engine)
