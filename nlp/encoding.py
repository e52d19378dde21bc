"""Texts to token ids: how turns become one source, and what is cut when a text is longer than the model's limit.

Training and serving both come through here, so a model meets in service exactly what it was trained on.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.config import Task
from nlp.text import normalize
from nlp.tokenizers import EOS, SEP, UNK, Tokenizer

CHARACTERS_PER_TOKEN = 24
"""No token of any kind here is longer on average, so text beyond this multiple of the limit need not be tokenized."""


@dataclass(frozen=True)
class EncodedSource:
    """One source, ready for the encoder."""

    ids: list[int]
    """At most the model's limit; ends in EOS, so that it is never empty."""
    truncated: bool
    """Some of the text did not fit."""


def encode_source(tokenizer: Tokenizer, turns: Sequence[str], limit: int, task: Task) -> EncodedSource:
    """Encode `turns` (oldest first), joined by SEP, into at most `limit` ids, the closing EOS included.

    A headline keeps the start of its article, where news says what matters. A dialogue drops its oldest turns, and of
    a last turn that is too long by itself keeps the end.
    """
    room, window = limit - 1, limit * CHARACTERS_PER_TOKEN
    texts = [text for turn in turns if (text := normalize(turn))]
    if task == "headlines":
        encoded = [tokenizer.encode(text[:window]) for text in texts]
        kept = _join(encoded)[:room]
    else:
        encoded = [tokenizer.encode(text[-window:]) for text in texts]
        kept = _newest_that_fit(encoded, room)
    truncated = len(kept) < len(_join(encoded)) or any(len(text) > window for text in texts)
    return EncodedSource([*kept, EOS], truncated)


def _join(turns: Sequence[list[int]]) -> list[int]:
    joined: list[int] = []
    for turn in turns:
        joined.extend([SEP, *turn] if joined else turn)
    return joined


def _newest_that_fit(turns: Sequence[list[int]], room: int) -> list[int]:
    for first in range(len(turns)):
        joined = _join(turns[first:])
        if len(joined) <= room:
            return joined
    return turns[-1][-room:] if turns and room else []


def unreadable_share(tokenizer: Tokenizer, ids: Sequence[int]) -> float:
    """Share of UNK among the ids that spell something, 0 to 1.

    Spaces do not count: a tokenizer may give one UNK to a whole foreign word, and a space of its own before each.
    """
    unknown = ids.count(UNK)
    if not unknown:
        return 0.0
    return unknown / (unknown + sum(1 for token in ids if token > SEP and tokenizer.decode([token])))


def encode_target(tokenizer: Tokenizer, target: str) -> list[int]:
    """Ids of a reference output, EOS included."""
    return [*tokenizer.encode(normalize(target)), EOS]


@dataclass(frozen=True)
class EncodedPairs:
    """Many encoded examples in flat arrays: a million pairs are four arrays, not a million lists."""

    source_ids: NDArray[np.int32]
    source_starts: NDArray[np.int64]
    """(N + 1,) where each source begins in `source_ids`; the last entry is the end."""
    target_ids: NDArray[np.int32]
    target_starts: NDArray[np.int64]
    """(N + 1,) as `source_starts`; targets end in EOS and do not begin with BOS."""
    weights: NDArray[np.float32]
    """(N,) how much each pair counts in the loss."""
    too_long: int = 0
    """Pairs left out because their target is longer than the limit."""

    def __len__(self) -> int:
        return len(self.weights)

    def source(self, index: int) -> NDArray[np.int32]:
        """Ids of source `index`."""
        return self.source_ids[self.source_starts[index] : self.source_starts[index + 1]]

    def target(self, index: int) -> NDArray[np.int32]:
        """Ids of target `index`, EOS included."""
        return self.target_ids[self.target_starts[index] : self.target_starts[index + 1]]


def encode_pairs(
    tokenizer: Tokenizer,
    pairs: Iterable[tuple[Sequence[str], str, float]],
    *,
    task: Task,
    max_source_tokens: int,
    max_target_tokens: int,
) -> EncodedPairs:
    """Encode (turns, target, weight) examples; a target that does not fit is left out and counted, never cut: a cut
    target would teach the model to stop in the middle of a sentence."""
    sources, targets, weights = array("i"), array("i"), array("f")
    source_starts, target_starts, too_long = array("q", [0]), array("q", [0]), 0
    for turns, target, weight in pairs:
        target_ids = encode_target(tokenizer, target)
        if len(target_ids) > max_target_tokens:
            too_long += 1
            continue
        sources.extend(encode_source(tokenizer, turns, max_source_tokens, task).ids)
        targets.extend(target_ids)
        weights.append(weight)
        source_starts.append(len(sources))
        target_starts.append(len(targets))
    return EncodedPairs(
        np.frombuffer(sources, np.int32) if sources else np.zeros(0, np.int32),
        np.frombuffer(source_starts, np.int64),
        np.frombuffer(targets, np.int32) if targets else np.zeros(0, np.int32),
        np.frombuffer(target_starts, np.int64),
        np.frombuffer(weights, np.float32) if weights else np.zeros(0, np.float32),
        too_long,
    )
