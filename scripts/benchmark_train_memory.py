"""Peak memory and time of `kuaizui train`, stage by stage, on made-up corpora of different size."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nlp.errors import UsageError
from scripts.benchmark_rows import Row
from scripts.benchmark_train_corpus import write_corpus
from scripts.run_folder import RunFolder

TRAINING_MINUTES = 0.1
RECIPE = "headlines-en"
CHANGES = (
    "train.max_validation_pairs=100",
    "split.max_test_pairs=20",  # the evaluation at the end is no matter of the corpus' size
)
LOOK_SECONDS = 0.05
RUN = "import sys; from scripts.cli import run; sys.exit(run(sys.argv[1:]))"
STAGES = {
    "preparing": "reading and preparing",
    "tokenizer": "training the tokenizer",
    "encoding": "encoding",
    "training": "planning and training",
    "exporting": "export and evaluation",
}
"""What a training goes through: keys and words."""


class Stage(NamedTuple):
    """A process at the end of one of its stages."""

    seconds: float
    """Spent in this stage."""
    megabytes: float
    """The most that the process has held until then, resident."""


def measure_training_memory(pair_counts: Sequence[int], minutes: float = TRAINING_MINUTES) -> Iterator[Row]:
    """Peak resident megabytes of one `kuaizui train` for each number of pairs, and how much the last takes more.

    The process is watched through /proc; where there is none, a row says so.
    """
    if not _status(os.getpid()).exists():
        yield Row("Peak memory of kuaizui train", "memory_mb", "peak memory", "not measured: there is no /proc here")
        return
    runs: list[list[Stage]] = []
    for count in pair_counts:
        runs.append(_watched_run(count, minutes))
        group = f"kuaizui train {RECIPE} on {count:,} made-up pairs, {60 * minutes:.0f} s of training"
        for (key, name), stage in zip(STAGES.items(), runs[-1], strict=True):
            yield Row(group, f"time_{count}_pairs_{key}_s", f"{name}, time", stage.seconds, "s")
            yield Row(group, f"memory_{count}_pairs_{key}_mb", f"{name}, peak memory so far", stage.megabytes, "MB")
    if len(runs) > 1:
        more = runs[-1][-1].megabytes - runs[0][-1].megabytes
        label = f"{pair_counts[-1]:,} pairs above {pair_counts[0]:,}"
        yield Row("Peak memory that more pairs take", "memory_last_above_first_mb", label, more, "MB")


def _watched_run(pairs: int, minutes: float) -> list[Stage]:
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "messages.txt").open("w+b") as messages:
        corpus, run = Path(folder) / "made-up.tsv", RunFolder(Path(folder) / "run")
        write_corpus(corpus, pairs)
        changes = [part for change in (*CHANGES, f"train.max_minutes={minutes}") for part in ("--set", change)]
        command = ["train", RECIPE, "--corpus", str(corpus), "-o", str(run.root), *changes]
        own_cache = os.environ | {"KUAIZUI_CACHE": str(Path(folder) / "cache")}  # nothing comes from an earlier run
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *command], stdout=messages, stderr=messages, env=own_cache
        )
        try:
            stages = list(_watch(process, run))
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            messages.seek(0)
            said = messages.read().decode(errors="replace")
            raise UsageError(f"kuaizui train stopped with exit code {process.returncode}: {said[-500:]}")
        return stages


def _watch(process: subprocess.Popen[bytes], run: RunFolder) -> Iterator[Stage]:
    """Each stage of `run` at its end, which is seen by the file that the next one begins with or this one leaves."""
    peak = 0.0
    for sign in (run.report, run.tokenizer, run.log, run.root / "health.json", None):
        began = time.monotonic()
        while process.poll() is None and not (sign and sign.exists()):
            peak = max(peak, _peak_megabytes(process.pid))
            time.sleep(LOOK_SECONDS)
        yield Stage(time.monotonic() - began, peak)


def _peak_megabytes(process: int) -> float:
    """0 for a process that has just ended."""
    lines = _status(process).read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _status(process: int) -> Path:
    return Path(f"/proc/{process}/status")
