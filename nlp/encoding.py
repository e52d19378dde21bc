"""Texts to token ids: how turns become one source, and what is cut when a text is longer than the model's limit.

Training and serving both come through here, so a model meets in service exactly what it was trained on.

A model that copies knows the words of a source that its vocabulary lacks one from the other: the first of them has the
id V, the vocabulary's size, the next distinct one V + 1, and so on. These ids mean something beside their source only.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nlp.article_text import clean_article, clean_markup
from nlp.config import ModelConfig, Task
from nlp.styles import style_ids
from nlp.tags import tag, tag_target
from nlp.text import normalize
from nlp.tokenizers import EOS, SEP, UNK, Tokenizer
from nlp.truecasing import truecased

CHARACTERS_PER_TOKEN = 24
"""No token of any kind here is longer on average, so text beyond this multiple of the limit need not be tokenized."""


@dataclass(frozen=True)
class EncodedSource:
    """One source, ready for the encoder."""

    ids: list[int]
    """At most the model's limit; ends in EOS, so that it is never empty."""
    truncated: bool
    """Some of the text did not fit."""
    unknown: tuple[str, ...] = ()
    """With copying, what each id from V on adds to a text: the words that the vocabulary lacks (see
    `Tokenizer.surfaces`)."""
    values: tuple[tuple[str, str], ...] = ()
    """With tags, (tag, value) of the article in their order, those of a part that did not fit included."""


def encode_source(
    tokenizer: Tokenizer,
    turns: Sequence[str],
    limit: int,
    task: Task,
    *,
    copy: bool = False,
    tags: bool = False,
    control: Sequence[int] = (),
) -> EncodedSource:
    """Encode `turns` (oldest first), joined by SEP, into at most `limit` ids, the closing EOS included.

    An article loses its markup, dateline and boilerplate (`nlp.article_text`), gets capitals if it has none or nothing
    else (`nlp.truecasing`), and keeps its start, where news says what matters. A dialogue drops its oldest turns, and
    of a last turn that is too long by itself keeps the end. With `copy` no id is UNK: words that the vocabulary lacks
    have ids of their own. With `tags` the dates, numbers and Latin names of an article are tags. `control` ids (see
    `nlp.styles`) lead, unless there is nothing to read.
    """
    room, window = max(limit - 1 - len(control), 0), limit * CHARACTERS_PER_TOKEN
    clean = clean_article if task == "headlines" else normalize
    texts = [text for turn in turns if (text := clean(turn))]
    if task == "headlines":
        texts = [truecased(text, tokenizer) for text in texts]
    values: tuple[tuple[str, str], ...] = ()
    if tags and task == "headlines":
        tagged = [tag(text) for text in texts]
        texts, values = [each.text for each in tagged], tuple(chain.from_iterable(each.values for each in tagged))
    readable = [text[:window] if task == "headlines" else text[-window:] for text in texts]
    lacking: dict[str, int] = {}
    encoded = [_with_own_ids(tokenizer, text, lacking) if copy else tokenizer.encode(text) for text in readable]
    kept = _join(encoded)[:room] if task == "headlines" else _newest_that_fit(encoded, room)
    truncated = len(kept) < len(_join(encoded)) or any(len(text) > window for text in texts)
    unknown: tuple[str, ...] = ()
    if lacking:
        kept, unknown = _renumbered(kept, list(lacking), tokenizer.vocab_size)
    return EncodedSource([*(control if kept else ()), *kept, EOS], truncated, unknown, values)


def _with_own_ids(tokenizer: Tokenizer, text: str, lacking: dict[str, int]) -> list[int]:
    """Ids of `text` with one from V on for each UNK: V and the place of its surface in `lacking`, where it is kept."""
    ids, surfaces = tokenizer.encode_with_unknown(text)
    own = iter([tokenizer.vocab_size + lacking.setdefault(surface, len(lacking)) for surface in surfaces])
    return [next(own) if token == UNK else token for token in ids] if surfaces else ids


def _renumbered(ids: list[int], lacking: Sequence[str], known: int) -> tuple[list[int], tuple[str, ...]]:
    """The ids from `known` on counted anew in the order in which they stand, after some have been cut off."""
    kept = list(dict.fromkeys(token for token in ids if token >= known))
    numbers = {token: known + number for number, token in enumerate(kept)}
    return [numbers.get(token, token) for token in ids], tuple(lacking[token - known] for token in kept)


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
    """Share of UNK, and of words that the vocabulary lacks, among the ids that spell something, 0 to 1.

    Spaces do not count: a tokenizer may give one UNK to a whole foreign word, and a space of its own before each.
    """
    size = tokenizer.vocab_size
    unknown = sum(1 for token in ids if token == UNK or token >= size)
    if not unknown:
        return 0.0
    return unknown / (unknown + sum(1 for token in ids if SEP < token < size and tokenizer.decode([token])))


def encode_target(
    tokenizer: Tokenizer, target: str, task: Task = "dialogue", source: EncodedSource | None = None
) -> list[int]:
    """Ids of a reference output, EOS included; a headline loses its HTML, nothing else.

    Where its source knows a word that the vocabulary lacks, that has its id there, else it is UNK; and what its source
    has a tag for is that tag.
    """
    return [*encode_known(tokenizer, target_text(target, task, source), source.unknown if source else ()), EOS]


def target_text(target: str, task: Task, source: EncodedSource | None = None) -> str:
    """What `encode_target` gives to the tokenizer."""
    text = clean_markup(target) if task == "headlines" else normalize(target)
    return tag_target(text, source.values) if source and source.values else text


def encode_known(tokenizer: Tokenizer, text: str, unknown: Sequence[str]) -> list[int]:
    """Ids of a normalised text; UNK where it has a word that neither the vocabulary nor `unknown` holds."""
    if not unknown:
        return tokenizer.encode(text)
    lacking = {surface: number for number, surface in enumerate(unknown)}
    ids, end = _with_own_ids(tokenizer, text, lacking), tokenizer.vocab_size + len(unknown)
    return [token if token < end else UNK for token in ids]


@dataclass(frozen=True)
class EncodedPairs:
    """Many encoded examples in flat arrays: a million pairs are four arrays, not a million lists."""

    source_ids: NDArray[np.integer]
    """uint16 where all ids fit, else int32; and so are the targets."""
    source_starts: NDArray[np.int64]
    """(N + 1,) where each source begins in `source_ids`; the last entry is the end."""
    target_ids: NDArray[np.integer]
    target_starts: NDArray[np.int64]
    """(N + 1,) as `source_starts`; targets end in EOS and do not begin with BOS."""
    weights: NDArray[np.float32]
    """(N,) how much each pair counts in the loss."""
    too_long: int = 0
    """Pairs left out because their target is longer than the limit."""

    def __len__(self) -> int:
        return len(self.weights)

    def source(self, index: int) -> NDArray[np.integer]:
        """Ids of source `index`."""
        return self.source_ids[self.source_starts[index] : self.source_starts[index + 1]]

    def target(self, index: int) -> NDArray[np.integer]:
        """Ids of target `index`, EOS included."""
        return self.target_ids[self.target_starts[index] : self.target_starts[index + 1]]


def encode_pairs(
    tokenizer: Tokenizer,
    pairs: Iterable[tuple[Sequence[str], str, float, str]],
    model: ModelConfig,
    task: Task,
    *,
    style_dropout: float = 1.0,
    lower_case_share: float = 0.0,
    context_dropout: float = 0.0,
    seed: int = 0,
) -> EncodedPairs:
    """Encode (turns, target, weight, style) examples as `model` reads them.

    A target that does not fit is left out and counted, never cut: a cut target would teach the model to stop in the
    middle of a sentence. Where the model copies, words that the vocabulary lacks have ids from its size on, in the
    source, and in the target where its source holds them. Of the styles, a share of `style_dropout` is hidden,
    `lower_case_share` of the sources are read in lower case, and `context_dropout` of them without their earlier turns;
    `seed` draws which.

    Raises:
        UsageError: an example has a style that the model lacks.
    """
    highest = tokenizer.vocab_size + (model.max_source_tokens if model.copy else 0)
    random = np.random.default_rng(seed)
    code, kind = ("H", np.uint16) if highest <= np.iinfo(np.uint16).max else ("i", np.int32)
    sources, targets, weights = array(code), array(code), array("f")
    source_starts, target_starts, too_long = array("q", [0]), array("q", [0]), 0
    for turns, target, weight, style in pairs:
        hidden, lowered, alone = random.random(3) < (style_dropout, lower_case_share, context_dropout)
        control = style_ids(model.styles, "" if hidden or not model.styles else style)
        read = turns[-1:] if alone else turns
        read = [turn.lower() for turn in read] if lowered else read
        source = encode_source(
            tokenizer, read, model.max_source_tokens, task, copy=model.copy, tags=model.tags, control=control
        )
        target_ids = encode_target(tokenizer, target, task, source)
        if len(target_ids) > model.max_target_tokens:
            too_long += 1
            continue
        sources.extend(source.ids)
        targets.extend(target_ids)
        weights.append(weight)
        source_starts.append(len(sources))
        target_starts.append(len(targets))
    return EncodedPairs(
        np.frombuffer(sources, kind) if sources else np.zeros(0, kind),
        np.frombuffer(source_starts, np.int64),
        np.frombuffer(targets, kind) if targets else np.zeros(0, kind),
        np.frombuffer(target_starts, np.int64),
        np.frombuffer(weights, np.float32) if weights else np.zeros(0, np.float32),
        too_long,
    )
