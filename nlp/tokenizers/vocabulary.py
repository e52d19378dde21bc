"""The frequency vocabulary of the kinds "words", "jieba" and "characters"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from nlp.errors import BundleError
from nlp.tokenizers.files import REPAIR, read_text
from nlp.tokenizers.protocol import SPECIAL_TOKENS, UNK

VOCABULARY_FILE = "vocabulary.txt"

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {escape: character for character, escape in _ESCAPES.items()}


class Vocabulary:
    """Distinct tokens, numbered from 5 on: ids 0 to 4 belong to no text, not even to one that spells their names."""

    def __init__(self, tokens: Iterable[str]) -> None:
        """Number `tokens`, which are distinct, in their order."""
        self._tokens = tuple(tokens)
        self._ids = {token: number for number, token in enumerate(self._tokens, len(SPECIAL_TOKENS))}

    def __len__(self) -> int:
        """Number of ids, the five reserved ones included."""
        return len(SPECIAL_TOKENS) + len(self._tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def id_of(self, token: str) -> int:
        """The id of `token`, or UNK."""
        return self._ids.get(token, UNK)

    def token_of(self, number: int) -> str:
        """The token of an id; the reserved ids have empty text.

        Raises:
            IndexError: the vocabulary has no such id.
        """
        return self._tokens[number - len(SPECIAL_TOKENS)] if number >= len(SPECIAL_TOKENS) else ""

    def extended(self, tokens: Iterable[str]) -> Vocabulary:
        """This vocabulary with more `tokens`, distinct and none of its own, numbered on from its last."""
        return Vocabulary([*self._tokens, *tokens])

    def save(self, directory: Path) -> None:
        """Write `vocabulary.txt`: a token a line, the first one has id 5; a backslash escapes itself and line ends."""
        lines = (re.sub(r"[\\\n\r]", lambda match: _ESCAPES[match[0]], token) + "\n" for token in self._tokens)
        (directory / VOCABULARY_FILE).write_bytes("".join(lines).encode("utf-8"))


def count_vocabulary(tokens: Iterable[str], size: int, always: str) -> Vocabulary:
    """Number `always` and after it the most frequent of the other `tokens`, ties by code point, up to `size` ids."""
    frequency = Counter(tokens)
    del frequency[always]
    ranked = sorted(frequency, key=lambda token: (-frequency[token], token))
    return Vocabulary([always, *ranked][: size - len(SPECIAL_TOKENS)])


def load_vocabulary(directory: Path) -> Vocabulary:
    """Read what `Vocabulary.save` wrote.

    Raises:
        BundleError: the file is missing, is cut off, or holds an empty line, a broken escape or a token twice.
    """
    path = directory / VOCABULARY_FILE
    *lines, end = read_text(path).split("\n")
    if end or not lines:
        raise BundleError(f"{path}: the file is cut off at line {len(lines) + 1}. {REPAIR}")
    tokens: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if re.fullmatch(r"(?:[^\\\r]|\\[\\nr])+", line) is None:
            raise BundleError(f"{path}: line {number} is no token: {line!r}. {REPAIR}")
        token = re.sub(r"\\.", lambda match: _UNESCAPES[match[0]], line)
        if token in tokens:
            raise BundleError(f"{path}: line {number} repeats the token of line {tokens[token]}, {token!r}. {REPAIR}")
        tokens[token] = number
    return Vocabulary(tokens)
