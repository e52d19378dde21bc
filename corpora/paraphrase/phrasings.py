"""More ways of saying what the prompts of a small-talk folder say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpora.errors import CorpusError
from corpora.paraphrase.grammar import read_toml

PHRASINGS = "phrasings.toml"


class Phrasing(NamedTuple):
    """A template of whole prompts of an intent (see `corpora.paraphrase.grammar.filled`)."""

    intent: str
    template: str


def read_phrasings(path: Path) -> Iterator[Phrasing]:
    """The templates of a file whose keys are intents and whose values are lists of texts; none if there is no file.

    Raises:
        CorpusError: it cannot be read, or a value is no list of texts.
    """
    if not path.exists():
        return
    for intent, texts in read_toml(path).items():
        if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
            raise CorpusError(f"{path}: {intent}: the value must be a list of texts.")
        yield from (Phrasing(intent, text) for text in texts)
