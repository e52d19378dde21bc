"""Attention of decoder states over encoder states."""

from __future__ import annotations

from typing import Any

from keras import layers, ops

Tensor = Any
"""A tensor of whichever backend Keras runs on."""

MASKED = -1e9
"""Added to an attention score that must get no weight; finite, so that a row of padding gives no NaN."""


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
