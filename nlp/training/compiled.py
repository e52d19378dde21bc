"""A network with its optimizer, ready to train."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from nlp.config import ModelConfig, TrainConfig
from nlp.encoding import EncodedPairs
from nlp.model import Objective, Seq2Seq, create_model


def compile_model(model_config: ModelConfig, config: TrainConfig, dtype: str) -> Seq2Seq:
    """A fresh network with its optimizer built, all from the seed."""
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(dtype)
    share_among_devices()
    model = create_model(model_config, Objective(config.label_smoothing, config.bag_of_words, config.own_words))
    optimizer = keras.optimizers.Adam(
        config.learning_rate,
        global_clipnorm=config.clip_norm,
        gradient_accumulation_steps=config.accumulate_batches if config.accumulate_batches > 1 else None,
        use_ema=config.average > 0,
        ema_momentum=config.average or 0.99,
    )
    # XLA pays on a GPU; on a CPU TensorFlow's own kernels are faster for recurrent loops.
    model.compile(optimizer=optimizer, jit_compile="auto" if keras.backend.backend() == "jax" else False)
    optimizer.build(model.trainable_variables)
    return model


def know_frequencies(model: Seq2Seq, pairs: EncodedPairs) -> None:
    """Let a fresh network say each token as often as the targets of `pairs` do, whatever it reads.

    Else it learns that first: the bias gains no more than the learning rate in a step, so the states are driven to
    where they are the same for every source, and the tanh that bounds them lets no gradient through there. (A bias from
    class frequencies: Lin et al. 2017, arXiv 1708.02002, section 3.3.)
    """
    size = model.config.vocab_size
    counts = np.bincount(pairs.target_ids, minlength=size)[:size] + 1.0  # beyond are words that can only be copied
    model.output_bias.assign(np.log(counts / counts.sum()).astype(np.float32))


def share_among_devices() -> int:
    """Let JAX split every batch among all its devices (data parallel); returns their number.

    Keras offers this on JAX alone; on another backend, one device computes.
    """
    if keras.backend.backend() != "jax":
        return 1
    devices = keras.distribution.list_devices()
    if len(devices) > 1 and keras.distribution.distribution() is None:
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    return len(devices)


@contextmanager
def averaged_weights(model: Seq2Seq) -> Iterator[None]:
    """Within, the network has the moving average of its weights where the optimizer keeps one."""
    optimizer = model.optimizer
    if not optimizer.use_ema:
        yield
        return
    kept = [_copied(each) for each in model.trainable_variables]
    optimizer.finalize_variable_values(model.trainable_variables)
    for variable in model.trainable_variables:
        # Keras lets weight and average share their memory now, and JAX takes that of a weight away after each step.
        variable.assign(_copied(variable))
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, kept, strict=True):
            variable.assign(value)


def _copied(variable: Any) -> Any:
    return np.array(keras.ops.convert_to_numpy(variable))
