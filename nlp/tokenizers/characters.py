"""The kind "characters": every character is a token, and so is the space, as the bare mark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nlp.config import TokenizerConfig
from nlp.tokenizers.spacing import SPACE_MARK
from nlp.tokenizers.vocabulary import load_vocabulary
from nlp.tokenizers.word_tokenizer import WordTokenizer, learn_vocabulary


def split_characters(text: str) -> list[str]:
    """The characters of one normalised text, its spaces as bare marks."""
    return list(SPACE_MARK.join(text.split()))


def train(config: TokenizerConfig, lines: list[str]) -> WordTokenizer:
    """Take the most frequent characters of `lines`, normalised, as the vocabulary."""
    return WordTokenizer(config.kind, learn_vocabulary(split_characters, lines, config.vocab_size), split_characters)


def load(directory: Path, metadata: dict[str, Any]) -> WordTokenizer:
    """Load what `WordTokenizer.save` wrote.

    Raises:
        BundleError: the vocabulary is missing or damaged.
    """
    return WordTokenizer(metadata["kind"], load_vocabulary(directory), split_characters)
