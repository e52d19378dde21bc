"""Training speed beside a plain Keras program's, where the time of a step goes, and what padding costs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from nlp.errors import UsageError
from scripts.benchmark_rows import Row
from scripts.benchmark_train_shapes import ROWS, SOURCE_TOKENS, TARGET_TOKENS, step_gflops

YARDSTICK = ("-m", "scripts.benchmark_train_yardstick")
STEP = ("-m", "scripts.benchmark_train_step")
LEAST_SHARE = 0.02
"""Of a step; a shorter part is less than the noise of the two figures whose difference it is."""
PART_NAMES = {
    "encoder": "encoder",
    "decoder": "decoder",
    "attention": "attention and its mixing",
    "output": "output layer and loss",
    "optimizer": "clipping and Adam, above plain descent",
}


def measure_speed(rounds: int, steps: int, yardstick: Path | None) -> Iterator[Row]:
    """Pairs per second of a yardstick and of our own step, in turn, each in a fresh process; and their ratio."""
    theirs, ours, dtype = [], [], ""
    for _ in range(rounds):
        theirs.append(_yardstick([str(yardstick)] if yardstick else YARDSTICK, steps))
        found = _step("full", str(steps))
        ours.append(found["pairs_per_second"])
        dtype = found["dtype"]
    shapes = f"{ROWS} pairs of {SOURCE_TOKENS} and {TARGET_TOKENS} tokens a step, all places full"
    group = f"Training, {shapes} (medians of {rounds} processes each)"
    name = yardstick.name if yardstick else "plain Keras on TensorFlow, float32"
    yield Row(group, "yardstick_pairs_per_s", f"yardstick: {name}", median(theirs), "pairs/s")
    yield Row(group, "training_pairs_per_s", f"ours, {dtype}", median(ours), "pairs/s")
    yield Row(group, "training_over_yardstick", "ours over the yardstick", median(ours) / median(theirs), "times")
    ratios = sorted(our / their for our, their in zip(ours, theirs, strict=True))
    yield Row(group, "training_over_yardstick_least", "the same, worst round", ratios[0], "times")
    yield Row(group, "training_over_yardstick_most", "the same, best round", ratios[-1], "times")


def measure_profile(rounds: int) -> Iterator[Row]:
    """The share of each part in a step's time, and how near its arithmetic comes to a product of large matrices."""
    found = _step("parts", str(rounds))
    seconds, possible, gflops = found["seconds"], found["matrix_gflops_per_second"], step_gflops()
    whole = sum(seconds.values())
    shares = f"Where the time of a step goes ({found['dtype']}; steps cut off after each part)"
    for part, name in PART_NAMES.items():
        yield Row(shares, f"step_{part}_percent", name, 100 * seconds[part] / whole, "%")
    yield Row(shares, "step_ms", "the whole step", 1000 * whole, "ms")
    speeds = "Arithmetic, products of matrices alone"
    yield Row(speeds, "matrix_gflops_per_s", "one product of two large matrices", possible, "GFLOP/s")
    for part, amount in gflops.items():
        measurable = seconds[part] >= LEAST_SHARE * whole
        speed = 100 * amount / seconds[part] / possible if measurable else "too short to be measured"
        yield Row(speeds, f"step_{part}_percent_of_matrix", PART_NAMES[part], speed, "% of that" if measurable else "")
    near = 100 * sum(gflops.values()) / whole / possible
    yield Row(speeds, "step_percent_of_matrix", "the whole step", near, "% of that")


def measure_padding(steps: int, corpus: Path | None) -> Iterator[Row]:
    """Padding of the batches of an epoch, and pairs per second at real lengths."""
    found = _step("real", str(steps), *([str(corpus)] if corpus else []))
    lengths = f"{found['pairs']:,} pairs of {corpus.name}" if corpus else "made-up lengths of headlines"
    group = f"Batches by tokens ({lengths})"
    yield Row(group, "padding_percent", "places without a token", 100 * found["padding"], "%")
    label = f"the same, {ROWS} pairs at a time in the file's order"
    yield Row(group, "padding_unsorted_percent", label, 100 * found["padding_unsorted"], "%")
    yield Row(group, "batch_shapes", "different shapes", float(found["shapes"]))
    yield Row(group, "training_real_pairs_per_s", "training", found["pairs_per_second"], "pairs/s")


def _yardstick(program: Sequence[str], steps: int) -> float:
    said = _run([*program, str(steps)])
    if not (found := re.search(r"^yardstick ([\d.]+) pairs/s", said, re.MULTILINE)):
        raise UsageError(f"The yardstick {program[-1]} must print `yardstick N pairs/s`; it printed {said[-200:]!r}.")
    return float(found[1])


def _step(*arguments: str) -> dict[str, Any]:
    return dict(json.loads(_run([*STEP, *arguments]).splitlines()[-1]))


def _run(arguments: Sequence[str]) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    if done.returncode:
        program = " ".join(arguments[:3])
        raise UsageError(f"{program} stopped with exit code {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
