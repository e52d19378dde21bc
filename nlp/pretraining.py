"""Unpaired text as training pairs: to be written again after reading it, or after reading nothing."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Literal

import numpy as np

from nlp.encoding import EncodedPairs
from nlp.text import normalize
from nlp.tokenizers import EOS, Tokenizer

CHARACTERS_PER_TOKEN = 24


def encode_texts(
    tokenizer: Tokenizer,
    texts: Iterable[str],
    *,
    task: Literal["autoencoder", "language_model"],
    max_tokens: int,
    noise: float,
    seed: int,
) -> EncodedPairs:
    """Pairs of which each target is the start of a text, up to `max_tokens` ids.

    The source is the same ids without a share of `noise` of them, drawn from `seed` (autoencoder), or nothing
    (language_model). A target has its EOS only where the whole text fits. Texts without a token are passed over.
    """
    random = np.random.default_rng(seed)
    sources, targets, starts = array("i"), array("i"), (array("q", [0]), array("q", [0]))
    for text in texts:
        ids = tokenizer.encode(normalize(text[: max_tokens * CHARACTERS_PER_TOKEN]))
        if not ids:
            continue
        read = ids[: max_tokens - 1] if task == "autoencoder" else []
        kept = random.random(len(read)) >= noise
        sources.extend(token for token, keep in zip(read, kept, strict=True) if keep)
        sources.append(EOS)
        targets.extend([*ids, EOS][:max_tokens])
        for side, ends in zip((sources, targets), starts, strict=True):
            ends.append(len(side))
    arrays = [np.array(each, np.int32) for each in (sources, targets)]
    bounds = [np.array(each, np.int64) for each in starts]
    return EncodedPairs(arrays[0], bounds[0], arrays[1], bounds[1], np.ones(len(bounds[0]) - 1, np.float32))


def split_off(pairs: EncodedPairs, count: int) -> tuple[EncodedPairs, EncodedPairs]:
    """All but the last `count` pairs, and these."""
    cut = len(pairs) - count
    source_cut, target_cut = int(pairs.source_starts[cut]), int(pairs.target_starts[cut])
    first = EncodedPairs(
        pairs.source_ids[:source_cut],
        pairs.source_starts[: cut + 1],
        pairs.target_ids[:target_cut],
        pairs.target_starts[: cut + 1],
        pairs.weights[:cut],
    )
    last = EncodedPairs(
        pairs.source_ids[source_cut:],
        pairs.source_starts[cut:] - source_cut,
        pairs.target_ids[target_cut:],
        pairs.target_starts[cut:] - target_cut,
        pairs.weights[cut:],
    )
    return first, last
