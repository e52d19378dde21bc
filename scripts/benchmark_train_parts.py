"""Where the time of a training step goes: steps of the network cut off after one part, after two, and so on.

A part costs what a step takes longer with it than without; forward, backward and the descent of its weights.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from nlp.batching import make_batch
from nlp.model import Seq2Seq
from nlp.training import compile_model
from nlp.training.precision import choose_dtype, learn
from scripts.benchmark_train_shapes import FULL_BATCH, MODEL, PARTS, full_pairs
from scripts.benchmark_train_step import TRAIN

MATRIX = 2048
"""Rows and columns of the two matrices whose product says what the machine can do."""
PRODUCTS = 10
SMALL_RATE = 1e-6


class UpTo(keras.Model):  # type: ignore[misc]  # Keras has no type hints
    """A network that goes no further than one of its parts; its loss is the mean of all that it has found by then."""

    def __init__(self, network: Seq2Seq, part: str) -> None:
        super().__init__()
        self.network, self.part = network, part

    def call(self, inputs: dict[str, Any], training: bool = False) -> list[Any]:
        """What the encoder found, and the last of the parts that follow."""
        network = self.network
        encoded = network.encode(inputs["source"], training=training)
        found = [encoded.memory, *(state for states in encoded.states for state in states)]
        if self.part == "encoder":
            return found
        fed = network.embed(inputs["target"])
        if self.part == "decoder":
            outputs = network.dropout(fed, training=training)
            for layer, initial in zip(network.decoder_layers, encoded.states, strict=True):
                outputs, *_ = layer(outputs, initial_state=list(initial), training=training)
            return [*found, outputs]
        decoded = network.decode_embedded(fed, encoded.states, encoded.memory, encoded.mask, training=training)
        return [*found, decoded.vectors]

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **__: Any) -> Any:
        """The sum of means, so that a gradient reaches every weight on the way."""
        return sum(ops.mean(ops.cast(each, "float32")) for each in y_pred)


def measure_parts(rounds: int) -> dict[str, Any]:
    """Seconds of each part of a step and of the optimizer, and billions of operations a second of a product of large
    matrices. The quickest of `rounds` counts: differences of medians would be noise where others share the cores."""
    pairs = full_pairs()
    dtype = choose_dtype(MODEL, TRAIN, pairs, [FULL_BATCH], lambda message: None)
    whole = compile_model(MODEL, TRAIN, dtype)
    batch = make_batch(pairs, FULL_BATCH)
    models = [_plainly_compiled(UpTo(compile_model(MODEL, TRAIN, dtype), part)) for part in PARTS[:-1]]
    models += [_plainly_compiled(compile_model(MODEL, TRAIN, dtype)), whole]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Gradients do not exist")  # of the parts that are cut off
        seconds = _least_seconds([partial(learn, model, batch) for model in models], rounds)
    alone = np.maximum(np.diff([0.0, *seconds]), 0.0).tolist()
    return {
        "dtype": dtype,
        "seconds": dict(zip((*PARTS, "optimizer"), alone, strict=True)),
        "matrix_gflops_per_second": _matrix_gflops("bfloat16" if "bfloat16" in dtype else "float32"),
    }


def _plainly_compiled(model: Any) -> Any:
    """With plain descent, which costs next to nothing."""
    jit = "auto" if keras.backend.backend() == "jax" else False
    model.compile(optimizer=keras.optimizers.SGD(SMALL_RATE), jit_compile=jit)
    return model


def _least_seconds(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """The quickest run of each of `works`, which take turns, after one round in which they compile."""
    least = [float("inf")] * len(works)
    for number in range(rounds + 1):
        for index, work in enumerate(works):
            started = time.perf_counter()
            work()
            if number:
                least[index] = min(least[index], time.perf_counter() - started)
    return least


def _matrix_gflops(dtype: str) -> float:
    matrix = ops.cast(ops.ones((MATRIX, MATRIX)), dtype)

    def multiply() -> float:
        return float(ops.convert_to_numpy(ops.matmul(matrix, matrix)[0, 0]))  # waits for a backend that does not

    return 2 * MATRIX**3 / _least_seconds([multiply], PRODUCTS)[0] / 1e9
