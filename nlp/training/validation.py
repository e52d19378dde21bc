"""The network measured on pairs it does not learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from keras import ops

from nlp.batching import SOURCE_STEP, make_batch, pad, plan_batches
from nlp.encoding import EncodedPairs
from nlp.model import Seq2Seq
from nlp.tokenizers import EOS, PAD

OUTPUT_SOURCES = 32
"""Sources written for at a time."""


def mean_loss(model: Seq2Seq, pairs: EncodedPairs, batch_tokens: int) -> float:
    """Cross-entropy in nats per target token over `pairs`, teacher-forced, without dropout or label smoothing."""
    total = tokens = 0.0
    for plan in plan_batches(pairs, batch_tokens, seed=0, epoch=0):
        batch = make_batch(pairs, plan)
        count = float((batch.weights[:, None] * (batch.target_out != PAD)).sum())
        logs = model.test_on_batch(
            {"source": batch.source, "target": batch.target_in},
            batch.target_out,
            sample_weight=batch.weights,
            return_dict=True,
        )
        model.reset_metrics()
        total, tokens = total + float(logs["loss"]) * count, tokens + count
    return total / max(tokens, 1e-6)


def greedy_outputs(model: Seq2Seq, sources: Sequence[Sequence[int]], max_tokens: int) -> list[list[int]]:
    """The likeliest word after word for each source, without its EOS: the network as it is, no rules and no beam."""
    outputs: list[list[int]] = []
    for start in range(0, len(sources), OUTPUT_SOURCES):
        words = np.asarray(
            ops.convert_to_numpy(model.greedy(pad(sources[start : start + OUTPUT_SOURCES], SOURCE_STEP), max_tokens))
        )
        outputs.extend(row[: row.index(EOS)] if EOS in row else row for row in words.tolist())
    return outputs
