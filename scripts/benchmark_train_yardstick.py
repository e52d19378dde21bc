"""A yardstick for training speed, run as a program of its own: Keras as its guide teaches it, with nothing tuned.

It has the shapes of `benchmark_train`: a bidirectional LSTM reads, an LSTM writes, dot attention between them, separate
embeddings, a dense layer over the vocabulary; float32, Adam and `fit`, on TensorFlow.

    python -m scripts.benchmark_train_yardstick STEPS
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import numpy as np

from scripts.benchmark_train_shapes import MODEL, ROWS, SOURCE_TOKENS, TARGET_TOKENS

WARM_UP_STEPS = 2


def main(steps: int) -> None:
    """Train on random ids for `steps` batches, and print `yardstick N pairs/s`."""
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
    import keras

    keras.config.set_dtype_policy("float32")
    keras.utils.set_random_seed(1)
    model = _plain_model(keras)
    inputs = {"source": _ids(steps, SOURCE_TOKENS), "target": _ids(steps, TARGET_TOKENS)}  # (N, S) and (N, T)
    labels = _ids(steps, TARGET_TOKENS)
    warm_up = {name: ids[: WARM_UP_STEPS * ROWS] for name, ids in inputs.items()}
    model.fit(warm_up, labels[: WARM_UP_STEPS * ROWS], batch_size=ROWS, verbose=0)
    started = time.perf_counter()
    model.fit(inputs, labels, batch_size=ROWS, verbose=0)
    print(f"yardstick {steps * ROWS / (time.perf_counter() - started):.1f} pairs/s")


def _plain_model(keras: Any) -> Any:
    layers, units = keras.layers, MODEL.encoder_units
    source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target"))
    reader = layers.Bidirectional(layers.LSTM(units // 2, return_sequences=True, return_state=True))
    memory, *ends = reader(layers.Embedding(MODEL.vocab_size, MODEL.embedding_units)(source))
    begin = [layers.concatenate(ends[0::2]), layers.concatenate(ends[1::2])]  # h of both directions, c of both
    fed = layers.Embedding(MODEL.vocab_size, MODEL.embedding_units)(target)
    written = layers.LSTM(MODEL.decoder_units, return_sequences=True)(fed, initial_state=begin)
    attended = layers.concatenate([written, layers.Attention()([written, memory])])
    mixed = layers.Dense(MODEL.decoder_units, activation="tanh")(attended)
    model = keras.Model({"source": source, "target": target}, layers.Dense(MODEL.vocab_size)(mixed))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def _ids(steps: int, tokens: int) -> np.ndarray:
    return np.random.default_rng(1).integers(1, MODEL.vocab_size, (steps * ROWS, tokens), np.int32)


if __name__ == "__main__":
    main(int(sys.argv[1]))
