"""Tokenizers of five kinds behind one protocol: training, saving and loading them.

`unigram` and `bpe` are SentencePiece subwords, `jieba` is Chinese words, `words` is words of spaced scripts with single
Han characters, `characters` is single characters. jieba and sentencepiece are imported only when their kind is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from nlp.config import TokenizerConfig
from nlp.errors import BundleError
from nlp.tokenizers.files import METADATA_FILE, read_metadata
from nlp.tokenizers.protocol import BOS, EOS, PAD, SEP, SPECIAL_TOKENS, UNK, Tokenizer
from nlp.tokenizers.sampling import sample_lines

__all__ = ["BOS", "EOS", "PAD", "SEP", "SPECIAL_TOKENS", "UNK", "Tokenizer", "load_tokenizer", "train_tokenizer"]

_MODULES = {
    "unigram": "sentencepiece_tokenizer",
    "bpe": "sentencepiece_tokenizer",
    "jieba": "jieba_words",
    "words": "words",
    "characters": "characters",
}


def train_tokenizer(config: TokenizerConfig, lines: Iterable[str]) -> Tokenizer:
    """Train a tokenizer of `config.kind` on normalised `lines`; the same lines give the same tokenizer.

    Raises:
        TrainingError: there is no text, or the vocabulary cannot work as configured.
    """
    module = import_module(f"nlp.tokenizers.{_MODULES[config.kind]}")
    tokenizer: Tokenizer = module.train(config, sample_lines(lines, config.max_training_lines))
    return tokenizer


def load_tokenizer(directory: Path) -> Tokenizer:
    """Load the tokenizer that `Tokenizer.save` wrote into `directory`.

    Raises:
        BundleError: a file is missing, damaged or from another version; the message names it.
    """
    metadata = read_metadata(directory)
    if metadata["kind"] not in _MODULES:
        raise BundleError(
            f"{directory / METADATA_FILE}: unknown tokenizer kind {metadata['kind']!r}; this Kuaizui "
            f"knows {', '.join(_MODULES)}. Update Kuaizui, or export the model anew."
        )
    module = import_module(f"nlp.tokenizers.{_MODULES[metadata['kind']]}")
    tokenizer: Tokenizer = module.load(directory, metadata)
    return tokenizer
