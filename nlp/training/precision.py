"""Which numbers a training computes with: measured, where the machine offers more than one kind in hardware."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from nlp.batching import Batch, BatchPlan, make_batch
from nlp.config import ModelConfig, TrainConfig
from nlp.encoding import EncodedPairs
from nlp.model import Seq2Seq
from nlp.training.compiled import compile_model
from nlp.training.estimate import forecast

MEASURED_STEPS = 4
MEASURED_PAIRS = 100_000
"""A training of fewer pairs, all epochs together, is over before a forecast of its length would be of use."""
CPU_FLAGS = ("amx_bf16", "avx512_bf16")


def dtypes_in_hardware() -> list[str]:
    """The dtype policies that this machine computes fast: without such instructions, mixed_bfloat16 was measured
    three times slower than float32."""
    if _has_accelerator():
        return ["float32", "mixed_bfloat16"]
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf8")
    except OSError:
        return ["float32"]
    return ["float32", "mixed_bfloat16"] if any(flag in flags for flag in CPU_FLAGS) else ["float32"]


def _has_accelerator() -> bool:
    return any(not str(device).startswith("cpu") for device in keras.distribution.list_devices())


def choose_dtype(
    model_config: ModelConfig,
    config: TrainConfig,
    pairs: EncodedPairs,
    plans: Sequence[BatchPlan],
    tell: Callable[[str], None],
) -> str:
    """The dtype policy that `config` names, or for `auto` the one that learns fastest here; `tell` gets a forecast."""
    offered = dtypes_in_hardware() if config.dtype == "auto" else [config.dtype]
    if len(offered) == 1 and len(pairs) * config.epochs < MEASURED_PAIRS:
        return offered[0]
    middle = sorted(plans, key=lambda plan: plan.source_length + plan.target_length)[len(plans) // 2]
    batch = make_batch(pairs, middle)
    speeds = {dtype: pairs_per_second(compile_model(model_config, config, dtype), batch) for dtype in offered}
    fastest = max(offered, key=lambda dtype: speeds[dtype])
    if len(offered) > 1:
        figures = ", ".join(f"{dtype} {speed:.0f} pairs/s" for dtype, speed in speeds.items())
        tell(f"Measured: {figures}. Training in {fastest}.")
    tell(forecast(config, len(pairs), speeds[fastest]))
    return fastest


def pairs_per_second(model: Seq2Seq, batch: Batch) -> float:
    """How fast a compiled network learns from `batch`; it is changed by that."""
    learn(model, batch)  # the first step compiles
    learn(model, batch)
    started = time.monotonic()
    for _ in range(MEASURED_STEPS):
        learn(model, batch)
    return batch.pairs * MEASURED_STEPS / max(time.monotonic() - started, 1e-9)


def learn(model: Seq2Seq, batch: Batch) -> float:
    """One batch's worth of training; returns its loss."""
    logs = model.train_on_batch(
        {"source": batch.source, "target": batch.target_in},
        batch.target_out,
        sample_weight=batch.weights,
        return_dict=True,
    )
    return float(logs["loss"])
