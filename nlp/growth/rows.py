"""Weights for new ids: rows of the embedding table, and entries of the output bias."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nlp.growth.vocabulary import Growth
from nlp.weights import EMBEDDING

OUTPUT_BIAS = "output_bias"
UNHEARD = 5e-5
"""Part of the probability of all words that new ones may have in a network that must still speak as its parent did:
it moves no log-probability by more than this, half of what is allowed."""

Weights = dict[str, NDArray[np.float32]]


def grow_weights(
    weights: Mapping[str, NDArray[np.float32]], growth: Growth, most_probability: float = UNHEARD
) -> Weights:
    """The parent's `weights` with a row (E,) of the table and a bias for each new id; all else is shared, not copied.

    A new row is the mean of the rows of the old ids that stood for it (`Growth.pieces_of_new`), so source and target
    are read about as before. A new bias is the mean of theirs, less the same number for all. Nothing else in a network
    depends on the size of the vocabulary; ids of copied words, counted on from it, only become other numbers.

    **Why less, and how much.** Softmax divides by the sum of exponentials over all ids, so every new one takes
    probability from the old ones. Let l_i be the logit of old id i, and let new id n stand for k old ids. Before the
    subtraction its logit is the mean of theirs, because logits are linear in row and bias. The exponential of a mean is
    at most the mean of the exponentials (Jensen), hence exp(l_n) <= sum over its i of exp(l_i) / k. Added up over all
    new ids, old id i occurs with the load w_i = sum over the n it stands for of 1 / k_n, and so the new exponentials
    together are at most max(w) times the old ones together. Subtracting log(max(w) / `most_probability`) from each new
    bias leaves them at most `most_probability` of the old: whatever the text, log-probabilities of old ids fall by
    log(1 + `most_probability`) at most, all of them alike, so their order stays. A new id has at most
    `most_probability` / max(w) times the geometric mean of the probabilities of its parts.

    With copying the same holds of the part that the vocabulary has in a probability; the source's part does not change.

    Raises:
        ValueError: the weights are those of a network with another vocabulary, or `most_probability` is not above 0.
    """
    table, bias = weights[EMBEDDING], weights[OUTPUT_BIAS]
    if not len(table) == len(bias) == growth.old_size:
        raise ValueError(f"{len(table)} rows and {len(bias)} biases, but the tokenizer had {growth.old_size} ids")
    if most_probability <= 0:
        raise ValueError(f"most_probability = {most_probability} must be above 0")
    if not growth.pieces_of_new:
        return dict(weights)
    rows = np.stack([table[list(pieces)].mean(axis=0) for pieces in growth.pieces_of_new])
    means = np.array([bias[list(pieces)].mean() for pieces in growth.pieces_of_new], np.float32)
    quiet = means - math.log(_largest_load(growth.pieces_of_new, growth.old_size) / most_probability)
    return {
        **weights,
        EMBEDDING: np.concatenate([table, rows]).astype(np.float32),
        OUTPUT_BIAS: np.concatenate([bias, quiet]).astype(np.float32),
    }


def _largest_load(pieces_of_new: Sequence[Sequence[int]], old_size: int) -> float:
    """The greatest sum over new ids of the share that one old id has in them."""
    ids = np.concatenate([np.array(pieces) for pieces in pieces_of_new])
    shares = np.concatenate([np.full(len(pieces), 1 / len(pieces)) for pieces in pieces_of_new])
    return float(np.bincount(ids, shares, minlength=old_size).max())
