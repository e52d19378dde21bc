"""What the network is trained for: the likelihood of the references, word by word.

With copying, a word comes from the vocabulary or from the source (See et al. 2017, arXiv 1704.04368, equation 9):
P(w) = gate * P_vocabulary(w) + (1 - gate) * (attention on the places of w). An id from V on stands for a word of the
source that the vocabulary does not hold; it can only be copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import keras
from keras import ops

from nlp.tokenizers import PAD

Tensor = Any

LEAST_PROBABILITY = 1e-9
"""Added to a copying probability before its logarithm; what stands nowhere in the source has none."""
IMPOSSIBLE = -1e9


@dataclass(frozen=True)
class Objective:
    """What a training asks of the network beyond the plain likelihood."""

    label_smoothing: float = 0.0
    """Share of a reference word's probability that goes to all words alike (Szegedy et al. 2016, arXiv 1512.00567,
    section 7)."""
    bag_of_words: float = 0.0
    """Weight of a second task: to tell from the encoder's end alone which words the reference holds, in any order (the
    idea is that of Ma et al. 2018, arXiv 1805.04871)."""
    own_words: Literal["none", "hard", "soft"] = "none"
    """What the decoder may be fed instead of the reference: nothing else, its likeliest word, or the mean of all words'
    embeddings under its distribution."""


class Predictions(NamedTuple):
    """What the network says about the next word at every place of a batch of targets."""

    logits: Tensor
    """(B, T, V), float32, before softmax."""
    attention: Tensor
    """(B, T, S), each row sums to 1."""
    gate: Tensor
    """(B, T) float32 logit of taking the word from the vocabulary; all 0 and of no meaning without copying."""
    bag: Tensor = None
    """(B, V) float32 logits of the words that the whole target holds; None without that task."""


def token_log_probs(said: Predictions, words: Tensor, source: Tensor, *, copy: bool) -> Tensor:
    """Natural log-probabilities (B, T) of `words` (B, T) after `source` (B, S); no gradient reaches the ids."""
    entries = said.logits.shape[-1]
    known = ops.minimum(words, entries - 1)
    generated = -keras.losses.sparse_categorical_crossentropy(known, said.logits, from_logits=True)  # (B, T)
    if not copy:
        return generated
    generated = ops.where(words < entries, generated, IMPOSSIBLE)
    places = ops.cast(words[:, :, None] == source[:, None, :], "float32")  # (B, T, S)
    copied = ops.log(ops.sum(said.attention * places, axis=-1) + LEAST_PROBABILITY)
    return ops.logaddexp(ops.log_sigmoid(said.gate) + generated, ops.log_sigmoid(-said.gate) + copied)


def mean_loss(
    said: Predictions,
    words: Tensor,
    source: Tensor,
    weights: Tensor | None,
    *,
    copy: bool,
    smoothing: float,
    bag_of_words: float = 0.0,
) -> Tensor:
    """Mean cross-entropy in nats per real target token of `words`, (B, T) ids that end in EOS with PAD after it.

    `weights` is (B,), the pairs' weights, or None. Smoothing spreads over the vocabulary, not over what is copied. The
    second task's loss, a mean per token too, is added `bag_of_words` times.
    """
    counted = ops.cast(words != PAD, "float32")  # (B, T)
    if weights is not None:
        counted = counted * ops.cast(weights, "float32")[:, None]
    losses = -token_log_probs(said, words, source, copy=copy)
    if smoothing:
        # The mean over the vocabulary of -log P(w) is the log-sum of all exponentials less the mean logit.
        uniform = ops.logsumexp(said.logits, axis=-1) - ops.mean(said.logits, axis=-1)
        losses = (1 - smoothing) * losses + smoothing * uniform
    if bag_of_words:
        known = ops.minimum(words, said.bag.shape[-1] - 1)
        losses = losses - bag_of_words * ops.take_along_axis(ops.log_softmax(said.bag, axis=-1), known, axis=1)
    return ops.sum(losses * counted) / ops.maximum(ops.sum(counted), 1e-6)
