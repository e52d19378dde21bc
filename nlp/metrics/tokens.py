"""How the metrics cut text into tokens; not to be confused with the tokens a model is trained on.

Every cut lower-cases, so that case alone never costs a point.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable
from typing import Any

from nlp.metrics.libraries import missing_library

Tokenize = Callable[[str], list[str]]
"""From one text to its tokens."""

CHARACTER_TOKEN = re.compile(r"[A-Za-z0-9\u00c0-\u024f]+|\S")
"""One Chinese token by character: a run of Latin letters and digits, or any other character that is not a space."""


def english_words(text: str) -> list[str]:
    """Words as rouge-score cuts them by default, without stemming: lower case, runs of a-z and 0-9, the rest dropped.

    Raises:
        UsageError: rouge-score is not installed.
    """
    words: list[str] = _rouge_tokenize()(text, None)
    return words


def chinese_characters(text: str) -> list[str]:
    """Single characters, punctuation included; a run of Latin letters and digits counts as one token."""
    return CHARACTER_TOKEN.findall(text.lower())


def chinese_words(text: str) -> list[str]:
    """Words as jieba's default dictionary cuts them, punctuation included."""
    return [word for word in _jieba_segmenter().lcut(text.lower()) if not word.isspace()]


TOKENIZATIONS: dict[str, dict[str, Tokenize]] = {
    "en": {"words": english_words},
    "zh": {"characters": chinese_characters, "words": chinese_words},
}
"""Per language the ways to count overlap; the first is the one that counts length, repetition and distinct-n."""


def main_tokenization(language: str) -> tuple[str, Tokenize]:
    """Name and function of the tokenisation that counts lengths in `language`: English words, Chinese characters."""
    return next(iter(TOKENIZATIONS[language].items()))


@functools.cache
def _rouge_tokenize() -> Any:
    try:
        from rouge_score import tokenize
    except ImportError as error:
        raise missing_library("rouge-score") from error
    return tokenize.tokenize


@functools.cache
def _jieba_segmenter() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's sources hold escapes that newer Pythons warn about
        import jieba
    segmenter = jieba.Tokenizer()
    # Reading the dictionary here keeps jieba from trusting a cache in the shared temporary folder, and from logging.
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter
