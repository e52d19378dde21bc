"""Texts to measure speed with: the sample corpora, joined and cut to a number of tokens."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

from corpora import read_records
from nlp.bundle import TOKENIZER_FOLDER, read_info
from nlp.text import normalize
from nlp.tokenizers import load_tokenizer
from scripts.recipe import SAMPLES

SOURCE_TOKENS = 50


def sample_sources(bundle: Path, count: int, tokens: int = SOURCE_TOKENS) -> list[str]:
    """`count` texts of about `tokens` tokens of the bundle's tokenizer, EOS counted, in the bundle's language."""
    info = read_info(bundle)
    tokenizer = load_tokenizer(bundle / TOKENIZER_FOLDER)
    records = list(read_records(SAMPLES / f"{info.task}-{info.language}.tsv"))
    encoded = [tokenizer.encode(normalize(" ".join(record.pair.turns))) for record in records]
    texts = []
    for start in islice(cycle(range(len(encoded))), count):
        ids: list[int] = []
        for following in islice(cycle(range(len(encoded))), start, None):
            if len(ids) >= tokens:
                break
            ids.extend(encoded[following])
        texts.append(tokenizer.decode(ids[: tokens - 1]))
    return texts
