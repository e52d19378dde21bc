"""The network itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from nlp.config import ModelConfig
from nlp.model.attention import LuongAttention, Tensor
from nlp.model.likelihood import Objective, Predictions, mean_loss
from nlp.model.rollout import rollout
from nlp.tokenizers import BOS, EOS, PAD, UNK


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
    """What the decoder finds for a batch of target prefixes."""

    vectors: Tensor
    """(B, T, E) attentional vectors, within -1 and 1."""
    attention: Tensor
    """(B, T, S) attention weights, each row sums to 1."""
    states: tuple[tuple[Tensor, ...], ...]
    """The states after the last target token, shaped as `Encoded.states`."""


class Seq2Seq(keras.Model):  # type: ignore[misc]  # Keras has no type hints
    """The whole network. `call` goes over whole references; `encode`, `decode` and `predictions` are its parts."""

    def __init__(self, config: ModelConfig, objective: Objective, **options: Any) -> None:
        super().__init__(**options)
        self.config, self.objective = config, objective
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
        if config.copy:
            self.copy_gate = layers.Dense(1, name="copy_gate")
        if objective.bag_of_words:  # of use in training only: no bundle has it
            self.bag = layers.Dense(config.embedding_units, activation="tanh", name="bag")
        self.dropout = layers.Dropout(config.dropout)
        self.output_bias = self.add_weight(shape=(config.vocab_size,), initializer="zeros", name="output_bias")
        if objective.own_words != "none":
            self.own_share = self.add_weight(shape=(), initializer="zeros", trainable=False, name="own_share")
            self.coins = keras.random.SeedGenerator()  # from Python's generator, which the training seeds

    def build(self, input_shape: Any = None) -> None:
        """Nothing to do: every layer creates its weights when `create_model` calls the network once."""
        self.built = True

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> Predictions:
        """What the network says about `inputs` {"source": (B, S) ids, "target": (B, T) ids starting with BOS}."""
        source = inputs["source"]
        encoded = self.encode(source, training=training)
        fed = self.embed(inputs["target"])  # (B, T, E)
        if training and self.objective.own_words != "none":
            own = keras.random.uniform(ops.shape(fed)[:2], seed=self.coins) < self.own_share
            own = own & (inputs["target"] != BOS)
            fed, _ = rollout(self, source, encoded, fed, own, soft=self.objective.own_words == "soft")
        decoded = self.decode_embedded(fed, encoded.states, encoded.memory, encoded.mask, training=training)
        said = self.predictions(decoded)
        if not self.objective.bag_of_words:
            return said
        return said._replace(bag=self._logits(self.bag(encoded.states[0][0])))

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings of ids of any shape; one from V on stands for an unknown word of the source."""
        return self.embedding(ops.where(ids < self.config.vocab_size, ids, UNK))

    def greedy(self, source: Tensor, length: int) -> Tensor:
        """The likeliest word after word, (B, `length`) ids; what follows the first EOS has no meaning."""
        encoded = self.encode(source)
        begun = ops.concatenate([ops.full_like(source[:, :1], BOS), ops.zeros((len(source), length - 1), "int32")], 1)
        own = begun != BOS
        return rollout(self, source, encoded, self.embed(begun), own, soft=False)[1]

    def encode(self, source: Tensor, training: bool = False) -> Encoded:
        """Encode `source`, (B, S) int ids padded on the right with PAD."""
        mask = ops.not_equal(source, PAD)
        memory = self.dropout(self.embed(source), training=training)  # (B, S, E)
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
        return self.decode_embedded(self.embed(target), states, memory, mask, training=training)

    def decode_embedded(
        self,
        fed: Tensor,
        states: tuple[tuple[Tensor, ...], ...],
        memory: Tensor,
        mask: Tensor,
        training: bool = False,
    ) -> Decoded:
        """As `decode`, over (B, T, E) embeddings."""
        outputs = self.dropout(fed, training=training)  # (B, T, E)
        ends = []
        for layer, initial in zip(self.decoder_layers, states, strict=True):
            outputs, *end = layer(outputs, initial_state=list(initial), training=training)  # (B, T, R)
            ends.append(tuple(end))
        contexts, weights = self.attention(outputs, memory, mask)
        vectors = self.combine(ops.concatenate([outputs, contexts], axis=-1))  # (B, T, E)
        return Decoded(self.dropout(vectors, training=training), weights, tuple(ends))

    def predictions(self, decoded: Decoded) -> Predictions:
        """The embedding table once more, and a bias, make logits of the attentional vectors."""
        vectors = decoded.vectors  # (B, T, E)
        logits = self._logits(vectors)  # (B, T, V)
        if self.config.copy:
            gate = ops.cast(ops.squeeze(self.copy_gate(vectors), -1), "float32")  # (B, T)
        else:
            gate = ops.zeros(ops.shape(logits)[:2], "float32")
        return Predictions(logits, decoded.attention, gate)

    def _logits(self, vectors: Tensor) -> Tensor:
        """(..., V) float32 logits of (..., E) vectors."""
        table = ops.cast(self.embedding.embeddings, vectors.dtype)
        logits = ops.cast(ops.matmul(vectors, ops.transpose(table)), "float32")
        return logits + ops.cast(self.output_bias, "float32")

    def compute_loss(
        self,
        x: Any = None,
        y: Tensor = None,
        y_pred: Any = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Mean cross-entropy in nats per real target token; see `nlp.model.likelihood`.

        It is smoothed, and the second task's loss added, in training alone.
        `y` is (B, T) ids ending in EOS, PAD after it; `sample_weight` is (B,), the pairs' weights, or None.
        """
        smoothing = self.objective.label_smoothing if training else 0.0
        said = Predictions(*y_pred)
        return mean_loss(
            said,
            y,
            x["source"],
            sample_weight,
            copy=self.config.copy,
            smoothing=smoothing,
            bag_of_words=self.objective.bag_of_words if training else 0.0,
        )

    def get_config(self) -> dict[str, Any]:
        """Not serialised by Keras: a bundle's config.json is the one description of a model."""
        raise NotImplementedError("A Kuaizui model is described by its ModelConfig; see nlp.bundle.")


def create_model(config: ModelConfig, objective: Objective | None = None) -> Seq2Seq:
    """A network with all its weights created; the same seed of `keras.utils.set_random_seed` gives the same weights."""
    model = Seq2Seq(config, objective or Objective())
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
