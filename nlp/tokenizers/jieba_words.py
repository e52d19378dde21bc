"""The kind "jieba": Chinese words as jieba cuts them, with a dictionary of the user's own words."""

from __future__ import annotations

import functools
import re
import warnings
from pathlib import Path
from typing import Any

from nlp.config import TokenizerConfig
from nlp.errors import BundleError, TrainingError
from nlp.text import normalize
from nlp.tokenizers.files import METADATA_FILE, REPAIR
from nlp.tokenizers.spacing import marked_tokens
from nlp.tokenizers.vocabulary import load_vocabulary
from nlp.tokenizers.word_tokenizer import Splitter, WordTokenizer, learn_vocabulary

_JOINABLE = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+")  # what jieba looks up in its dictionary


def train(config: TokenizerConfig, lines: list[str]) -> WordTokenizer:
    """Take the most frequent words of `lines`, normalised, as the vocabulary.

    Raises:
        TrainingError: jieba cannot keep a word of `config.user_dictionary` whole.
    """
    user_dictionary = tuple(normalize(word) for word in config.user_dictionary)
    for word in user_dictionary:
        if _JOINABLE.fullmatch(word) is None:
            raise TrainingError(
                f"user_dictionary: jieba cannot keep {word!r} whole. Use words of Han characters, "
                "Latin letters, digits and the signs + # & . _ % - only."
            )
    split = _splitter(user_dictionary)
    return WordTokenizer(config.kind, learn_vocabulary(split, lines, config.vocab_size), split, user_dictionary)


def load(directory: Path, metadata: dict[str, Any]) -> WordTokenizer:
    """Load what `WordTokenizer.save` wrote.

    Raises:
        BundleError: the vocabulary or the user dictionary is missing or damaged.
    """
    words = metadata.get("user_dictionary")
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise BundleError(f"{directory / METADATA_FILE}: user_dictionary is no list of words. {REPAIR}")
    return WordTokenizer(metadata["kind"], load_vocabulary(directory), _splitter(tuple(words)), words)


def _splitter(user_dictionary: tuple[str, ...]) -> Splitter:
    cut = _segmenter(user_dictionary).cut
    return lambda text: marked_tokens(text, cut)


@functools.cache  # The dictionary takes half a second and some 60 MB; two bundles share it.
def _segmenter(user_dictionary: tuple[str, ...]) -> Any:
    with warnings.catch_warnings():
        # Python finds invalid escapes in jieba's source when it compiles it, and setuptools a deprecated import.
        warnings.simplefilter("ignore")
        import jieba
    segmenter = jieba.Tokenizer()
    # jieba's own start-up trusts a marshal file in the temporary folder, which anybody can put there, to save time;
    # reading the dictionary of the package takes no longer, writes no file and logs nothing.
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    for word in user_dictionary:
        segmenter.add_word(word)
    return segmenter
