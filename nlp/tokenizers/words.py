"""The kind "words": words of spaced scripts, numbers, single Han characters, and each other sign on its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp.config import TokenizerConfig
from nlp.text import HAN_RANGES
from nlp.tokenizers.spacing import marked_tokens
from nlp.tokenizers.vocabulary import load_vocabulary
from nlp.tokenizers.word_tokenizer import WordTokenizer, learn_vocabulary

_LETTERS = rf"(?:(?![{HAN_RANGES}])[^\W\d_])+"
_WORD = re.compile(
    rf"{_LETTERS}(?:['’]{_LETTERS})*"  # don't, O’Neill
    r"|\d+(?:[.,]\d+)*"  # 1,000.5
    r"|.",
    re.DOTALL,
)


def split_words(text: str) -> Iterator[str]:
    """Tokens of one normalised text, marked where a space stood before them."""
    return marked_tokens(text, _WORD.findall)


def train(config: TokenizerConfig, lines: list[str]) -> WordTokenizer:
    """Take the most frequent words of `lines`, normalised, as the vocabulary."""
    return WordTokenizer(config.kind, learn_vocabulary(split_words, lines, config.vocab_size), split_words)


def load(directory: Path, metadata: dict[str, Any]) -> WordTokenizer:
    """Load what `WordTokenizer.save` wrote.

    Raises:
        BundleError: the vocabulary is missing or damaged.
    """
    return WordTokenizer(metadata["kind"], load_vocabulary(directory), split_words)
