"""Whole runs of `kuaizui headlines` over a generated file, with one and two worker processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from nlp.errors import UsageError
from scripts.benchmark_rows import Row
from scripts.benchmark_texts import sample_sources

RUN = "import sys; from scripts.cli import run; sys.exit(run(sys.argv[1:]))"
DISTINCT_LINES = 256
WINDOW = 128
"""Small enough that each worker gets several."""
MOST_ROUNDS = 3
SETUPS = {
    "workers_1_threads_1": ("1 worker of 1 thread", ("--workers", "1", "--threads", "1")),
    "workers_1": ("1 worker on all cores", ("--workers", "1")),
    "workers_2": ("2 workers, the cores shared among them", ("--workers", "2")),
}


def measure_workers(bundle: Path, lines: int, rounds: int) -> Iterator[Row]:
    """Lines per second of whole runs, the start of all processes included, which take turns; and their ratio."""
    seconds: dict[str, list[float]] = {setup: [] for setup in SETUPS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "articles.txt"
        texts = sample_sources(bundle, min(lines, DISTINCT_LINES))
        path.write_text("".join(f"{text}\n" for text in islice(cycle(texts), lines)), encoding="utf-8")
        common = ("headlines", str(path), "--model", str(bundle), "--window", str(WINDOW))
        for _ in range(min(rounds, MOST_ROUNDS)):
            for setup, (_, options) in SETUPS.items():
                seconds[setup].append(_run_seconds([*common, "-o", str(Path(folder) / "out.jsonl"), *options]))
    group = f"Whole runs of kuaizui headlines over {lines:,} lines, start-up included"
    medians = {setup: median(each) for setup, each in seconds.items()}
    for setup, (label, _) in SETUPS.items():
        yield Row(group, f"{setup}_lines_per_s", label, lines / medians[setup], "lines/s")
    gain = medians["workers_1_threads_1"] / medians["workers_2"]
    yield Row(group, "workers_2_over_1", "2 workers over 1 worker of 1 thread", gain, "times as fast")


def _run_seconds(arguments: Sequence[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", RUN, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise UsageError(f"kuaizui headlines stopped with exit code {done.returncode}: {done.stderr[-500:]}")
    return time.perf_counter() - started
