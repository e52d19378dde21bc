"""The network: a recurrent encoder, a recurrent decoder and Luong attention, in Keras 3 operations only.

Shape letters, used in every comment of `nlp`: B sources in a batch, S source tokens, T target tokens, E width of the
embedding and of the attentional vector, H width of an encoder state, R width of a decoder state, V vocabulary.

The attentional vector is fed to the output but not back into the decoder (no input feeding, see Luong et al. 2015,
arXiv 1508.04025, section 3.3, for what is left out): so encoder, decoder and attention each run over a whole sequence
at once in training. Source, target and output share one embedding table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from nlp.config import ModelConfig
from nlp.tokenizers import EOS, PAD

Tensor = Any
"""A tensor of whichever backend Keras runs on."""

MASKED = -1e9
"""Added to an attention score that must get no weight; finite, so that a row of padding gives no NaN."""


@dataclass(frozen=True)
class Encoded:
    """What the decoder needs of a batch of sources."""

    memory: Tensor
    """(B, S, H) encoder states."""
    mask: Tensor
    """(B, S) True at real tokens."""
    states: tuple[tuple[Tensor, ...], ...]
    """For each decoder layer its initial states, each (B, R): (h, c) for LSTM, (h,) for GRU."""


@dataclass(frozen=True)
class Decoded:
    """What the decoder says about a batch of target prefixes."""

    vectors: Tensor
    """(B, T, E) attentional vectors, within -1 and 1."""
    attention: Tensor
    """(B, T, S) attention weights, each row sums to 1."""
    states: tuple[tuple[Tensor, ...], ...]
    """The states after the last target token, shaped as `Encoded.states`."""


class LuongAttention(layers.Layer):  # type: ignore[misc]  # Keras has no type hints
    """Attention of decoder states over the memory (Luong et al. 2015, equations 7 and 8; additive: Bahdanau et al.
    2015, arXiv 1409.0473). `general` projects the query and not the memory: the same scores, over T rows and not S."""

    def __init__(self, kind: str, memory_units: int, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind
        if kind != "dot":
            self.query = layers.Dense(memory_units, use_bias=False, name="query")
        if kind == "additive":
            self.key = layers.Dense(memory_units, use_bias=False, name="key")
            self.energy = layers.Dense(1, use_bias=False, name="energy")

    def build(self, queries_shape: tuple[int, ...], memory_shape: tuple[int, ...], keep_shape: Any = None) -> None:
        """Create the projections for (B, T, R) queries over a (B, S, H) memory."""
        if self.kind != "dot":
            self.query.build(queries_shape)
        if self.kind == "additive":
            self.key.build(memory_shape)
            self.energy.build((*memory_shape[:-1], self.query.units))
        self.built = True

    def call(self, queries: Tensor, memory: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        """Contexts (B, T, H) and weights (B, T, S) of `queries` (B, T, R) over `memory` (B, S, H); `keep` is (B, S)."""
        if self.kind == "additive":
            terms = self.query(queries)[:, :, None, :] + self.key(memory)[:, None, :, :]  # (B, T, S, H)
            scores = ops.squeeze(self.energy(ops.tanh(terms)), -1)  # (B, T, S)
        else:
            projected = queries if self.kind == "dot" else self.query(queries)
            scores = ops.matmul(projected, ops.transpose(memory, (0, 2, 1)))  # (B, T, S)
        scores = ops.cast(scores, "float32") + ops.where(keep, 0.0, MASKED)[:, None, :]
        weights = ops.softmax(scores, axis=-1)
        return ops.matmul(ops.cast(weights, memory.dtype), memory), weights


class Seq2Seq(keras.Model):  # type: ignore[misc]  # Keras has no type hints
    """The whole network. `call` is teacher-forced; `encode`, `decode` and `logits` are its parts, for stepping."""

    def __init__(self, config: ModelConfig, **options: Any) -> None:
        super().__init__(**options)
        self.config = config
        self.embedding = layers.Embedding(
            config.vocab_size,
            config.embedding_units,
            name="embedding",
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.08),
        )
        self.encoder_layers = [_encoder_layer(config, index) for index in range(config.encoder_layers)]
        self.decoder_layers = [
            _recurrent(config, config.decoder_units, name=f"decoder_{index}") for index in range(config.decoder_layers)
        ]
        # h goes through tanh, so that every state the decoder meets lies within -1 and 1 (int8 relies on it).
        self.bridge_h = [_bridge(config, index, "h") for index in range(config.decoder_layers)]
        self.bridge_c = (
            [_bridge(config, index, "c") for index in range(config.decoder_layers)] if _has_cell(config) else []
        )
        self.attention = LuongAttention(config.attention, config.encoder_units, name="attention")
        self.combine = layers.Dense(config.embedding_units, activation="tanh", name="combine")
        self.dropout = layers.Dropout(config.dropout)
        self.output_bias = self.add_weight(shape=(config.vocab_size,), initializer="zeros", name="output_bias")

    def build(self, input_shape: Any = None) -> None:
        """Nothing to do: every layer creates its weights when `create_model` calls the network once."""
        self.built = True

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> Tensor:
        """Logits (B, T, V), float32, for `inputs` {"source": (B, S) ids, "target": (B, T) ids starting with BOS}."""
        encoded = self.encode(inputs["source"], training=training)
        decoded = self.decode(inputs["target"], encoded.states, encoded.memory, encoded.mask, training=training)
        return self.logits(decoded.vectors)

    def encode(self, source: Tensor, training: bool = False) -> Encoded:
        """Encode `source`, (B, S) int ids padded on the right with PAD."""
        mask = ops.not_equal(source, PAD)
        memory = self.dropout(self.embedding(source), training=training)  # (B, S, E)
        for layer in self.encoder_layers:
            memory, *finals = layer(memory, mask=mask, training=training)  # (B, S, H)
            memory = self.dropout(memory, training=training)
        if self.config.bidirectional:
            half = len(finals) // 2
            finals = [ops.concatenate(ends, axis=-1) for ends in zip(finals[:half], finals[half:], strict=True)]
        states = tuple(
            (bridge(finals[0]), self.bridge_c[index](finals[1])) if self.bridge_c else (bridge(finals[0]),)
            for index, bridge in enumerate(self.bridge_h)
        )
        return Encoded(memory, mask, states)

    def decode(
        self,
        target: Tensor,
        states: tuple[tuple[Tensor, ...], ...],
        memory: Tensor,
        mask: Tensor,
        training: bool = False,
    ) -> Decoded:
        """Run the decoder over `target`, (B, T) ids, from `states`. T = 1 is one step of a search."""
        outputs = self.dropout(self.embedding(target), training=training)  # (B, T, E)
        ends = []
        for layer, initial in zip(self.decoder_layers, states, strict=True):
            outputs, *end = layer(outputs, initial_state=list(initial), training=training)  # (B, T, R)
            ends.append(tuple(end))
        contexts, weights = self.attention(outputs, memory, mask)
        vectors = self.combine(ops.concatenate([outputs, contexts], axis=-1))  # (B, T, E)
        return Decoded(self.dropout(vectors, training=training), weights, tuple(ends))

    def logits(self, vectors: Tensor) -> Tensor:
        """Logits (B, T, V) in float32 of attentional `vectors` (B, T, E): the embedding table once more, and a bias."""
        table = ops.cast(self.embedding.embeddings, vectors.dtype)
        return ops.cast(ops.matmul(vectors, ops.transpose(table)), "float32") + ops.cast(self.output_bias, "float32")

    def compute_loss(
        self,
        x: Any = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Mean cross-entropy in nats per real target token; `y` is (B, T) ids ending in EOS, PAD after it.

        `sample_weight` is (B,), the pairs' weights, or None.
        """
        counted = ops.cast(ops.not_equal(y, PAD), "float32")  # (B, T)
        if sample_weight is not None:
            counted = counted * ops.cast(sample_weight, "float32")[:, None]
        losses = keras.losses.sparse_categorical_crossentropy(y, y_pred, from_logits=True)  # (B, T)
        return ops.sum(losses * counted) / ops.maximum(ops.sum(counted), 1e-6)

    def get_config(self) -> dict[str, Any]:
        """Not serialised by Keras: a bundle's config.json is the one description of a model."""
        raise NotImplementedError("A Kuaizui model is described by its ModelConfig; see nlp.bundle.")


def create_model(config: ModelConfig) -> Seq2Seq:
    """A network with all its weights created; the same seed of `keras.utils.set_random_seed` gives the same weights."""
    model = Seq2Seq(config)
    example = np.full((1, 2), EOS, dtype="int32")
    model({"source": example, "target": example})
    return model


def _has_cell(config: ModelConfig) -> bool:
    return config.cell == "lstm"


def _bridge(config: ModelConfig, index: int, state: str) -> layers.Layer:
    activation = "tanh" if state == "h" else None
    return layers.Dense(config.decoder_units, activation=activation, name=f"bridge_{state}_{index}")


def _recurrent(config: ModelConfig, units: int, name: str) -> layers.Layer:
    kind = layers.LSTM if _has_cell(config) else layers.GRU
    return kind(units, return_sequences=True, return_state=True, name=name)


def _encoder_layer(config: ModelConfig, index: int) -> layers.Layer:
    if not config.bidirectional:
        return _recurrent(config, config.encoder_units, name=f"encoder_{index}")
    return layers.Bidirectional(
        _recurrent(config, config.encoder_units // 2, name=f"rnn_{index}"), name=f"encoder_{index}"
    )


def named_weights(model: Seq2Seq) -> dict[str, Any]:
    """Every weight under a name that depends on the configuration alone; kernels are (inputs, outputs) as in Keras."""
    named = {"embedding": model.embedding.embeddings, "output_bias": model.output_bias}
    for index, layer in enumerate(model.encoder_layers):
        if model.config.bidirectional:
            named |= _cell_weights(f"encoder_{index}.forward", layer.forward_layer)
            named |= _cell_weights(f"encoder_{index}.backward", layer.backward_layer)
        else:
            named |= _cell_weights(f"encoder_{index}.forward", layer)
    for index, layer in enumerate(model.decoder_layers):
        named |= _cell_weights(f"decoder_{index}", layer)
    for state, bridges in (("h", model.bridge_h), ("c", model.bridge_c)):
        for index, bridge in enumerate(bridges):
            named |= {f"bridge_{state}_{index}.kernel": bridge.kernel, f"bridge_{state}_{index}.bias": bridge.bias}
    for part in ("query", "key", "energy"):
        if hasattr(model.attention, part):
            named[f"attention.{part}"] = getattr(model.attention, part).kernel
    return named | {"combine.kernel": model.combine.kernel, "combine.bias": model.combine.bias}


def _cell_weights(name: str, layer: Any) -> dict[str, Any]:
    cell = layer.cell
    return {f"{name}.kernel": cell.kernel, f"{name}.recurrent": cell.recurrent_kernel, f"{name}.bias": cell.bias}


def assign_weights(model: Seq2Seq, arrays: Mapping[str, Any]) -> None:
    """Put float32 `arrays`, named as in `named_weights`, into a network; the way back from a bundle's weights file."""
    for name, variable in named_weights(model).items():
        variable.assign(arrays[name])
