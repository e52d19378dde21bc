"""The shapes at which training speed is measured, and what a step at them amounts to in arithmetic."""

from __future__ import annotations

import numpy as np

from nlp.batching import BatchPlan
from nlp.config import ModelConfig
from nlp.encoding import EncodedPairs
from nlp.tokenizers import SEP

ROWS, SOURCE_TOKENS, TARGET_TOKENS = 64, 50, 12
MODEL = ModelConfig(vocab_size=8000, embedding_units=256, encoder_units=512, decoder_units=512, attention="dot")
"""A bidirectional LSTM of 2x256 and an LSTM of 512; the dropout is the one that a training has."""
FULL_BATCH = BatchPlan(np.arange(ROWS), ROWS, SOURCE_TOKENS, TARGET_TOKENS)
PARTS = ("encoder", "decoder", "attention", "output")


def random_pairs(sources: np.ndarray, targets: np.ndarray) -> EncodedPairs:
    """Pairs of random ids: `sources` and `targets` are (N,), the tokens of each."""
    random = np.random.default_rng(1)

    def flat(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids = random.integers(SEP + 1, MODEL.vocab_size, int(lengths.sum())).astype(np.uint16)
        return ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    return EncodedPairs(*flat(sources), *flat(targets), np.ones(len(sources), np.float32))


def full_pairs() -> EncodedPairs:
    """One batch's worth of pairs that fill all its places."""
    return random_pairs(np.full(ROWS, SOURCE_TOKENS), np.full(ROWS, TARGET_TOKENS))


def step_gflops() -> dict[str, float]:
    """Billions of floating-point operations of a step in each of `PARTS`, products of matrices alone.

    A product forward is two products backward: one for the gradient of either side.
    """
    width, memory, state = MODEL.embedding_units, MODEL.encoder_units, MODEL.decoder_units
    half = memory // 2
    per_row = {
        "encoder": SOURCE_TOKENS * 2 * 4 * half * (width + half) + 2 * memory * state,  # and the two bridges
        "decoder": TARGET_TOKENS * 4 * state * (width + state),
        "attention": TARGET_TOKENS * (2 * SOURCE_TOKENS * memory + (memory + state) * width),
        "output": TARGET_TOKENS * width * MODEL.vocab_size,
    }
    return {part: 3 * 2 * ROWS * products / 1e9 for part, products in per_row.items()}
